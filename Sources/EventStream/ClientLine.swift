import JSONText

/// A line of a client, understood as far as the stream has to.
enum ClientLine: Equatable, Sendable {
    /// Begin to send events.
    case subscribe(SubscriptionRequest)
    /// A command for somebody else; `reference` is the client's `ref` as raw JSON, empty for none.
    case command(op: String, reference: [UInt8])

    /// Something about a named consumer.
    case consumer(ConsumerOperation, op: String, reference: [UInt8])

    /// The most bytes of a client's `ref`, quotes included.
    static let referenceBytesMax = 256

    /// Reads a line.
    ///
    /// - Parameters:
    ///   - line: The bytes without the line feed.
    ///   - operations: The commands there are, beside `subscribe`.
    /// - Throws: ``Refusal`` with what to send back.
    init(_ line: [UInt8], operations: Set<String>) throws(Refusal) {
        let span = line.span
        let members = try Self.members(of: span)
        var reference: [UInt8] = []
        var op: String?
        do throws(Refusal) {
            reference = try Self.reference(members, in: span)
            let known = try Self.op(members, in: span)
            op = known
            guard !members.hasRepeatedName else {
                throw Refusal(.badOption, "an option occurs twice: give each once")
            }
            if known == "subscribe" {
                self = .subscribe(try SubscriptionRequest(members, in: span))
            } else if operations.contains(known) {
                self = .command(op: known, reference: reference)
            } else if ConsumerOperation.names.contains(known) {
                self = .consumer(try ConsumerOperation(known, members, in: line), op: known, reference: reference)
            } else {
                let all = (operations.sorted() + ["subscribe"] + ConsumerOperation.names).joined(separator: ", ")
                // What the client wrote is not repeated: it may be a megabyte.
                op = nil
                throw Refusal(.unknownOp, "there is no such \"op\"; there is \(all)")
            }
        } catch {
            var refusal = error
            refusal.op = op
            refusal.reference = reference
            throw refusal
        }
    }

    private static func members(of line: Span<UInt8>) throws(Refusal) -> JSONObjectMembers {
        do throws(JSONTextError) {
            return try JSONText.members(of: line, depthMax: JSONText.envelopeDepthMax)
        } catch {
            throw Refusal(
                .badJSON,
                "a line has to be one JSON object with an \"op\", {\"op\":\"subscribe\"}: "
                    + "\(error.code.rawValue) at byte \(error.offset)"
            )
        }
    }

    private static func op(_ members: JSONObjectMembers, in line: Span<UInt8>) throws(Refusal) -> String {
        do throws(JSONTextError) {
            if let value = members.value(of: "op") { return try JSONText.string(value, in: line) }
        } catch {
            // Said below, as of a line without any.
        }
        throw Refusal(.badJSON, "the object needs an \"op\" that is a string, {\"op\":\"subscribe\"}")
    }

    private static func reference(_ members: JSONObjectMembers, in line: Span<UInt8>) throws(Refusal) -> [UInt8] {
        guard let value = members.value(of: "ref") else { return [] }
        guard value.kind == .string || value.kind == .number, value.range.count <= referenceBytesMax else {
            throw Refusal(.badOption, "\"ref\" has to be a string or a number of at most \(referenceBytesMax) bytes")
        }
        return value.range.map { line[$0] }
    }
}
