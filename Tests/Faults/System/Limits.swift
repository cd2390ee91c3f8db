import ArgumentParser

/// The command `falconer-faults limits`.
struct Limits: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fill the disk, its names, the largest file and the descriptors, and then make room again.",
        discussion: """
            A full tmpfs, a tmpfs without names left, a limit on the size of files (prlimit), a limit on descriptors with \
            idle connections and subscribers: deliveries get 200 or 503 or a closed connection and never wait for ever; \
            when there is room they are stored again, without a restart; and the journal has all that got a 200. \
            Mounting a tmpfs needs root; without it those rounds are skipped.
            """
    )

    @OptionGroup var options: HarnessOptions

    @Option(help: "How many rounds of each kind.")
    var rounds = 5

    func run() throws {
        Interruption.catchSignals()
        let program = try options.program()
        let report = Report("limits")
        var kinds: [LimitRound.Kind] = [.fileSize, .descriptors]
        if MemoryDisk.isAvailable {
            kinds += [.space, .names]
        } else {
            report.skip("a tmpfs cannot be mounted: run as root", count: 2 * (options.quick ? 1 : rounds))
        }
        let pieces = (0..<(options.quick ? 1 : max(1, rounds))).flatMap { _ in kinds }
        inParallel(options.jobs, pieces) { kind in
            do {
                try LimitRound(falconer: program, report: report).run(kind)
            } catch {
                report.failed(error)
            }
        }
        try report.finish()
    }
}
