import FoundationEssentials
import Glibc
import SystemPackage
import TestSupport
import Testing

/// What a service does when its disk is not as it should be, with disks that really are not.
@Suite(.blocking) struct DiskTests {
    private static let canMount = geteuid() == 0
    private static let canTrace = access("/usr/bin/strace", X_OK) == 0

    /// Shell text that has the service run with a mount of its own, made by `mount`.
    private static func mounting(_ mount: String) -> String {
        "exec unshare -m sh -c '\(mount) && exec \"$0\" \"$@\"' \"$0\" \"$@\""
    }

    /// Shell text that has the service run with a system call that does not do what it should.
    private static func injecting(_ fault: String) -> String {
        "exec strace -D -f -qq -o /dev/null -e trace=fdatasync -e inject=\(fault) \"$0\" \"$@\""
    }

    private func firstSegment(_ service: Service) -> String {
        service.data.appending("journal").appending("00000000000000000001.jsonl").string
    }

    @Test func strictRecoveryExits8AndSaysWhereAndWhatToDo() async throws {
        let directory = TemporaryDirectory()
        let first = try await Service.ready(in: directory)
        #expect(try first.storesTheNext() == "1")
        #expect(first.stop() == .code(0))
        let path = firstSegment(first)
        let intact = try Data(contentsOf: URL(filePath: path))
        try (intact + Data("{\"specv".utf8)).write(to: URL(filePath: path))
        let arguments = ["--listen", "127.0.0.1:0", "--socket", first.socket, "--data", first.data.string]
        let run = try Program.run(["serve", "--recovery", "strict"] + arguments)
        #expect(run.exit == .code(8), "\(run.error)")
        for part in ["00000000000000000001.jsonl", "offset \(intact.count)", "7 bytes", "journal repair --dry-run"] {
            #expect(run.error.contains(part), "\(run.error)")
        }
        #expect(try Data(contentsOf: URL(filePath: path)).count == intact.count + 7)
        let usual = try await Service.ready(in: directory)
        #expect(try usual.events().count == 1)
        #expect(usual.stop() == .code(0))
        let strict = try await Service.ready(in: directory, ["--recovery", "strict"])
        #expect(strict.stop() == .code(0))
    }

    @Test(.enabled(if: canMount)) func aReadOnlyDiskIsServedToSubscribersAndTakesNothing() async throws {
        let directory = TemporaryDirectory()
        let first = try await Service.ready(in: directory)
        #expect(try first.storesTheNext("kept") == "1")
        #expect(first.stop() == .code(0))
        let data = first.data.string
        let service = try Service(
            in: directory,
            after: Self.mounting("mount --bind \(data) \(data) && mount -o remount,bind,ro \(data)")
        )
        #expect(try service.events().compactMap { $0["subject"]?.string } == ["kept"])
        let answer = try service.deliver(Delivery("new"))
        #expect(answer.status == 503)
        #expect(answer.header("retry-after") != nil)
        // It can be read, and was not written again: nobody can promise that it is on disk.
        #expect(try service.deliver(Delivery("kept")).status == 503)
        let health = try service.get("/healthz")
        #expect(health.status == 503)
        #expect(health.word?.contains("can only be read") == true)
        #expect(service.process.text(.standardError).contains("can be read and not written to"))
        let list = try Program.run(["list", "--socket", service.socket, "--format", "json"])
        #expect(list.exit == .code(0))
        #expect(service.stop() == .code(0))
    }

