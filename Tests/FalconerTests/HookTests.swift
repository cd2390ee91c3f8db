import Posix
import Testing

@testable import Falconer

@Suite struct HookPathTests {
    @Test(arguments: [
        ("/fal", HookPath.delivery(nil)), ("/fal/", .delivery(nil)), ("/healthz", .health),
        ("/fal/abc", .delivery(HookToken(text: "abc"))),
        ("/fal/" + String(repeating: "a", count: 128), .delivery(HookToken(text: String(repeating: "a", count: 128)))),
    ])
    func isUnderstood(path: String, expected: HookPath) {
        #expect(HookPath(path) == expected)
    }

    @Test(arguments: ["", "/", "/fal/a/b", "/falx", "/Fal", "/healthz/", "/fal/" + String(repeating: "a", count: 129)])
    func anythingElseIsNoPathOfOurs(path: String) {
        #expect(HookPath(path) == nil)
    }
}

@Suite struct UnverifiedTrafficTests {
    private let start = WallTime(microseconds: 1_000_000_000)

    private func after(seconds: Double) -> WallTime {
        WallTime(microseconds: start.microseconds + Int64(seconds * 1_000_000))
    }

    @Test func anAddressMayCollectABurstAndNotOneMore() {
        var traffic = UnverifiedTraffic()
        let within = (0..<UnverifiedTraffic.burst).filter { _ in traffic.refuse("a", at: start) }.count
        #expect(within == UnverifiedTraffic.burst)
        #expect(!traffic.refuse("a", at: start))
        #expect(traffic.refuse("b", at: start))
    }

    @Test func itRecoversAtItsRateAndNotThroughAClockThatGoesBack() {
        var traffic = UnverifiedTraffic()
        for _ in 0...UnverifiedTraffic.burst { _ = traffic.refuse("a", at: start) }
        #expect(!traffic.refuse("a", at: WallTime(microseconds: 0)))
        var recovered = traffic
        #expect(!recovered.refuse("a", at: WallTime(microseconds: 499_999)))
        #expect(traffic.refuse("a", at: WallTime(microseconds: 500_000)))
    }

    @Test func theMemoryOfAddressesIsBounded() {
        var traffic = UnverifiedTraffic()
        for number in 0..<(UnverifiedTraffic.addressesMax * 2) { _ = traffic.refuse("\(number)", at: start) }
        #expect(traffic.addressCount <= UnverifiedTraffic.addressesMax)
    }
}

@Suite struct RejectionTests {
    @Test func aLineHoldsRemoteTextOnlyUpToItsLimit() {
        let long = String(repeating: "é", count: 1_000)
        let rejection = Rejection(
            time: WallTime(microseconds: 0),
            reason: "header_malformed",
            status: 400,
            address: "127.0.0.1",
            requestID: long,
            detail: "a\"b"
        )
        let line = String(decoding: rejection.line, as: UTF8.self)
        #expect(line.utf8.count < 2 * Rejection.textBytesMax + 200)
        #expect(line.hasSuffix(#""detail":"a\"b"}"# + "\n"))
        #expect(line.hasPrefix(#"{"time":"1970-01-01T00:00:00.000000Z","reason":"header_malformed","status":400,"#))
    }
}
