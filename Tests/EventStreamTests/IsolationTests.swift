import EventStream
import Glibc
import Posix
import TestSupport
import Testing
import Threading

@Suite struct IsolationTests {
    @Test func manySubscribersOfWhomSomeAreStoppedAllGetEverythingInOrder() async throws {
        let server = try TestServer()
        let clients = try (0..<200).map { _ in try RawClient(path: server.path) }
        for client in clients { client.send("{\"op\":\"subscribe\",\"from\":\"first\"}\n") }
        #expect(await eventually { server.server.connections == 200 })
        for _ in 0..<50 { server.append(10, padding: 800) }
        let expected = server.log.text(1...500)
        for (number, client) in clients.enumerated() where !number.isMultiple(of: 10) {
            let received = client.read { bytes in
                bytes.last == 0x0A && String(decoding: bytes.suffix(1_500), as: UTF8.self).contains(#""n":500,"#)
            }
            let events = String(decoding: received, as: UTF8.self).split(separator: "\n")
                .filter { !$0.hasPrefix(#"{"frame":"#) }
            #expect(events.map(String.init) == expected, "client \(number)")
        }
        // Those that took nothing so far have missed nothing either.
        let late = clients[10].text { $0.contains(#""n":500,"#) && $0.hasSuffix("\n") }
        #expect(late.split(separator: "\n").filter { !$0.hasPrefix(#"{"frame":"#) }.map(String.init) == expected)
    }

    @Test func whatIsReadAndCheckedForOneSubscriberIsForAllThatAreWhereItIs() async throws {
        let server = try TestServer()
        let clients = try (0..<50).map { _ in try RawClient(path: server.path) }
        for client in clients { client.send("{\"op\":\"subscribe\",\"from\":\"first\",\"until\":\"10\"}\n") }
        #expect(await eventually { server.server.connections == 50 })
        for number in 1...10 {
            server.append(1)
            let client = try #require(clients.first)
            _ = client.text { $0.contains("\"n\":\(number),") && $0.hasSuffix("\n") }
        }
        for client in clients.dropFirst() { _ = client.text { $0.contains("\"n\":10,") } }
        // One for each event, and some for those that fell behind.
        #expect(server.log.contents.withLock { $0.reads } <= 100)
    }

    @Test func subscribersWithEqualAndWithOtherFiltersGetEachWhatTheirsPasses() async throws {
        let server = try TestServer()
        // Every tenth event has failed; they come in batches of seven, some of which hold none.
        let wanted: [(filter: String, ids: [UInt64])] = [
            (#""types":["fal.request.failed"]"#, (1...210).filter { $0.isMultiple(of: 10) }),
            (#""types":["fal.request.succeeded"]"#, (1...210).filter { !$0.isMultiple(of: 10) }),
            (#""submission":"s-3""#, (1...210).filter { $0 % 7 == 3 }),
            (#""tag":"none""#, []),
            (#""types":["fal.request.failed"],"count":5"#, [10, 20, 30, 40, 50]),
        ]
        let clients = try (0..<50).map { _ in try RawClient(path: server.path) }
        for (number, client) in clients.enumerated() {
            client.send("{\"op\":\"subscribe\",\"from\":\"first\",\(wanted[number % wanted.count].filter)}\n")
        }
        #expect(await eventually { server.server.connections == 50 })
        for _ in 0..<30 { server.append(7) }
        for (number, client) in clients.enumerated() {
            let (filter, ids) = wanted[number % wanted.count]
            let last = ids.last.map { "\"n\":\($0)," } ?? "caught_up"
            let text = client.text { $0.contains(last) && $0.hasSuffix("\n") }
            let events = try text.split(separator: "\n").compactMap { line -> UInt64? in
                guard case .event(let event) = try StreamLine(Array(line.utf8)) else { return nil }
                return event.id
            }
            #expect(events == ids, "client \(number): \(filter)")
        }
    }

    @Test func aClientThatTakesNothingIsToldSoWithItsPositionAndClosed() async throws {
        let server = try TestServer { $0.stallTime = .milliseconds(200) }
        let client = try RawClient(path: server.path)
        client.send("{\"op\":\"subscribe\",\"from\":\"first\"}\n")
        #expect(await eventually { server.server.connections == 1 })
        server.append(1000, padding: 2_000)
        #expect(await eventually { server.server.connections == 0 })
        // Whole events in order, and at most one that is cut off by the end.
        let lines = client.text().split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        let events = try lines.compactMap { line -> UInt64? in
            guard case .event(let event) = try StreamLine(Array(line.utf8)) else { return nil }
            return event.id
        }
        #expect(!events.isEmpty && events == Array(1...UInt64(events.count)))
    }

    @Test func aSlowReaderIsNotTakenForOneThatTakesNothing() throws {
        let server = try TestServer { $0.stallTime = .seconds(1) }
        server.append(600, padding: 1_000)
        let path = server.path
        let received = Monitor<[UInt8]>([])
        // On a thread of its own: this test is about time, and tests share few threads. It takes less than three quarters
        // of the kernel's buffer in a second, so the kernel never calls the socket writable in time.
        let reader = WorkerThread(name: "slow reader") {
            guard let client = try? RawClient(path: path) else { return }
            client.send("{\"op\":\"subscribe\",\"from\":\"first\",\"until\":\"now\"}\n")
            var bytes: [UInt8] = []
            let begin = ContinuousClock.now
            while ContinuousClock.now < begin + .seconds(3) {
                let due = Int((ContinuousClock.now - begin) / .milliseconds(1)) * 90
                if bytes.count < due { bytes += client.read(atOnce: 4096) { !$0.isEmpty } }
                usleep(5_000)  // the pace of a slow reader
            }
            bytes += client.read()
            received.withLock { $0 = bytes }
        }
        reader.join()
        let text = String(decoding: received.withLock { $0 }, as: UTF8.self)
        #expect(text.hasSuffix("{\"frame\":\"caught_up\",\"id\":\"600\"}\n"))
    }
}
