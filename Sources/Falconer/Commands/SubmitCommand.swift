import FalQueue
import JSONText

/// A client's wish to submit, read and checked before anything is recorded.
struct SubmitCommand {
    /// The longest tag, bytes.
    static let tagBytesMax = 256
    /// The length of the SHA-256 of a model's document, hexadecimal digits.
    static let checkedAgainstBytes = 64

    /// What is wrong with a wish: a code, what to do about it, and the input's problems if it is about those.
    struct Refusal: Error {
        let code: String
        let message: String
        var problems: [InputProblem] = []

        /// The members that go into the error frame.
        var details: [UInt8] {
            guard !problems.isEmpty else { return [] }
            var writer = JSONObjectWriter()
            writer.member("problems", array: problems.map(\.json))
            return writer.bytes
        }
    }

    let endpoint: EndpointID
    let input: [UInt8]
    let tag: String?
    /// What fal is told besides the input.
    let options: SubmitOptions
    /// What makes it the same submission when it is asked for again.
    let key: IdempotencyKey?
    /// The folder that the files of its result are wanted in.
    let download: String?
    /// The SHA-256 of the model's document that the client has checked the input against.
    private(set) var checkedAgainst: String?
    /// What may not do what was meant, and is sent all the same.
    private(set) var warnings: [InputProblem]
    /// Whether nothing here says what the model takes, and the client has not checked the input either.
    let needsDocument: Bool

    /// Reads the line of a `submit` command.
    init(line: [UInt8]) throws(Refusal) {
        let members: JSONObjectMembers
        do {
            members = try JSONText.members(of: line.span)
        } catch {
            throw Refusal(code: "bad_request", message: "the command is not a JSON object")
        }
        guard let text = try Self.string("endpoint", members, line) else {
            throw Refusal(code: "bad_request", message: "\"endpoint\" is missing; give a fal endpoint id")
        }
        do {
            endpoint = try EndpointID.parse(text)
        } catch {
            throw Refusal(code: "bad_endpoint", message: "\(error)")
        }
        guard let slice = members.value(of: "input"), slice.kind == .object else {
            throw Refusal(code: "bad_request", message: "\"input\" must be the model's input, a JSON object")
        }
        input = Array(line[slice.range])
        tag = try Self.string("tag", members, line)
        guard (tag?.utf8.count ?? 0) <= Self.tagBytesMax else {
            throw Refusal(code: "bad_request", message: "\"tag\" may have \(Self.tagBytesMax) bytes at most")
        }
        key = try Self.key(members, line)
        options = try Self.options(members, line)
        download = try Self.string("download", members, line)
        guard download.map({ DownloadConfiguration.isFolder($0) }) ?? true else {
            throw Refusal(
                code: "bad_request",
                message: "\"download\" must be the absolute path of a folder, without . and .. and of "
                    + "\(DownloadConfiguration.folderBytesMax) bytes at most"
            )
        }
        checkedAgainst = try Self.string("checked_against", members, line)
        guard checkedAgainst.map(Self.isDigest) ?? true else {
            throw Refusal(code: "bad_request", message: "\"checked_against\" must be a SHA-256, 64 lower-case digits")
        }
        // What a client has checked by other means, it says; whether it is an object was looked at above.
        let isChecked = members.value(of: "check").flatMap { JSONText.boolean($0, in: line.span) } ?? true
        needsDocument = isChecked && checkedAgainst == nil && ModelCatalog.schema(of: endpoint) == nil
        let problems = isChecked ? ModelCatalog.check(endpoint, input) : []
        warnings = problems.filter { $0.severity == .warning }
        try Self.refuse(problems)
    }

    /// The same, its input checked against the model's own document.
    ///
    /// - Throws: ``Refusal`` when the input must not be sent.
    func checked(against known: ModelDocumentMemory.Known) throws(Refusal) -> SubmitCommand {
        let problems = known.document.problems(in: input)
        try Self.refuse(problems)
        var command = self
        command.checkedAgainst = known.digest
        command.warnings += problems.filter { $0.severity == .warning }
        return command
    }

    /// The same, with a warning that its input was not checked.
    func unchecked(because error: ModelDocumentError) -> SubmitCommand {
        var command = self
        command.warnings.append(.notChecked(endpoint, because: error))
        return command
    }

    private static func refuse(_ problems: [InputProblem]) throws(Refusal) {
        let errors = problems.filter { $0.severity == .error }
        if let first = errors.first {
            throw Refusal(code: "invalid_input", message: "\(first)", problems: errors)
        }
    }

    private static func isDigest(_ text: String) -> Bool {
        text.utf8.count == checkedAgainstBytes
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }

    private static func options(_ members: JSONObjectMembers, _ line: [UInt8]) throws(Refusal) -> SubmitOptions {
        guard let slice = members.value(of: "options"), slice.kind != .null else { return SubmitOptions() }
        do {
            return try SubmitOptions(json: Array(line[slice.range]))
        } catch {
            throw Refusal(code: "bad_request", message: "\(error)")
        }
    }

    private static func key(_ members: JSONObjectMembers, _ line: [UInt8]) throws(Refusal) -> IdempotencyKey? {
        guard let text = try string("idempotency_key", members, line) else { return nil }
        guard let key = IdempotencyKey(text) else {
            throw Refusal(
                code: "bad_request",
                message: "\"idempotency_key\" must have 1 to \(IdempotencyKey.bytesMax) bytes"
            )
        }
        return key
    }

    private static func string(
        _ name: String,
        _ members: JSONObjectMembers,
        _ line: [UInt8]
    ) throws(Refusal) -> String? {
        guard let slice = members.value(of: name), slice.kind != .null else { return nil }
        do {
            return try JSONText.string(slice, in: line.span)
        } catch {
            throw Refusal(code: "bad_request", message: "\"\(name)\" must be a string")
        }
    }
}

extension InputProblem {
    /// The problem as an object of a reply.
    var json: [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("field", field)
        writer.member("message", message)
        writer.member("allowed", allowed)
        return writer.bytes
    }
}
