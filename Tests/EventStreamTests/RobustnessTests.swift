import EventStream
import TestSupport
import Testing
import Threading

@Suite struct RobustnessTests {
    @Test func aCommandSplitAtEveryByteIsUnderstood() throws {
        let server = try TestServer(events: 1)
        let line = "{\"op\":\"subscribe\",\"from\":\"first\",\"until\":\"now\"}\n"
        for split in 1..<line.utf8.count {
            let client = try RawClient(path: server.path)
            client.send(String(line.prefix(split)))
            _ = client.text { $0.hasSuffix("\n") }
            client.send(String(line.dropFirst(split)))
            #expect(client.text().hasSuffix("{\"frame\":\"caught_up\",\"id\":\"1\"}\n"))
        }
    }

    @Test func aReaderOfOneByteAtATimeGetsEverythingIntact() throws {
        let server = try TestServer()
        server.append(200, padding: 2_000)
        let client = try RawClient(path: server.path)
        client.send("{\"op\":\"subscribe\",\"from\":\"first\",\"until\":\"now\"}\n")
        let lines = String(decoding: client.read(atOnce: 1), as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(lines.dropFirst().dropLast() == server.log.text(1...200)[...])
    }

    @Test func aLineOfTheLimitIsCarriedOutAndOneByteMoreIsNot() throws {
        let limit = EventStreamLimits().commandLineBytesMax
        #expect(limit == 1_048_576)
        let server = try TestServer()
        let frame = #"{"op":"echo","x":""}"#
        for extra in 0...1 {
            let client = try server.connect()
            let line = #"{"op":"echo","x":"\#(String(repeating: "x", count: limit - frame.utf8.count + extra))"}"#
            #expect(line.utf8.count == limit + extra)
            try client.say(line)
            if extra == 0 {
                #expect(try client.line() == #"{"frame":"reply","op":"echo","bytes":\#(limit)}"#)
            } else {
                let rest = try client.rest()
                #expect(rest.count == 1 && rest.first?.hasPrefix(#"{"frame":"error","code":"line_too_long","#) == true)
            }
        }
    }

    @Test func twoMegabytesWithoutALineFeedAreCutOffAndTheClientIsTold() async throws {
        let server = try TestServer()
        let client = try RawClient(path: server.path)
        client.send([UInt8](repeating: UInt8(ascii: "x"), count: 2 << 20))
        #expect(client.text().contains(#""code":"line_too_long""#))
        #expect(await eventually { server.server.connections == 0 })
    }

    @Test func aLineThatIsBegunAndNotEndedIsCutOff() throws {
        let server = try TestServer {
            $0.lineTime = .milliseconds(50)
            $0.firstLineTime = .milliseconds(10)
        }
        let client = try RawClient(path: server.path)
        client.send("{\"op\":")
        #expect(client.text().contains(#""code":"line_timeout""#))
    }

    @Test func incompleteLinesOfAllTogetherAreBounded() throws {
        let server = try TestServer { $0.inputBytesMax = 300_000 }
        let clients = try (0..<4).map { _ in try RawClient(path: server.path) }
        for client in clients { client.send([UInt8](repeating: UInt8(ascii: "x"), count: 100_000)) }
        let last = clients[3].text { $0.contains("busy") }
        #expect(last.contains(#""code":"busy""#))
    }

    @Test func garbageIsAnsweredWithoutEndAndWithoutHarm() throws {
        let server = try TestServer(events: 3)
        for seed in UInt64(1)...20 {
            var generator = SplitMix(state: seed)
            let client = try RawClient(path: server.path)
            // Not an empty first line, which would subscribe.
            client.send("x")
            client.send((0..<5_000).map { _ in UInt8.random(in: 0...255, using: &generator) })
            client.endWriting()
            let lines = client.text().split(separator: "\n")
            #expect(lines.first?.hasPrefix(#"{"frame":"hello""#) == true)
            #expect(lines.count > 1 && lines.dropFirst().allSatisfy { $0.contains(#""code":"bad_json""#) })
        }
        let client = try server.connect()
        try client.say(#"{"op":"subscribe","from":"first","until":"now"}"#)
        #expect(try client.rest().count == 4)
    }

    @Test func anOutputThatIsNotTakenHoldsItsClientUpAndNobodyElse() throws {
        let server = try TestServer(events: 1) { $0.bufferBytesMax = 10_000 }
        let flood = try RawClient(path: server.path)
        // Every line is answered by an error frame that is larger, and the answers are not read.
        let lines = [UInt8](repeating: 0x0A, count: 1) + [UInt8](repeating: 0x78, count: 1)
        let flooding = (0..<200_000).reduce(into: [UInt8]()) { bytes, _ in bytes += lines }
        var sent = 0
        #expect(flood.sendUntilHeldUp(flooding, &sent))
        #expect(sent < flooding.count)
        let client = try server.connect()
        try client.say(#"{"op":"echo"}"#)
        #expect(try client.line()?.contains("echo") == true)
    }

    @Test func manyLinesAtOnceAreAllAnsweredInOrder() throws {
        let server = try TestServer()
        let client = try RawClient(path: server.path)
        let sender = WorkerThread(name: "sender") {
            client.send((0..<5_000).map { "{\"op\":\"echo\",\"ref\":\($0)}\n" }.joined())
            client.endWriting()
        }
        let lines = client.text().split(separator: "\n").dropFirst()
        sender.join()
        #expect(lines.count == 5_000)
        for (number, line) in lines.enumerated() where !line.contains("\"ref\":\(number),") {
            Issue.record("\(number): \(line)")
            break
        }
    }

    @Test func moreConnectionsThanAllowedAreToldSo() async throws {
        let server = try TestServer { $0.connectionsMax = 3 }
        var clients = try (0..<3).map { _ in try server.connect() }
        #expect(await eventually { server.server.connections == 3 })
        let refused = try TestClient(path: server.path)
        let lines = try refused.rest()
        #expect(lines.count == 1 && lines.first?.contains(#""code":"too_many_connections""#) == true)
        clients.removeLast()
        #expect(await eventually { server.server.connections == 2 })
        _ = try server.connect()
    }

    @Test func moreConnectionsOfOneUserThanAllowedAreToldSo() throws {
        let server = try TestServer { $0.connectionsPerUserMax = 2 }
        let clients = try (0..<2).map { _ in try server.connect() }
        let refused = try TestClient(path: server.path)
        #expect(try refused.line()?.contains(#""code":"too_many_connections_of_user""#) == true)
        _ = clients
    }

    @Test func theDefaultsOfTheLimitsAreThoseOfTheProtocol() {
        let limits = EventStreamLimits()
        #expect(limits.connectionsMax == 1024 && limits.connectionsPerUserMax == 256)
        #expect(limits.pendingCommandsMax == 64 && limits.bufferBytesMax == 256 * 1024)
        #expect(limits.firstLineTime == .seconds(1) && limits.heartbeatInterval == .seconds(15))
        #expect(limits.stallTime == .seconds(60))
    }
}
