import FoundationEssentials
import Glibc
import LoadGenerator
import Posix
import SystemPackage
import TestSupport
import Testing

/// Events over HTTP, read as a person would with curl, through the real binary.
@Suite(.blocking) struct HTTPEventsTests {
    private let directory = TemporaryDirectory()

    private var path: String { directory.file("http.sock").string }

    private func curl(_ query: String, _ options: [String] = []) throws -> ChildProcess {
        try ChildProcess(
            "/usr/bin/env",
            ["curl", "-sSN", "--max-time", "20", "--unix-socket", path, "http://localhost\(query)"] + options
        )
    }

    /// What curl printed until the answer ended.
    private func read(_ query: String, _ options: [String] = []) throws -> String {
        let process = try curl(query, options)
        #expect(process.waitForExit() == .code(0), "\(process.text(.standardError))")
        return process.text(.standardOutput)
    }

    private func service(events count: Int) async throws -> Service {
        let service = try await Service.ready(in: directory)
        try store(1...count, service)
        return service
    }

    private func store(_ numbers: ClosedRange<Int>, _ service: Service) throws {
        for number in numbers { #expect(try service.deliver(Delivery("request-\(number)")).status == 200) }
    }

    private func ids(_ lines: some StringProtocol) throws -> [String?] {
        try lines.split(separator: "\n").map { try object(String($0))["id"]?.string }
    }

    @Test func theWholeJournalComesAsItsOwnLinesAndEnds() async throws {
        let service = try await service(events: 20)
        let text = try read("/events")
        #expect(text.split(separator: "\n").map(String.init) == (try service.journalLines))
        #expect(try ids(try read("/events?after=18")) == ["19", "20"])
        #expect(try ids(try read("/events?from=first&count=2")) == ["1", "2"])
        #expect(try read("/events?after=20") == "")
        let head = try read("/events?after=20", ["-i"])
        #expect(head.hasPrefix("HTTP/1.1 200"))
        #expect(head.contains("application/x-ndjson"))
    }

    @Test func oneThatFollowsGetsWhatIsNewAndItsEndWhenTheServiceStops() async throws {
        let service = try await service(events: 2)
        let lines = try curl("/events?after=1&follow=1")
        let events = try curl("/events?follow=1&from=first", ["-H", "Accept: text/event-stream"])
        #expect(lines.line { $0.contains(#""id":"2""#) } != nil)
        #expect(events.line { $0 == "id: 2" } != nil)
        try store(3...4, service)
        #expect(lines.line { $0.contains(#""id":"4""#) } != nil)
        #expect(events.line { $0 == "id: 4" } != nil)
        #expect(service.stop() == .code(0))
        #expect(lines.waitForExit() == .code(0), "\(lines.text(.standardError))")
        #expect(events.waitForExit() == .code(0), "\(events.text(.standardError))")
        #expect(try ids(lines.text(.standardOutput)) == ["2", "3", "4"])
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func serverSentEventsCarryIdTypeAndLineAndGoOnBehindLastEventID() async throws {
        let service = try await service(events: 3)
        let text = try read("/events", ["-H", "Accept: text/event-stream", "-H", "Last-Event-ID: 1"])
        let line = try #require(try service.journalLines.last)
        #expect(text.contains("id: 3\nevent: fal.request.succeeded\ndata: \(line)\n\n"))
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("id: ") } == ["id: 2", "id: 3"])
        // What the browser has seen counts more than the address it began with.
        let again = try read(
            "/events?from=first",
            ["-H", "Accept: text/event-stream", "-H", "Last-Event-ID: 2", "-i"]
        )
        #expect(again.lowercased().contains("content-type: text/event-stream"))
        #expect(again.split(separator: "\n").filter { $0.hasPrefix("id: ") } == ["id: 3"])
    }

    @Test func filtersLookAtAttributes() async throws {
        let service = try await service(events: 2)
        let body = #"{"error":"x","payload":null,"request_id":"bad","status":"ERROR"}"#
        #expect(try service.deliver(Delivery("bad", body: Array(body.utf8))).status == 200)
        #expect(try ids(try read("/events?status=ERROR")) == ["3"])
        #expect(try ids(try read("/events?types=fal.request.s*,fal.media.*")) == ["1", "2"])
        #expect(try read("/events?tag=none") == "")
        #expect(try read("/events?endpoint=xai%2F*") == "")
    }

