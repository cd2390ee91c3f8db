import TestSupport
import Testing

/// What the hook refuses for its size or its slowness: at the limit, and one past it.
@Suite(.blocking) struct HookLimitTests {
    @Test func aBodyOfTheLimitIsStoredAndOneByteMoreIs413() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory, ["--body-bytes-max", "2000"])
        for chunk in [nil, 1, 1_999, 2_000, 2_001] {
            let name = "chunk-\(chunk ?? 0)"
            let fitting = try Delivery.ofBodyBytes(2_000, name)
            let larger = try Delivery.ofBodyBytes(2_001, "\(name)+")
            #expect(fitting.body.count == 2_000)
            #expect(larger.body.count == 2_001)
            #expect(try service.deliver(chunk.map(fitting.chunked) ?? fitting).status == 200, "\(name)")
            #expect(try service.deliver(chunk.map(larger.chunked) ?? larger).status == 413, "\(name)")
        }
        #expect(try service.journalLines.count == 5)
    }

    @Test func theDefaultLimitOfABodyIs8MiB() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        #expect(try service.deliver(Delivery.ofBodyBytes(8 << 20, "largest")).id == "1")
        #expect(try service.deliver(Delivery.ofBodyBytes(8 << 20 + 1, "over")).status == 413)
        let line = try #require(try service.journalLines.first)
        #expect(line.utf8.count > 8 << 20)
    }

    @Test(arguments: ["2001", "9223372036854775807", "18446744073709551615", "18446744073709551616"])
    func aBodyOverTheLimitIsRefusedBeforeItIsSent(length: String) async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory, ["--body-bytes-max", "2000"])
        let connection = try service.connect()
        connection.send("POST /fal HTTP/1.1\r\nHost: hook\r\nContent-Length: \(length)\r\n\r\n")
        var reader = RawResponseReader(connection)
        let status = try reader.next().status
        #expect(status == 413 || (status == 400 && length.count == 20))
        #expect(connection.isClosed())
    }

    @Test func anEndlessChunkedBodyIsCut() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory, ["--body-bytes-max", "2000"])
        let connection = try service.connect()
        connection.send("POST /fal HTTP/1.1\r\nHost: hook\r\nTransfer-Encoding: chunked\r\n\r\n")
        let chunk = Array("10000\r\n".utf8) + [UInt8](repeating: 0x61, count: 0x10000) + Array("\r\n".utf8)
        var sent = 0
        while sent < 1_000, connection.send(chunk) { sent += 1 }
        #expect(sent < 1_000, "64 MB of a body over the limit were taken")
        #expect(try service.storesTheNext() == "1")
    }

    @Test(arguments: [1_024, 5_000, 16_384])
    func aHeadOfTheLimitIsTakenAndOneByteMoreIs431(limit: Int) async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory, ["--header-bytes-max", "\(limit)"])
        for (excess, status) in [(0, 200), (1, 431), (2, 431), (100, 431)] {
            let delivery = try Delivery("head-\(excess)")
            // The empty line at the end does not count, and the field is a line of its own.
            let used = delivery.head.count - 2 + "X-Padding: \r\n".utf8.count
            let padding = String(repeating: "p", count: limit - used + excess)
            #expect(try service.deliver(delivery.adding("X-Padding", padding)).status == status, "limit + \(excess)")
        }
        // Many small fields count as much as a large one.
        var many = try Delivery("many")
        while many.head.count - 2 <= limit { many = many.adding("X", "") }
        #expect(try service.deliver(many).status == 431)
        #expect(try service.storesTheNext() == "2")
    }

    @Test func aHeadWithoutEndIsRefusedAndTakesNoMemory() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        for start in ["", "POST /fal HTTP/1.1\r\n", "POST /fal HTTP/1.1\r\nX-Long: ", "POST /fal/"] {
            let connection = try service.connect()
            connection.send(start)
            let block = [UInt8](repeating: 0x61, count: 1 << 16)
            var sent = 0
            while sent < 1_000, connection.send(block) { sent += 1 }
            #expect(sent < 1_000, "64 MB of a head were taken after \(start.debugDescription)")
        }
        #expect(try service.storesTheNext() == "1")
    }

    @Test func aLongTargetIs431Or414() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let answer = try service.get("/fal/" + String(repeating: "t", count: 40_000))
        #expect([414, 431].contains(answer.status))
        #expect(try service.storesTheNext() == "1")
    }

    @Test(arguments: ["head", "body", "chunks"])
    func aDrippedRequestIsClosedByItsDeadline(part: String) async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory, ["--request-deadline", "1"])
        let delivery = try Delivery("dripped", text: String(repeating: "x", count: 4_000))
        let bytes = part == "chunks" ? delivery.chunked(1).bytes : delivery.bytes
        let split = part == "head" ? 40 : delivery.head.count
        let connection = try service.connect()
        connection.send(bytes.prefix(split))
        try #expect(drip(bytes.dropFirst(split), on: connection, within: .seconds(8)))
        #expect(try service.storesTheNext() == "1")
    }

    @Test func aDrippedRequestLineIsClosedByTheIdleTime() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory, ["--idle-timeout", "1"])
        let connection = try service.connect()
        let line = "POST /fal/" + String(repeating: "t", count: 4_000)
        try #expect(drip(Array(line.utf8)[...], on: connection, within: .seconds(8)))
        let silent = try service.connect()
        #expect(silent.isClosed())
        #expect(try service.storesTheNext() == "1")
    }

    /// Sends a byte every 50 ms; whether the service closed the connection before the end, and not at once.
    private func drip(_ bytes: ArraySlice<UInt8>, on connection: RawConnection, within limit: Duration) throws -> Bool {
        let start = ContinuousClock.now
        for byte in bytes {
            guard start.duration(to: .now) < limit else { return false }
            connection.send([byte])
            do {
                // Nothing is expected; the wait is the pace.
                if try connection.read(within: .milliseconds(50)).isEmpty {
                    return start.duration(to: .now) > .milliseconds(700)
                }
            } catch RawConnection.Failure.timedOut {
                continue
            }
        }
        return false
    }

    @Test func whoAsksForLeaveToSendTheBodyGetsIt() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        for (number, asking) in try [Delivery("asked"), Delivery("asked-in-chunks").chunked(50)].enumerated() {
            let connection = try service.connect()
            connection.send(asking.adding("Expect", "100-continue").head)
            var reader = RawResponseReader(connection)
            #expect(try reader.next().status == 100)
            connection.send(asking.framedBody)
            #expect(try reader.next().id == "\(number + 1)")
        }
    }

    @Test func whoAsksForLeaveAndWouldBeRefusedIsRefusedAtOnce() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory, ["--body-bytes-max", "2000"])
        let refused: [(Delivery, Int)] = try [
            (Delivery.ofBodyBytes(2_001, "large"), 413), (Delivery("lost").to("/elsewhere"), 404),
            (Delivery("health").to("/healthz"), 405),
        ]
        for (delivery, status) in refused {
            let connection = try service.connect()
            connection.send(delivery.adding("Expect", "100-continue").head)
            var reader = RawResponseReader(connection)
            #expect(try reader.next().status == status)
        }
        #expect(try service.storesTheNext() == "1")
    }

    @Test func oneConnectionMoreThanAnAddressMayHaveIsClosedAndTheOthersGoOn() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory, ["--connections-per-address-max", "5"])
        let bytes = try Delivery("kept").bytes
        // The probe for readiness may still be open for a moment.
        let isOverLimit = try await eventually {
            let connections = try (0..<5).map { _ in try service.connect() }
            let answers = connections.map { connection -> Int? in
                connection.send(bytes)
                var reader = RawResponseReader(connection)
                return try? reader.next().status
            }
            guard answers == [Int?](repeating: 200, count: 5) else { return false }
            let sixth = try service.connect()
            sixth.send(bytes)
            return sixth.isClosed()
        }
        #expect(isOverLimit)
    }
}
