import EventStream
import TestSupport
import Testing
import Threading

@Suite struct SubscribeTests {
    @Test func aReplayUntilNowIsHelloEveryEventCaughtUpAndTheEnd() throws {
        let server = try TestServer(events: 10_000)
        let client = try TestClient(path: server.path)
        #expect(
            try client.line()
                == #"{"frame":"hello","protocol":1,"source":"\#(server.log.source)","first":"1","last":"10000","#
                + #""heartbeat_ms":15000}"#
        )
        try client.say(#"{"op":"subscribe","from":"first","until":"now"}"#)
        let lines = try client.rest()
        #expect(lines.dropLast() == server.log.text(1...10_000)[...])
        #expect(lines.last == #"{"frame":"caught_up","id":"10000"}"#)
    }

    @Test func anEmptyJournalIsCaughtUpAtOnce() throws {
        let server = try TestServer()
        let client = try TestClient(path: server.path)
        #expect(try client.line()?.hasSuffix(#""first":"1","last":"0","heartbeat_ms":15000}"#) == true)
        try client.say(#"{"op":"subscribe","from":"first","until":"now"}"#)
        #expect(try client.rest() == [#"{"frame":"caught_up","id":"0"}"#])
    }

    @Test func aLiveSubscriberGetsWhatBecomesDurable() throws {
        let server = try TestServer(events: 3)
        let client = try server.connect()
        try client.say(#"{"op":"subscribe","after":"1"}"#)
        #expect(try client.lines(3) == server.log.text(2...3) + [#"{"frame":"caught_up","id":"3"}"#])
        for id in UInt64(4)...50 {
            server.append(1)
            #expect(try client.line() == server.log.text(id...id).first)
        }
    }

    @Test func anEventThatBecomesDurableWhileTheOnlySubscriberComesIsNotMissed() throws {
        let server = try TestServer(events: 1)
        for last in stride(from: UInt64(2), through: 400, by: 2) {
            let client = try server.connect()
            let appending = WorkerThread(name: "append") { server.append(1) }
            try client.say(#"{"op":"subscribe","from":"new"}"#)
            // It is behind the place where the subscription began, or comes as an event.
            var position: UInt64 = 0
            while position < last, let line = try client.parsed() {
                if case .caughtUp(let id) = line { position = id }
                if case .event(let event) = line { position = event.id }
            }
            #expect(position == last)
            appending.join()
            server.append(1)
            // Before it, perhaps, that the end was reached.
            let lines = try client.lines(1)
            let next = lines[0].contains("caught_up") ? try client.line() : lines[0]
            #expect(next == server.log.text(last + 1...last + 1).first)
        }
    }

    @Test(arguments: ["\n", "\r\n"]) func anEmptyLineMeansEverythingFromNowOn(_ line: String) throws {
        let server = try TestServer(events: 3) { $0.firstLineTime = .seconds(60) }
        let raw = try RawClient(path: server.path)
        raw.send(line)
        #expect(raw.text { $0.contains("caught_up") }.hasSuffix("{\"frame\":\"caught_up\",\"id\":\"3\"}\n"))
        server.append(1)
        #expect(raw.text { $0.hasSuffix("\n") } == server.log.text(4...4)[0] + "\n")
    }

    @Test func silenceMeansEverythingFromNowOn() throws {
        let server = try TestServer(events: 3) { $0.firstLineTime = .milliseconds(20) }
        let client = try server.connect()
        #expect(try client.parsed() == .caughtUp(3))
        server.append(1)
        #expect(try client.line() == server.log.text(4...4).first)
    }

    @Test func aClientThatHasEndedItsWritingStillGetsEverything() throws {
        let server = try TestServer(events: 2) { $0.firstLineTime = .seconds(60) }
        let silent = try server.connect()
        silent.client.endSending()
        #expect(try silent.parsed() == .caughtUp(2))
        let client = try server.connect()
        try client.say(#"{"op":"subscribe","from":"first"}"#)
        client.client.endSending()
        #expect(try client.lines(3).last == #"{"frame":"caught_up","id":"2"}"#)
        server.append(1)
        #expect(try client.line() == server.log.text(3...3).first)
        #expect(try silent.line() == server.log.text(3...3).first)
    }

    @Test func aLineWithoutItsEndCountsWhenTheClientEndsItsWriting() throws {
        let server = try TestServer(events: 2)
        let raw = try RawClient(path: server.path)
        raw.send(#"{"op":"subscribe","from":"first","until":"now"}"#)
        raw.endWriting()
        #expect(raw.text().hasSuffix("{\"frame\":\"caught_up\",\"id\":\"2\"}\n"))
    }

    @Test(arguments: [
        (#""after":"95""#, 96, 100), (#""after":"100""#, 101, 100), (#""from":"new""#, 101, 100),
        (#""from":"1970-01-01T00:01:30Z""#, 90, 100), (#""from":"1970-01-01T00:01:29.5Z""#, 90, 100),
        (#""from":"2100-01-01T00:00:00Z""#, 101, 100), (#""after":"0""#, 1, 100),
    ])
    func aSubscriptionBeginsWhereItSays(_ start: String, _ first: UInt64, _ last: UInt64) throws {
        let server = try TestServer(events: 100)
        let client = try server.connect()
        try client.say(#"{"op":"subscribe","until":"now",\#(start)}"#)
        let expected = first <= last ? server.log.text(first...last) : []
        #expect(try client.rest() == expected + [#"{"frame":"caught_up","id":"100"}"#])
    }

    @Test func aSubscriptionUntilAnEventEndsBehindIt() throws {
        let server = try TestServer(events: 50)
        let client = try server.connect()
        try client.say(#"{"op":"subscribe","after":"10","until":"20"}"#)
        let lines = try client.rest()
        #expect(lines.dropLast() == server.log.text(11...20)[...])
        #expect(lines.last?.hasPrefix(#"{"frame":"bye","code":"complete","id":"20","#) == true)
        let waiting = try server.connect()
        try waiting.say(#"{"op":"subscribe","after":"50","until":"52"}"#)
        #expect(try waiting.parsed() == .caughtUp(50))
        server.append(5)
        #expect(try waiting.rest().dropLast() == server.log.text(51...52)[...])
    }

    @Test func aCountEndsASubscription() throws {
        let server = try TestServer(events: 50)
        let client = try server.connect()
        try client.say(#"{"op":"subscribe","from":"first","count":3,"status":"ERROR"}"#)
        let lines = try client.rest()
        #expect(lines.dropLast() == [10, 20, 30].flatMap { server.log.text($0...$0) }[...])
        #expect(lines.last?.contains(#""id":"30""#) == true)
    }

    private static let all = Set(UInt64(1)...200)
    private static let failed = all.filter { $0.isMultiple(of: 10) }
    private static let filters: [(String, Set<UInt64>)] = [
        (#""types":["fal.request.failed"]"#, failed), (#""types":["fal.submission.*","*.failed"]"#, failed),
        (#""status":"OK""#, all.subtracting(failed)), (#""submission":"s-3""#, all.filter { $0 % 7 == 3 }),
        (#""submission":"s-3","status":"ERROR""#, failed.filter { $0 % 7 == 3 }), (#""endpoint":"xai/*""#, all),
        (#""endpoint":"fal-ai/*""#, []), (#""tag":"t""#, all), (#""tag":"T""#, []), (#""types":["no.type"]"#, []),
    ]

    @Test(arguments: filters) func aFilterPassesWhatItNames(_ filter: String, _ passed: Set<UInt64>) throws {
        let server = try TestServer(events: 200)
        let client = try server.connect()
        try client.say(#"{"op":"subscribe","from":"first","until":"now",\#(filter)}"#)
        let expected = passed.sorted().flatMap { server.log.text($0...$0) }
        #expect(try client.rest() == expected + [#"{"frame":"caught_up","id":"200"}"#])
    }

    @Test func aFilterThatSkipsMuchSaysWhereItIs() throws {
        let server = try TestServer(events: 3000) {
            $0.skippedBytesMax = 100_000
            $0.positionInterval = .milliseconds(50)
        }
        let client = try server.connect()
        try client.say(#"{"op":"subscribe","from":"first","types":["none"]}"#)
        var positions: [UInt64] = []
        while case .position(let id)? = try client.parsed() { positions.append(id) }
        #expect(positions.count >= 3 && positions == positions.sorted())
        // Live, a single skipped event is told of as well, only not at once.
        server.append(1)
        #expect(try client.parsed() == .position(3001))
    }

    @Test func subscribersWithEqualFiltersGoOverTheRestTogetherAndMissNothing() throws {
        let server = try TestServer(events: 5) { $0.turnBytesMax = 2_000 }
        let wanted = ["rare", "rare", "rare", "*.often", "rare"]
        let clients = try wanted.map { type in
            let client = try server.connect()
            try client.say(#"{"op":"subscribe","from":"new","types":["\#(type)"]}"#)
            #expect(try client.parsed() == .caughtUp(5))
            return client
        }
        // More than one turn may go over, then one that is wanted, a damaged one, and more.
        server.log.append(100, type: "not.this")
        server.log.append(1, type: "rare")
        server.log.append(40, type: "not.often")
        server.log.contents.withLock { $0.damaged = 160...161 }
        server.append(20, type: "not.this")
        server.append(1, type: "rare")
        let gap = #"{"frame":"gap","from":"160","to":"161","code":"damaged""#
        for (client, type) in zip(clients, wanted) {
            var lines: [String] = []
            let last = type == "rare" ? 167 : 146
            while let line = try client.line() {
                if line.hasPrefix(#"{"frame":"gap""#) {
                    lines.append(String(line.prefix(gap.count)))
                } else if !line.contains("\"position\"") {
                    lines.append(line)
                }
                if line.contains("\"id\":\"\(last)\"") { break }
            }
            let expected =
                type == "rare"
                ? server.log.text(106...106) + [gap] + server.log.text(167...167) : server.log.text(107...146)
            #expect(lines == expected, "\(type)")
        }
    }

    @Test func eventsThatAreNoLongerKeptAreToldOf() throws {
        let server = try TestServer(events: 100)
        server.log.prune(40)
        let client = try server.connect()
        try client.say(#"{"op":"subscribe","after":"10","until":"now"}"#)
        #expect(try client.parsed() == .gap(from: 11, to: 40))
        #expect(try client.rest().dropLast() == server.log.text(41...100)[...])
    }

    @Test func eventsThatGoAwayBeforeASlowReaderGetsThereAreToldOf() throws {
        let server = try TestServer()
        server.append(100, padding: 20_000)
        let client = try server.connect()
        try client.say(#"{"op":"subscribe","from":"first"}"#)
        #expect(try client.line() == server.log.text(1...1).first)
        server.log.prune(90)
        var expected: UInt64 = 2
        var gaps = 0
        while let line = try client.parsed() {
            if case .event(let event) = line { #expect(event.id == expected) }
            if case .gap(let from, let to) = line {
                #expect(from == expected && to == 90)
                gaps += 1
                expected = to
            }
            if case .caughtUp = line { break }
            expected += 1
        }
        #expect(gaps == 1 && expected == 101)
    }

    @Test func eventsThatWereDamagedAreToldOf() throws {
        let server = try TestServer(events: 100)
        server.log.contents.withLock { $0.damaged = 41...43 }
        let client = try server.connect()
        try client.say(#"{"op":"subscribe","after":"30","until":"now"}"#)
        #expect(try client.lines(10) == server.log.text(31...40))
        let gap = try client.line()
        #expect(gap?.hasPrefix(#"{"frame":"gap","from":"41","to":"43","code":"damaged","#) == true)
        #expect(try client.rest().dropLast() == server.log.text(44...100)[...])
        let bounded = try server.connect()
        try bounded.say(#"{"op":"subscribe","after":"40","until":"42"}"#)
        #expect(try bounded.parsed() == .gap(from: 41, to: 43))
        #expect(try bounded.rest().count == 1)
    }

    @Test func aHeartbeatComesWhenNothingElseDoes() throws {
        let server = try TestServer(events: 5) { $0.heartbeatInterval = .milliseconds(30) }
        let client = try server.connect()
        try client.say(#"{"op":"subscribe"}"#)
        #expect(try client.parsed() == .caughtUp(5))
        for _ in 0..<3 { #expect(try client.parsed() == .heartbeat(last: 5)) }
    }

    @Test func aJournalThatCannotBeReadEndsTheConnectionAndSaysSo() throws {
        let server = try TestServer(events: 5)
        let client = try server.connect()
        try client.say(#"{"op":"subscribe"}"#)
        #expect(try client.parsed() == .caughtUp(5))
        server.log.contents.withLock { $0.isBroken = true }
        server.append(1)
        #expect(try client.rest().first?.contains("journal_unreadable") == true)
    }

    @Test func aLineLargerThanEveryBufferArrivesWhole() throws {
        let server = try TestServer()
        server.append(3, padding: 3 << 20)
        let client = try server.connect()
        try client.say(#"{"op":"subscribe","from":"first","until":"now"}"#)
        #expect(try client.rest().dropLast() == server.log.text(1...3)[...])
    }
}
