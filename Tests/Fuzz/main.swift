import Glibc

/// libFuzzer's driver (https://llvm.org/docs/LibFuzzer.html#using-libfuzzer-as-a-library).
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ run: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

private func chosenTarget() -> FuzzTarget? {
    getenv("FUZZ_TARGET").flatMap { FuzzTarget(rawValue: String(cString: $0)) }
}

guard chosenTarget() != nil else {
    let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: " ")
    // Asked for without a target, it lists them: that is what the script reads.
    puts(names)
    exit(64)
}
var count = CommandLine.argc
var arguments = CommandLine.unsafeArgv
let status = runDriver(&count, &arguments) { start, count in
    guard let target = chosenTarget() else { return -1 }
    do throws(Violation) {
        try target.run(Array(UnsafeBufferPointer(start: start, count: count)))
    } catch {
        let words = Array("violation in \(target.rawValue): \(error)\n".utf8)
        _ = write(STDERR_FILENO, words, words.count)
        // libFuzzer keeps the input of a process that aborts.
        abort()
    }
    return 0
}
exit(status)