    @Test func aBadParameterIsAnsweredBy400ThatSaysWhatToDo() async throws {
        let service = try await service(events: 1)
        for (query, advice) in [
            ("after=x", "after=41"), ("after=1&from=first", "exclude"), ("from=yesterday", "2026-"),
            ("follow=maybe", "1 or 0"), ("types=", "fal.request.*"), ("status=FINE", "OK or ERROR"),
            ("count=0", "1 or more"), ("since=1", "there is after"), ("after=1&after=1", "twice"),
            ("after=99", "the last is 1"), ("source=urn:x", "another journal"),
        ] {
            let text = try read("/events?\(query)", ["-w", "%{http_code}"])
            #expect(text.hasSuffix("400"), "\(query)")
            #expect(text.contains("\"message\":"), "\(query)")
            #expect(text.contains(advice), "\(query): \(text)")
        }
        #expect(service.stop() == .code(0))
    }

    @Test func anythingElseIsNotThere() async throws {
        let service = try await service(events: 1)
        #expect(try read("/fal", ["-X", "POST", "-d", "x", "-w", "%{http_code}"]).hasSuffix("404"))
        #expect(try read("/events", ["-X", "POST", "-d", "x", "-w", "%{http_code}"]).hasSuffix("405"))
        #expect(try read("/events", ["-H", "Last-Event-ID: x", "-w", "%{http_code}"]).hasSuffix("400"))
        #expect(service.stop() == .code(0))
    }

    @Test func oneReaderTooManyIsTold503AndAnotherGetsThePlaceOfOneThatWent() async throws {
        let service = try await service(events: 1)
        var connections: [OwnedConnection] = []
        for _ in 0..<64 { connections.append(try OwnedConnection(path, "GET /events?follow=1&from=first")) }
        for connection in connections { #expect(connection.receives("\"id\":\"1\"")) }
        let refused = try read("/events?follow=1", ["-w", "%{http_code}"])
        #expect(refused.hasSuffix("503"))
        #expect(refused.contains("too_many_readers"))
        connections.removeLast()
        let isFree = try await eventually { try read("/events", ["-o", "/dev/null", "-w", "%{http_code}"]) == "200" }
        #expect(isFree)
        #expect(service.stop() == .code(0))
    }

    @Test func oneThatReadsNothingCostsNobodyAndGetsEverythingLater() async throws {
        let service = try await Service.ready(in: directory)
        let text = String(repeating: "z", count: 60_000)
        // More than the sockets' buffers and the stream's own take.
        for number in 1...40 { #expect(try service.deliver(Delivery("r-\(number)", text: text)).status == 200) }
        let slow = try OwnedConnection(path, "GET /events?from=first&follow=1")
        for number in 41...60 { #expect(try service.deliver(Delivery("r-\(number)", text: text)).status == 200) }
        #expect(try ids(try read("/events")).count == 60)
        // One event that is larger than what waits for a client at most.
        let large = try Delivery("large", text: String(repeating: "y", count: 3_000_000))
        #expect(try service.deliver(large).status == 200)
        #expect(try ids(try read("/events?after=60")) == ["61"])
        for number in 1...61 { #expect(slow.receives("\"id\":\"\(number)\""), "\(number)") }
    }

    @Test func itCanBeOffAndASecondServiceIsToldWhatToDo() async throws {
        let service = try Service(in: directory, ["--http-socket", "off"])
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(service.stop() == .code(0))
        let first = try await Service.ready(in: directory)
        let run = try Program.run([
            "serve", "--listen", "127.0.0.1:0", "--data", directory.file("other").string, "--socket",
            directory.file("second.sock").string, "--keys", directory.file("jwks.json").string, "--http-socket", path,
        ])
        #expect(run.exit == .code(5))
        #expect(run.error.contains("--http-socket"))
        #expect(try read("/events") == "")
        #expect(first.stop() == .code(0))
    }
}

/// A connection to a Unix socket that reads only when it is told to.
private final class OwnedConnection {
    private let descriptor: OwnedDescriptor
    private var text: [UInt8] = []

    init(_ path: String, _ request: String) throws {
        descriptor = try UnixSocket.connect(to: UnixSocketPath(path))
        let bytes = Array("\(request) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        _ = UnixSocket.send(bytes.span, to: descriptor.number)
    }

    /// Reads until some text has come, which is then forgotten with all that was before it.
    func receives(_ wanted: String) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        let deadline = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < deadline {
            if let range = text.firstRange(of: Array(wanted.utf8)) {
                text.removeSubrange(..<range.upperBound)
                return true
            }
            switch UnixSocket.receive(into: &chunk, from: descriptor.number) {
            case .bytes(let count): text.append(contentsOf: chunk[..<count])
            case .ended: return false
            case .wouldBlock:
                var entry = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
                _ = poll(&entry, 1, 100)
            }
        }
        return false
    }
}
