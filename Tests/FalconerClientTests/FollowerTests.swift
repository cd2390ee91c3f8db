import Testing

@testable import FalconerClient

/// What the client makes of what the service says, without any connection.
@Suite struct FollowerTests {
    private static let source = "urn:uuid:00000000-0000-7000-8000-000000000001"

    private func hello(_ last: Int, source: String = Self.source) -> [UInt8] {
        Array(#"{"frame":"hello","protocol":1,"source":"\#(source)","first":"1","last":"\#(last)"}"#.utf8)
    }

    private func event(_ id: Int) -> [UInt8] {
        Array(
            #"{"specversion":"1.0","id":"\#(id)","source":"\#(Self.source)","type":"fal.request.succeeded","data":{"n": 1},"crc32c":"00000000"}"#
                .utf8
        )
    }

    private func subscription(_ follower: inout Follower, _ hello: [UInt8]) throws -> String {
        String(decoding: try follower.greeted(hello).get(), as: UTF8.self)
    }

    @Test func whatNewAndNowMeanIsDecidedByTheFirstConnection() throws {
        var follower = Follower(.events(.new, .now, EventFilter()))
        let first = try subscription(&follower, hello(41))
        #expect(first.contains(#""after":"41","until":"41""#))
        #expect(try subscription(&follower, hello(50)) == first)
    }

    @Test func theNextConnectionGoesOnBehindWhatCameAndNamesTheJournal() throws {
        var follower = Follower(.events(.first, .never, EventFilter()))
        #expect(try subscription(&follower, hello(9)).contains(#""from":"first""#))
        guard case .deliver(let delivered, nil) = follower.received(event(7)) else {
            Issue.record("no event")
            return
        }
        #expect(delivered.id == 7)
        #expect(delivered.data.map { String(decoding: $0, as: UTF8.self) } == #"{"n": 1}"#)
        let second = try subscription(&follower, hello(9, source: "urn:uuid:other"))
        #expect(second.contains(#""source":"\#(Self.source)""#))
        #expect(second.contains(#""after":"7""#))
        #expect(follower.received(Array(#"{"frame":"position","id":"90"}"#.utf8)) == .nothing)
        #expect(try subscription(&follower, hello(99)).contains(#""after":"90""#))
    }

    @Test func aDeliveryCarriesTheJournalsLineByteForByte() {
        var follower = Follower(.consumer("c", ConsumerOptions()))
        let line = Array(#"{"frame":"delivery","id":"7","delivery":3,"event":"#.utf8) + event(7) + Array("}".utf8)
        guard case .deliver(let delivered, 3?) = follower.received(line) else {
            Issue.record("no delivery")
            return
        }
        #expect(delivered.line == event(7))
    }

    @Test func onlyWhatMayPassIsTriedAgain() {
        var follower = Follower(.consumer("c", ConsumerOptions()))
        for (code, isPassing) in [
            ("consumer_busy", true), ("bad_option", false), ("busy", true), ("cursor_ahead", false),
        ] {
            let line = #"{"frame":"error","code":"\#(code)","op":"subscribe","message":"m"}"#
            guard case .fail(let error) = follower.received(Array(line.utf8)) else {
                Issue.record("no failure")
                return
            }
            #expect(error.code.rawValue == code)
            #expect(error.isPassing == isPassing)
        }
        let bye = #"{"frame":"bye","code":"stopping","id":"4","message":"m"}"#
        guard case .fail(let error) = follower.received(Array(bye.utf8)) else {
            Issue.record("no end of the connection")
            return
        }
        #expect(error.isPassing)
        #expect(follower.received(Array(#"{"frame":"bye","code":"complete","id":"4","message":"m"}"#.utf8)) == .end)
        #expect(follower.received(Array(#"{"frame":"of a later version"}"#.utf8)) == .nothing)
        #expect(follower.received(Array("nonsense".utf8)) == .fail(Follower.malformed))
    }

    @Test func optionsAreSentAsTheProtocolHasThem() throws {
        var options = ConsumerOptions()
        options.start = .after(3)
        options.acknowledgement = .upto
        options.acknowledgementWait = 2.5
        options.inFlightMax = 7
        options.holds = true
        options.filter.types = ["fal.request.*", "a\"b"]
        options.filter.hasSucceeded = false
        var follower = Follower(.consumer("encoder", options))
        #expect(
            try subscription(&follower, hello(9))
                == #"{"op":"subscribe","consumer":"encoder","after":"3","ack":"upto","#
                + #""ack_wait_s":2.5,"max_in_flight":7,"hold":true,"types":["fal.request.*","a\"b"],"status":"ERROR"}"#
                + "\n"
        )
    }

    @Test func pausesGrowToALimitAndBeginAnewAfterSuccess() {
        var backoff = Backoff()
        let pauses = (0..<12).map { _ in backoff.next(random: 1) }
        #expect(pauses.first == Backoff.first)
        #expect(pauses.last == Backoff.longest)
        backoff.reset()
        #expect(backoff.next(random: 0) == Backoff.first / 2)
    }
}
