import Foundation
import Posix
import SystemPackage
import TestSupport
import Testing

@testable import EventStream

@Suite struct ConsumerSocketTests {
    @Test func eachEventComesOnceAndWhatWasAcknowledgedNeverAgain() throws {
        let test = try TestServer(events: 5)
        let first = try test.connect()
        try first.say(#"{"op":"subscribe","consumer":"encoder","from":"first","max_in_flight":3}"#)
        let ids = try (1...3).map { _ in try first.delivery() }
        #expect(ids == [Delivered(1, 1), Delivered(2, 1), Delivered(3, 1)])
        try first.say(#"{"op":"ack","id":"2","sync":true,"ref":"x"}"#)
        #expect(try first.line() == #"{"frame":"acked","id":"2","ref":"x"}"#)
        #expect(try first.delivery() == Delivered(4, 1))
        first.close()
        let second = try test.join("encoder")
        #expect(try second.delivery() == Delivered(1, 2))
        #expect(try second.delivery() == Delivered(3, 2))
        #expect(try second.delivery() == Delivered(4, 2))
    }

    @Test func anAcknowledgementThatWasAnsweredOutlivesTheService() throws {
        let directory = TemporaryDirectory()
        do {
            let test = try TestServer(events: 3, directory: directory)
            let client = try test.connect()
            try client.say(#"{"op":"subscribe","consumer":"c","from":"first","ack":"upto","sync":true}"#)
            #expect(try client.lines(3) == test.log.text(1...3))
            _ = try client.line()
            try client.say(#"{"op":"ack","id":"2"}"#)
            #expect(try client.line() == #"{"frame":"acked","id":"2"}"#)
        }
        let test = try TestServer(events: 4, directory: directory)
        let client = try test.join("c")
        #expect(try client.lines(2) == test.log.text(3...4))
    }

    @Test func whereEachConsumerIsWithAnEventCanBeAskedAndTheTimeOutlivesTheService() async throws {
        let directory = TemporaryDirectory()
        func event(_ test: TestServer, _ id: Int, of name: String) throws -> String? {
            let asking = try test.connect()
            try asking.say(#"{"op":"consumers","event":"\#(id)"}"#)
            let answer = try asking.line() ?? ""
            let own = answer.components(separatedBy: #"{"name":""#).first { $0.hasPrefix("\(name)\"") }
            return own?.components(separatedBy: #""event":{"state":""#).last.map { String($0.prefix { $0 != "}" }) }
        }
        do {
            let test = try TestServer(events: 3, directory: directory)
            let client = try test.connect()
            try client.say(#"{"op":"subscribe","consumer":"c","from":"first","max_in_flight":2}"#)
            #expect(try client.delivery() == Delivered(1, 1))
            #expect(try client.delivery() == Delivered(2, 1))
            // Out of order: the cursor stays before the first.
            try client.say(#"{"op":"ack","id":"2","sync":true}"#)
            #expect(try client.line() == #"{"frame":"acked","id":"2"}"#)
            let other = try test.connect()
            try other.say(#"{"op":"consumer","action":"create","consumer":"d","after":"2","types":["none.*"]}"#)
            _ = try other.line()
            #expect(try event(test, 1, of: "c") == #"delivered","deliveries":1"#)
            #expect(try event(test, 2, of: "c")?.hasPrefix(#"done","time":"20"#) == true)
            #expect(try event(test, 2, of: "d") == #"filtered""#)
            #expect(try event(test, 3, of: "d") == #"unread""#)
        }
        let test = try TestServer(events: 3, directory: directory)
        #expect(try event(test, 1, of: "c") == #"waiting","deliveries":1"#)
        #expect(try event(test, 2, of: "c")?.hasPrefix(#"done","time":"20"#) == true)
        // What a consumer of the same name did before is not the new one's.
        let admin = try test.connect()
        for action in [#""delete""#, #""create","after":"2""#] {
            try admin.say(#"{"op":"consumer","action":\#(action),"consumer":"c"}"#)
            _ = try admin.line()
        }
        #expect(try await eventually { try event(test, 2, of: "c") == #"passed""# })
    }

    @Test(arguments: [(1_024, true), (1_025, false)]) func aRefusalMayHaveAReasonOfSoManyBytes(
        count: Int,
        isTaken: Bool
    ) throws {
        let test = try TestServer(events: 1)
        let client = try test.connect()
        try client.say(#"{"op":"subscribe","consumer":"c","from":"first","max_deliveries":1}"#)
        #expect(try client.delivery() == Delivered(1, 1))
        let reason = String(repeating: "x", count: count)
        try client.say(#"{"op":"nak","id":"1","reason":"\#(reason)"}"#)
        let answer = try client.skipping("caught_up")
        if isTaken {
            let message = "refused in 1 deliveries: \(reason)"
            #expect(answer == #"{"frame":"dead","id":"1","deliveries":1,"message":"\#(message)"}"#)
        } else {
            #expect(answer?.contains(#""code":"bad_option""#) == true)
        }
    }

    @Test func aRefusedEventIsParkedInTheEndAndCanBeTriedAgain() throws {
        let test = try TestServer(events: 1)
        let client = try test.connect()
        try client.say(#"{"op":"subscribe","consumer":"c","from":"first","max_deliveries":2}"#)
        #expect(try client.delivery() == Delivered(1, 1))
        try client.say(#"{"op":"nak","id":"1"}"#)
        #expect(try client.delivery() == Delivered(1, 2))
        try client.say(#"{"op":"nak","id":"1"}"#)
        let dead = try client.skipping("caught_up")
        #expect(dead == #"{"frame":"dead","id":"1","deliveries":2,"message":"refused in 2 deliveries"}"#)
        try client.say(#"{"op":"parked","action":"list","consumer":"c"}"#)
        #expect(
            try client.line()?.contains(#""parked":[{"id":"1","deliveries":2,"reason":"refused in 2 deliveries""#)
                == true
        )
        try client.say(#"{"op":"parked","action":"retry","consumer":"c","id":"all"}"#)
        let answers = try [client.skipping("caught_up"), client.skipping("caught_up")]
        #expect(answers.contains(#"{"frame":"reply","op":"parked","retried":1}"#))
        #expect(answers.contains { $0?.hasPrefix(#"{"frame":"delivery","id":"1","delivery":1"#) == true })
    }

    @Test func aGroupSharesItsEvents() throws {
        let test = try TestServer()
        let members = try (0..<2).map { _ in
            let client = try test.connect()
            try client.say(#"{"op":"subscribe","consumer":"g","group":true,"from":"first","ack":"each"}"#)
            #expect(try client.line()?.hasPrefix(#"{"frame":"caught_up""#) == true)
            return client
        }
        test.append(2)
        let got = try members.map { try $0.delivery() }
        #expect(Set(got.map(\.id)) == [1, 2])
        members[0].close()
        #expect(try members[1].delivery() == Delivered(got[0].id, 2))
    }

    @Test func onlyEventsThatPassTheFilterCount() throws {
        let test = try TestServer(events: 25)
        let client = try test.connect()
        try client.say(#"{"op":"subscribe","consumer":"f","from":"first","types":["fal.request.failed"]}"#)
        #expect(try client.delivery().id == 10)
        #expect(try client.delivery().id == 20)
        #expect(try client.line() == #"{"frame":"caught_up","id":"25"}"#)
        try client.say(#"{"op":"consumer","action":"show","consumer":"f"}"#)
        #expect(try client.line()?.contains(#""cursor":"9","read":"25","lag_events":16,"in_flight":2"#) == true)
    }

    @Test func eventsThatWentBeforeTheyWereReadAreAnnouncedAsAGap() throws {
        let test = try TestServer(events: 10)
        let client = try test.connect()
        try client.say(#"{"op":"consumer","action":"create","consumer":"late","from":"first"}"#)
        #expect(try client.line()?.hasPrefix(#"{"frame":"reply","op":"consumer""#) == true)
        test.log.prune(4)
        let member = try test.join("late")
        #expect(try member.line()?.hasPrefix(#"{"frame":"gap","from":"1","to":"4","code":"pruned""#) == true)
        #expect(try member.delivery() == Delivered(5, 1))
    }

    @Test(arguments: [
        (#"{"op":"subscribe","consumer":"taken"}"#, "consumer_busy"),
        (#"{"op":"subscribe","consumer":"taken","max_in_flight":7}"#, "consumer_exists"),
        (#"{"op":"subscribe","consumer":"n","group":true,"ack":"upto"}"#, "bad_option"),
        (#"{"op":"subscribe","consumer":"n","max_in_flight":0}"#, "bad_option"),
        (#"{"op":"subscribe","consumer":"n","max_in_flight":10001}"#, "bad_option"),
        (#"{"op":"subscribe","consumer":"n","ack_wait_s":0}"#, "bad_option"),
        (#"{"op":"subscribe","consumer":"n","group":true,"until":"now"}"#, "bad_option"),
        (#"{"op":"consumer","action":"create","consumer":"n","count":1}"#, "bad_option"),
        (#"{"op":"subscribe","ack":"each"}"#, "bad_option"),
        (#"{"op":"ack","id":"1"}"#, "no_consumer"),
        (#"{"op":"consumer","action":"show","consumer":"none"}"#, "unknown_consumer"),
        (#"{"op":"consumer","action":"delete","consumer":"taken"}"#, "consumer_busy"),
        (#"{"op":"consumer","action":"create","consumer":"taken"}"#, "consumer_exists"),
        (#"{"op":"consumer","action":"grow","consumer":"taken"}"#, "bad_option"),
        (#"{"op":"parked","action":"drop","consumer":"taken","id":"1"}"#, "not_parked"),
        (#"{"op":"nak","id":"1","later":1}"#, "bad_option"),
    ])
    func whatCannotBeDoneIsSaidWithACode(_ line: String, _ code: String) throws {
        let test = try TestServer(events: 1)
        let member = try test.join("taken")
        _ = try member.line()
        let client = try test.connect()
        try client.say(line)
        #expect(try client.line()?.contains(#""code":"\#(code)""#) == true)
    }

    @Test func aConsumerIsCreatedListedResetAndDeleted() async throws {
        let test = try TestServer(events: 9)
        let client = try test.connect()
        try client.say(#"{"op":"consumer","action":"create","consumer":"c","from":"new","hold":true}"#)
        #expect(try client.line()?.contains(#""consumer":{"name":"c","cursor":"9""#) == true)
        #expect(await eventually { test.server.holds == ["c": 9] })
        try client.say(#"{"op":"consumer","action":"reset","consumer":"c","after":"4"}"#)
        #expect(try client.line()?.contains(#""cursor":"4""#) == true)
        #expect(await eventually { test.server.holds == ["c": 4] })
        try client.say(#"{"op":"consumers"}"#)
        #expect(
            try client.line()?.contains(#""consumers":[{"name":"c","cursor":"4","read":"4","lag_events":5"#) == true
        )
        try client.say(#"{"op":"consumer","action":"delete","consumer":"c"}"#)
        #expect(try client.line() == #"{"frame":"reply","op":"consumer"}"#)
        #expect(test.server.holds.isEmpty)
    }

    @Test(arguments: ["none", "upto", "each"])
    func aConsumerThatWantsSoManyEventsGetsThoseAndIsLetGoOnceTheyAreFinished(_ ack: String) throws {
        let test = try TestServer(events: 9)
        for (first, last) in [(1, 4), (5, 8)] {
            let client = try test.connect()
            try client.say(#"{"op":"subscribe","consumer":"c","ack":"\#(ack)","from":"first","count":4}"#)
            let lines = try client.lines(4)
            for (id, line) in zip(first...last, lines) { #expect(line.contains(#""id":"\#(id)""#)) }
            if ack != "none" {
                for id in first...last { try client.say(#"{"op":"ack","id":"\#(id)","sync":true}"#) }
                for id in first...last { #expect(try client.line() == #"{"frame":"acked","id":"\#(id)"}"#) }
            }
            #expect(try client.line()?.hasPrefix(#"{"frame":"bye","code":"complete","id":"\#(last)""#) == true)
            #expect(try client.line() == nil)
        }
    }

    @Test(arguments: [(#""6""#, 6), (#""now""#, 9)])
    func aConsumerUntilAnEventIsLetGoOnceThatIsFinishedAndTheNextOneGoesOnBehindIt(_ until: String, _ end: Int) throws {
        let test = try TestServer(events: 9)
        let client = try test.connect()
        try client.say(#"{"op":"subscribe","consumer":"c","ack":"upto","from":"first","until":\#(until)}"#)
        #expect(try client.lines(end).last == test.log.text(UInt64(end)...UInt64(end)).first)
        try client.say(#"{"op":"ack","id":"\#(end)"}"#)
        let rest = try client.rest()
        #expect(rest.last?.hasPrefix(#"{"frame":"bye","code":"complete","id":"\#(end)""#) == true)
        test.append(1)
        let next = try test.connect()
        try next.say(#"{"op":"subscribe","consumer":"c","ack":"upto"}"#)
        #expect(try next.line() == test.log.text(UInt64(end + 1)...UInt64(end + 1)).first)
    }

    @Test func aConsumerShowsHowFarItIsBehindInEventsBytesAndSecondsAndWhoTakesPart() throws {
        let test = try TestServer(events: 9)
        let client = try test.connect()
        try client.say(#"{"op":"subscribe","consumer":"c","from":"first","max_in_flight":2}"#)
        _ = try client.lines(2)
        let other = try test.connect()
        try other.say(#"{"op":"consumer","action":"show","consumer":"c"}"#)
        let shown = try #require(try other.line())
        let bytes = test.log.text(1...9).reduce(0) { $0 + $1.utf8.count + 1 }
        #expect(shown.contains(#""lag_events":9,"in_flight":2,"waiting":0,"#))
        #expect(shown.contains(#""lag_bytes":\#(bytes),"#))
        // The events of the test's journal were recorded in the first seconds of 1970.
        let seconds = shown.firstRange(of: #""lag_seconds":"#).map { shown[$0.upperBound...].prefix { $0 != "," } }
        #expect(abs(try #require(seconds.flatMap { Int64($0) }) - WallTime.now.seconds) < 100)
        #expect(shown.contains(#""members":[{"since":"20"#))
        #expect(shown.contains(#""pid":\#(getpid()),"uid":\#(geteuid())}]"#))
        for id in 1...2 { try client.say(#"{"op":"ack","id":"\#(id)","sync":true}"#) }
        try other.say(#"{"op":"consumer","action":"reset","consumer":"c","from":"new"}"#)
        #expect(try other.line()?.contains("consumer_busy") == true)
        let caughtUp = try test.connect()
        try caughtUp.say(#"{"op":"consumer","action":"create","consumer":"d","from":"new"}"#)
        #expect(try caughtUp.line()?.contains(#""lag_bytes":0,"lag_seconds":0,"#) == true)
    }

    @Test func aFileThatCannotBeReadIsNotTakenForANewConsumer() throws {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(
            atPath: directory.file("consumers").string,
            withIntermediateDirectories: true
        )
        try Data("{".utf8).write(to: URL(fileURLWithPath: directory.file("consumers/c.json").string))
        let test = try TestServer(events: 1, directory: directory)
        let client = try test.connect()
        try client.say(#"{"op":"subscribe","consumer":"c","from":"first"}"#)
        #expect(try client.line()?.contains(#""code":"consumer_unreadable""#) == true)
        try client.say(#"{"op":"consumer","action":"delete","consumer":"c"}"#)
        _ = try client.line()
        try client.say(#"{"op":"subscribe","consumer":"c","from":"first"}"#)
        #expect(try client.delivery() == Delivered(1, 1))
    }
}

/// What a `delivery` frame says.
struct Delivered: Equatable {
    let id: UInt64
    let number: Int

    init(_ id: UInt64, _ number: Int) {
        self.id = id
        self.number = number
    }
}

extension TestServer {
    /// Takes part in a consumer.
    func join(_ name: String) throws -> TestClient {
        let client = try connect()
        try client.say(#"{"op":"subscribe","consumer":"\#(name)"}"#)
        return client
    }
}

extension TestClient {
    /// The next line but for `caught_up`, which has to be a `delivery`.
    func delivery() throws -> Delivered {
        let line = try #require(try skipping("caught_up"))
        let match = try #require(
            try /^\{"frame":"delivery","id":"(\d+)","delivery":(\d+),"event":\{"specversion"/.firstMatch(in: line)
        )
        return Delivered(try #require(UInt64(match.1)), try #require(Int(match.2)))
    }

    /// The next line that is not of that kind.
    func skipping(_ kind: String) throws -> String? {
        while let line = try line() {
            if !line.hasPrefix(#"{"frame":"\#(kind)""#) { return line }
        }
        return nil
    }

    /// Ends the connection.
    func close() {
        client.endSending()
    }
}
