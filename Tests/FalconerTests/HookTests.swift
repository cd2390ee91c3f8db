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

    @Test func anAddressMayCollectABurstAndNotOneMore() {
        var traffic = UnverifiedTraffic()
        let answers = (0...UnverifiedTraffic.burst).map { _ in traffic.refuse("a", at: start) }
        #expect(answers == [Bool](repeating: true, count: UnverifiedTraffic.burst) + [false])
        let other = traffic.refuse("b", at: start)
        #expect(other)
    }

    @Test func itRecoversAtItsRateAndNotThroughAClockThatGoesBack() {
        var traffic = UnverifiedTraffic()
        for _ in 0...UnverifiedTraffic.burst { _ = traffic.refuse("a", at: start) }
        let answers = [0, 499_999, 999_999].map { traffic.refuse("a", at: WallTime(microseconds: $0)) }
        #expect(answers == [false, false, true])
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
