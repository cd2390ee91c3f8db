import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

/// The row of the hook's table that says: disk full.
///
/// Not under a sanitizer, whose own files are larger than what the limit leaves.
@Suite(.blocking, .enabled(if: ProcessInfo.processInfo.environment["FALCONER_SANITIZED"] == nil)) struct FullDiskTests {
    /// A file may have 20 to 40 KiB (what a block is depends on the shell); writing past it fails like a full disk does,
    /// and sends a signal that would end a process that does not care for it (setrlimit(2), SIGXFSZ).
    private static let smallFiles = "ulimit -f 40"

    @Test func whatDoesNotFitIs503WithRetryAfterAndWhatGotA200IsThereAfterARestart() async throws {
        let directory = TemporaryDirectory()
        let service = try Service(in: directory, after: Self.smallFiles)
        #expect(try await eventually { try service.get("/healthz").status == 200 })
        let text = String(repeating: "x", count: 3_000)
        var stored: [String] = []
        var refused = 0
        for number in 0..<40 {
            let answer = try service.deliver(Delivery("full-\(number)", text: text))
            #expect([200, 503].contains(answer.status))
            if answer.status == 200 {
                stored.append("full-\(number)")
            } else {
                refused += 1
                #expect(answer.header("retry-after") != nil)
            }
        }
        #expect(refused > 0)
        #expect(!stored.isEmpty)
        #expect(try service.events().compactMap { $0["subject"]?.string } == stored)
        #expect(service.stop() == .code(0))

        let roomy = try await Service.ready(in: directory)
        #expect(try roomy.events().compactMap { $0["subject"]?.string } == stored)
        // fal tries again, and now there is room: what was refused left nothing behind.
        for number in 0..<40 {
            #expect(try roomy.deliver(Delivery("full-\(number)", text: text)).status == 200)
        }
        #expect(try roomy.events().count == 40)
        #expect(try roomy.events().compactMap { $0["id"]?.string } == (1...40).map { "\($0)" })
    }

    @Test func aDeliveryLargerThanTheRoomIs503AndSmallOnesGoOn() async throws {
        let directory = TemporaryDirectory()
        let service = try Service(in: directory, after: Self.smallFiles)
        #expect(try await eventually { try service.get("/healthz").status == 200 })
        #expect(try service.deliver(Delivery.ofBodyBytes(200_000, "large")).status == 503)
        #expect(try await eventually { try service.deliver(Delivery("small")).status == 200 })
        #expect(try service.deliver(Delivery.ofBodyBytes(200_000, "large")).status == 503)
        #expect(try service.events().compactMap { $0["subject"]?.string } == ["small"])
    }
}