    @Test(.enabled(if: canMount)) func aDiskThatIsFullAtTheStartIsServedAndTakesEventsOnceThereIsRoom() async throws {
        let directory = TemporaryDirectory()
        let first = try await Service.ready(in: directory)
        #expect(try first.storesTheNext("kept") == "1")
        #expect(first.stop() == .code(0))
        let (data, copy) = (first.data.string, directory.file("copy").string)
        // No inode is left for the new segment.
        let mount =
            "cp -a \(data) \(copy) && mount -t tmpfs -o size=4m,nr_inodes=12 tmpfs \(data) && cp -a \(copy)/. \(data)"
        let fill = "i=0; while true > \(data)/fill$i 2>/dev/null; do i=$((i+1)); done; rm -f \(data)/fill$i"
        let service = try Service(in: directory, after: Self.mounting("\(mount) && (\(fill))"))
        #expect(try service.events().compactMap { $0["subject"]?.string } == ["kept"])
        #expect(try service.deliver(Delivery("new")).status == 503)
        #expect(try service.get("/healthz").status == 503)
        // The mount is the service's own; this is the way into it (proc(5)).
        let inside = "/proc/\(service.process.processID)/root\(data)"
        for name in try FileManager.default.contentsOfDirectory(atPath: inside) where name.hasPrefix("fill") {
            try FileManager.default.removeItem(atPath: "\(inside)/\(name)")
        }
        #expect(try await eventually { try service.get("/healthz").status == 200 })
        #expect(try service.deliver(Delivery("new")).id == "2")
        #expect(try service.events().count == 2)
        #expect(service.stop() == .code(0))
    }

    @Test(.enabled(if: canTrace)) func aSyncThatFailsOnceEndsTheServiceWithCode8AndNobodyIsLiedTo() async throws {
        let directory = TemporaryDirectory()
        // Only the third sync of the journal's thread; the fourth would succeed.
        let service = try Service(in: directory, after: Self.injecting("fdatasync:error=EIO:when=3"))
        #expect(try await eventually { try service.get("/healthz").status == 200 })
        var statuses: [Int] = []
        for number in 0..<3 { statuses.append(try service.deliver(Delivery("sync-\(number)")).status) }
        #expect(statuses == [200, 200, 503])
        #expect(service.process.waitForExit() == .code(8))
        let log = service.process.text(.standardError).split(separator: "\n")
        #expect(log.filter { $0.contains("cannot be written any more") }.count == 1, "\(log)")
        let again = try await Service.ready(in: directory)
        let subjects = try again.events().compactMap { $0["subject"]?.string }
        #expect(Set(["sync-0", "sync-1"]).isSubset(of: subjects))
        #expect(try again.deliver(Delivery("sync-2")).status == 200)
    }

    @Test(.enabled(if: canTrace)) func aDiskThatDoesNotComeBackDoesNotKeepTheServiceFromStopping() async throws {
        let directory = TemporaryDirectory()
        let service = try Service(in: directory, after: Self.injecting("fdatasync:delay_enter=120000000:when=2"))
        #expect(try await eventually { try service.get("/healthz").status == 200 })
        #expect(try service.storesTheNext("stored") == "1")
        let connection = try service.connect(deadline: .seconds(90))
        connection.send(try Delivery("stuck").bytes)
        // It is being synchronized: what was not read before the signal would not be answered at all.
        #expect(try await eventually { try service.journalLines.contains { $0.contains("stuck") } })
        service.process.signal(SIGTERM)
        var reader = RawResponseReader(connection)
        #expect(try reader.next().status == 503)
        #expect(await eventually { service.process.text(.standardError).contains("does not come back") })
        // strace 6.1 keeps a thread that it delays from dying with its process, as a real disk may, so it has to go.
        let status = try String(
            decoding: Data(contentsOf: URL(filePath: "/proc/\(service.process.processID)/status")),
            as: UTF8.self
        )
        let tracer = try #require(status.split(separator: "\n").first { $0.hasPrefix("TracerPid:\t") })
        kill(try #require(pid_t(tracer.dropFirst("TracerPid:\t".count))), SIGKILL)
        #expect(service.process.waitForExit() == .code(8))
        let again = try await Service.ready(in: directory)
        #expect(try again.events().first?["subject"]?.string == "stored")
    }
}
