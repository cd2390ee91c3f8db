import FoundationEssentials
import Testing

@testable import EventStream
@testable import Falconer

/// The page and the schema of the socket's protocol name everything that the code has.
@Suite struct ProtocolPageTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path()

    private static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: root + path)), as: UTF8.self)
    }

    private let page: String
    private let schema: String

    init() throws {
        page = try Self.text("Sources/Falconer/Falconer.docc/SocketProtocol.md")
        schema = try Self.text("deploy/protocol/socket.schema.json")
    }

    /// What follows a text in the sources of a folder, up to the next quotation mark.
    private static func words(behind prefix: String, in folder: String) throws -> Set<String> {
        var words: Set<String> = []
        for name in try FileManager.default.contentsOfDirectory(atPath: root + folder) {
            guard name.hasSuffix(".swift") else {
                if !name.contains(".") { words.formUnion(try Self.words(behind: prefix, in: "\(folder)/\(name)")) }
                continue
            }
            for part in try text("\(folder)/\(name)").split(separator: prefix).dropFirst() {
                words.insert(String(part.prefix { $0 != "\"" }))
            }
        }
        return words
    }

    private func expectNamed(_ words: some Collection<String>, inSchema: Bool = true) {
        #expect(!words.isEmpty)
        #expect(words.filter { !page.contains("`\($0)`") } == [], "not on the page")
        #expect(words.filter { inSchema && !schema.contains("\"\($0)\"") } == [], "not in the schema")
    }

    @Test func everyErrorCodeIsThere() throws {
        expectNamed(StreamErrorCode.allCases.map(\.rawValue))
        expectNamed(try Self.words(behind: "fail(code: \"", in: "Sources/Falconer/Commands"))
        expectNamed(try Self.words(behind: "Refusal(code: \"", in: "Sources/Falconer/Commands"))
    }

    @Test func everyFrameAndEveryCodeOfByeIsThere() throws {
        let frames = try Self.words(behind: "FrameWriter(\"", in: "Sources/EventStream")
        #expect(frames.isSuperset(of: ["hello", "caught_up", "delivery", "gap", "bye"]))
        expectNamed(frames)
        expectNamed(try Self.words(behind: " code: \"", in: "Sources/EventStream"))
    }

    @Test func everyOpIsThere() throws {
        expectNamed(["subscribe"] + ConsumerOperation.names)
        let line = try #require(
            try Self.text("Sources/Falconer/Commands/Commands.swift").split(separator: "\n")
                .first { $0.contains("let operations") }
        )
        expectNamed(line.split(separator: "\"").enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) })
    }

    @Test func everyOptionOfASubscriptionIsThere() throws {
        let refusal = #expect(throws: Refusal.self) {
            _ = try ClientLine(Array(#"{"op":"subscribe","none":1}"#.utf8), operations: [])
        }
        let options = (refusal?.message ?? "").split(separator: "it has ").last?.split(separator: ", ").map(String.init)
        expectNamed(try #require(options))
    }

    @Test func everyStateOfASubmissionIsThere() {
        expectNamed(SubmissionState.allCases.map(\.rawValue))
    }

    @Test func theSchemasLimitsAreTheCodes() {
        let day = Int(ConsumerSettings.ackWaitMax.components.seconds)
        for rule in [
            "\"maximum\": \(ConsumerSettings.inFlightMax)", "\"maximum\": \(ConsumerSettings.deliveriesMax)",
            "\"exclusiveMinimum\": 0, \"maximum\": \(day)", "\"minLength\": 1, \"maxLength\": \(Glob.bytesMax)",
            "\"maxLength\": \(ConsumerOperation.reasonBytesMax)", "\"maxLength\": \(SubmitCommand.tagBytesMax)",
            "{0,\(ConsumerName.bytesMax - 1)}",
        ] {
            #expect(schema.filter { !$0.isWhitespace }.contains(rule.filter { !$0.isWhitespace }) == true, "\(rule)")
        }
        #expect(schema.contains("\"maxItems\": \(EventFilter.typesMax)"))
    }

    @Test func thePagesLimitsAreTheCodes() {
        let limits = EventStreamLimits()
        for text in [
            "at most \(limits.commandLineBytesMax >> 20) MiB", "\(limits.inputBytesMax >> 20) MiB of lines",
            "\(limits.replyBytesMax >> 20) MiB of replies", "of commands, \(limits.pendingCommandsMax) are",
            "there are \(limits.connectionsPerUserMax) of", "nothing for \(limits.stallTime.components.seconds) s",
            "least every \(limits.heartbeatInterval.components.seconds) s", "there are \(EventFeeder.readersMax) |",
            "at most \(ClientLine.referenceBytesMax) bytes",
        ] {
            #expect(page.contains(text), "\(text)")
        }
        #expect(Consumer.parkedMax == 10_000 && page.contains("holds 10,000 parked"))
        #expect(limits.connectionsMax == 1_024 && page.contains("there are 1,024"))
        #expect(limits.consumersMax == 1_000 && page.contains("| there are 1,000 |"))
    }
}
