import Glibc
import TestSupport
import Testing
import Threading

/// How many submissions are on their way to fal at once.
@Suite(.blocking) struct SendLimitTests {
    @Test(arguments: [1, 2, 7])
    func asManyAreOnTheirWayAsTheServiceWasToldAndNoMore(limit: Int) async throws {
        let directory = TemporaryDirectory()
        // Takes requests, counts those that wait, and answers none before it is told to.
        let state = Monitor((waiting: 0, most: 0, isOpen: false))
        let peer = LoopbackPeer { connection, _ in
            while let request = connection.readRequest() {
                if request.method == "POST" {
                    state.withLock { state in
                        state.waiting += 1
                        state.most = max(state.most, state.waiting)
                    }
                    state.wait(until: { $0.isOpen }, { state in state.waiting -= 1 })
                }
                connection.write("HTTP/1.1 422 No\r\nContent-Length: 2\r\n\r\n{}")
            }
        }
        defer { peer.stop() }
        let service = try Service(
            in: directory,
            ["--fal-queue-url", peer.url(""), "--public-url", "auto", "--sends-max", "\(limit)"],
            environment: ["FAL_KEY": "emulator:secret"]
        )
        for number in 0..<(limit + 3) {
            let words = ["submit", "fal-ai/any", "--prompt", "\(number)", "--no-check", "--socket", service.socket]
            #expect(try Program.run(words).exit == .code(0))
        }
        #expect(await eventually { state.withLock { $0.waiting == limit } })
        state.withLock { $0.isOpen = true }
        state.notifyAll()
        #expect(
            try await eventually {
                try service.journalLines.filter { $0.contains("fal.submission.refused") }.count == limit + 3
            }
        )
        #expect(state.withLock { $0.most } == limit)
        #expect(service.stop() == .code(0))
    }

    @Test(arguments: ["0", "65", "many"])
    func aNumberThatIsNoneIsRefused(text: String) throws {
        let refused = try Program.run(["config", "show", "--sends-max", text])
        let served = try Program.run(["serve", "--sends-max", text])
        #expect(served.exit == .code(64) || refused.exit == .code(64), "\(served.error)")
        #expect(served.error.contains("sends-max"))
    }
}
