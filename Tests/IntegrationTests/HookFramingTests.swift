import Crypto
import Posix
import TestSupport
import Testing

/// Requests that come in pieces, in heaps, in part, or in a form that two parsers read differently.
@Suite(.blocking) struct HookFramingTests {
    @Test(arguments: [false, true])
    func aRequestSplitAtAnyByteIsTheSameRequest(isChunked: Bool) async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let delivery = try Delivery("split")
        let bytes = isChunked ? delivery.chunked(9).bytes : delivery.bytes
        let splits = Array(1..<bytes.count)
        // In groups, so that the service has read the first part of each before the second comes.
        for start in stride(from: 0, to: splits.count, by: 200) {
            let group = splits[start..<min(start + 200, splits.count)]
            let connections = try group.map { split in
                let connection = try service.connect()
                connection.send(bytes.prefix(split))
                return connection
            }
            for (connection, split) in zip(connections, group) { connection.send(bytes.dropFirst(split)) }
            for (connection, split) in zip(connections, group) {
                var reader = RawResponseReader(connection)
                let answer = try reader.next()
                #expect(answer.status == 200 && answer.id == "1", "split at \(split)")
            }
        }
        #expect(try service.journalLines.count == 1)
    }

    @Test func aRequestSentByteByByteIsStored() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let connection = try service.connect()
        for byte in try Delivery("bytes").chunked(3).bytes { connection.send([byte]) }
        var reader = RawResponseReader(connection)
        #expect(try reader.next().id == "1")
    }

    @Test func deliveriesInOneSegmentAreAnsweredInOrder() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let deliveries = try [
            Delivery("one"), Delivery("two").chunked(20), Delivery("forged", key: HookRefusalTests.stranger),
            Delivery("three"), Delivery("one"), Delivery("four").to("/fal/token"),
        ]
        let connection = try service.connect()
        connection.send(deliveries.flatMap(\.bytes))
        var reader = RawResponseReader(connection)
        var answers: [Service.Response] = []
        for _ in deliveries { answers.append(try reader.next()) }
        #expect(answers.map(\.status) == [200, 200, 401, 200, 200, 200])
        #expect(answers.map(\.word) == ["stored", "stored", "unauthorized", "stored", "duplicate", "stored"])
        #expect(answers.map(\.id) == ["1", "2", nil, "3", "1", "4"])
        #expect(try service.events().map { $0["subject"]?.string } == ["one", "two", "three", "four"])
    }

    @Test func hundredsOfDeliveriesInAPipelineAreAllAnsweredInOrder() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let deliveries = try (1...300).map { try Delivery("pipe-\($0)") }
        let connection = try service.connect()
        connection.send(deliveries.flatMap(\.bytes))
        connection.closeSending()
        var reader = RawResponseReader(connection)
        for number in 1...300 { #expect(try reader.next().id == "\(number)") }
        #expect(try reader.connectionIsAtItsEnd())
    }

    @Test(arguments: [false, true])
    func aRequestCutOffAtAnyByteIsNoEvent(isChunked: Bool) async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let delivery = try Delivery("cut")
        let bytes = isChunked ? delivery.chunked(9).bytes : delivery.bytes
        // In groups: the end of a connection whose last bytes came along with it may be seen a moment later.
        for start in stride(from: 0, to: bytes.count, by: 300) {
            let counts = start..<min(start + 300, bytes.count)
            let connections = try counts.map { count in
                let connection = try service.connect()
                connection.send(bytes.prefix(count))
                connection.closeSending()
                return connection
            }
            for (connection, count) in zip(connections, counts) {
                // The end of the answer, if there is one, says that the service has seen the end of the request.
                let answer = String(decoding: try connection.readToEnd(), as: UTF8.self)
                #expect(!answer.hasPrefix("HTTP/1.1 200"), "cut after \(count): \(answer)")
            }
        }
        #expect(try service.storesTheNext() == "1")
        #expect(try service.journalLines.count == 1)
    }

    @Test func aRequestCutOffByAResetIsNoEvent() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let bytes = try Delivery("reset").bytes
        for count in stride(from: 0, to: bytes.count, by: 5) {
            let connection = try service.connect()
            connection.send(bytes.prefix(count))
            connection.resetWhenClosed()
        }
        #expect(try service.storesTheNext() == "1")
        #expect(try service.journalLines.count == 1)
    }

    @Test func aSenderThatLeavesBeforeItsAnswerHasItsEventStored() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        for number in 0..<100 {
            let connection = try service.connect()
            connection.send(try Delivery("gone-\(number)").bytes)
            if number % 2 == 0 { connection.resetWhenClosed() }
        }
        // fal tries again: each is stored now, or was already, and never twice.
        for number in 0..<100 { #expect(try service.deliver(Delivery("gone-\(number)")).status == 200) }
        let subjects = try service.events().compactMap { $0["subject"]?.string }
        #expect(subjects.count == 100)
        #expect(Set(subjects).count == 100)
    }

    private static let ambiguous = [
        "Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5\r\nContent-Length: 6", "Content-Length: +5",
        "Content-Length: -5", "Content-Length: 5, 5", "Content-Length: 0x5", "Content-Length: ",
        "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: identity", "Transfer-Encoding: xchunked",
        "Content-Length : 5", "Transfer-Encoding : chunked",
    ]

    @Test func aBodyOfAmbiguousLengthIsRefusedAndTheConnectionClosed() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        for fields in Self.ambiguous {
            let connection = try service.connect()
            connection.send("POST /fal HTTP/1.1\r\nHost: hook\r\n\(fields)\r\n\r\n0\r\n\r\n")
            // What a second parser would take for a request of its own.
            connection.send(try Delivery("smuggled").bytes)
            let answer = String(decoding: (try? connection.readToEnd()) ?? [], as: UTF8.self)
            let isRefused = answer.hasPrefix("HTTP/1.1 400") || answer.hasPrefix("HTTP/1.1 501")
            #expect(answer.isEmpty || isRefused, "\(fields.debugDescription): \(answer)")
            #expect(!answer.contains(" 200 "), "\(fields.debugDescription)")
        }
        #expect(try service.storesTheNext() == "1")
    }

    private static let brokenChunks = [
        "-1\r\n", "g\r\n", "ffffffffffffffff\r\n", "fffffffffffffffff\r\n", "7fffffffffffffff\r\n", "\r\n",
        "5 5\r\nhello\r\n",
        "5\r\nhello world\r\n", "5;\u{0}\r\nhello\r\n",
    ]

    @Test func aBrokenChunkIsNoEventAndHurtsNobody() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let connections = try Self.brokenChunks.map { piece in
            let connection = try service.connect()
            connection.send(try Delivery("chunk").chunked(5).head)
            connection.send(piece)
            connection.closeSending()
            return connection
        }
        for (connection, piece) in zip(connections, Self.brokenChunks) {
            let answer = String(decoding: try connection.readToEnd(), as: UTF8.self)
            #expect(!answer.hasPrefix("HTTP/1.1 200"), "\(piece.debugDescription)")
        }
        #expect(try service.storesTheNext() == "1")
    }

    private static let garbage = [
        "", "\r\n", "\r\n\r\n\r\n\r\n", "\u{0}\u{0}\u{0}\u{0}\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\n: empty\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET / HTTP/1.1\r\n folded\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{FC}\u{3}\u{3}",
        "POST /fal HTTP/1.1\n\n",
        "GET http://hook/healthz HTTP/1.1\r\n\r\n", "CONNECT hook:443 HTTP/1.1\r\n\r\n",
        "POST /fal HTTP/1.1\r\nHost: hook\r\nX-Fal-Webhook-Request-Id: a\u{0}b\r\nContent-Length: 0\r\n\r\n",
    ]

    @Test func garbageHurtsNobody() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let connections = try Self.garbage.map { piece in
            let connection = try service.connect()
            connection.send(piece)
            connection.closeSending()
            return connection
        }
        for (connection, piece) in zip(connections, Self.garbage) {
            let answer = String(decoding: try connection.readToEnd(), as: UTF8.self)
            #expect(!answer.hasPrefix("HTTP/1.1 200"), "\(piece.debugDescription)")
        }
        #expect(try service.storesTheNext() == "1")
    }

    @Test func randomBytesHurtNobody() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let original = try Delivery("mutated").bytes
        var random = SeededGenerator(state: 20_261_122)
        let connections = try (0..<400).map { _ in
            let connection = try service.connect()
            connection.send(mutation(of: original, &random))
            connection.closeSending()
            return connection
        }
        for connection in connections { _ = try connection.readToEnd() }
        let next = try service.deliver(Delivery("after"))
        #expect(next.status == 200)
        // A mutation outside of what is signed leaves the delivery as it is; none makes another.
        #expect(try service.events().allSatisfy { ["mutated", "after"].contains($0["subject"]?.string) })
    }

    private func mutation(of original: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: place)
            default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
            }
        }
        return bytes
    }

    @Test func anOlderClientIsAnsweredAndTheConnectionClosed() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let head = String(decoding: try Delivery("old").head, as: UTF8.self)
        let connection = try service.connect()
        connection.send(head.replacing("HTTP/1.1", with: "HTTP/1.0"))
        connection.send(try Delivery("old").body)
        let answer = String(decoding: try connection.readToEnd(), as: UTF8.self)
        #expect(answer.contains(" 200 ") && answer.hasSuffix(#"{"status":"stored","id":"1"}"#))
    }
}

extension RawResponseReader {
    /// Whether nothing comes any more.
    fileprivate mutating func connectionIsAtItsEnd() throws -> Bool {
        do {
            _ = try next()
            return false
        } catch RawConnection.Failure.closed(let rest) {
            return rest.isEmpty
        }
    }
}

/// Randomness that is the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
