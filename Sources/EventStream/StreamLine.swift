import JSONText

/// A line of the server, understood.
package enum StreamLine: Equatable, Sendable {
    /// An event; the line is the journal's own.
    case event(EventAttributes)
    /// The server's first words; `last` is one less than `first` when there are no events.
    case hello(source: String, first: UInt64, last: UInt64)
    /// Everything durable up to that event is sent, or does not pass the filter.
    case caughtUp(UInt64)
    /// An event for a consumer that acknowledges each; `number` says how often it was delivered, this time included.
    case delivery(UInt64, number: Int)
    /// An acknowledgement is on disk.
    case acked(UInt64)
    /// An event was parked, and why.
    case dead(UInt64, message: String)
    /// Nothing has happened; `last` is where the subscriber is.
    case heartbeat(last: UInt64)
    /// The filter has looked at everything up to that event.
    case position(UInt64)
    /// Events that are no longer kept.
    case gap(from: UInt64, to: UInt64)
    /// An answer to a command, of which there is more when it says so.
    case reply(op: String, hasMore: Bool)
    /// Something went wrong; `op` is the command's, if it was one.
    case error(code: String, message: String, op: String?)
    /// The server ends the connection; `id` is where a subscriber goes on.
    case bye(code: String, id: UInt64?, message: String)
    /// A frame that a later version may send, to be passed over.
    case other(frame: String)

    /// Reads a line without its line feed.
    ///
    /// - Throws: ``EventStreamClientError/malformedLine`` when it is neither an event nor a frame.
    package init(_ line: [UInt8]) throws(EventStreamClientError) {
        // An event may be large, and its first bytes say that it is one.
        if JournalLines.id(in: line, at: 0) != nil {
            guard let event = EventAttributes(line: line) else { throw .malformedLine }
            self = .event(event)
            return
        }
        let frame = try FrameReader(line)
        switch try frame.text("frame") {
        case "hello":
            self = .hello(source: try frame.text("source"), first: try frame.id("first"), last: try frame.id("last"))
        case "caught_up": self = .caughtUp(try frame.id("id"))
        case "delivery": self = .delivery(try frame.id("id"), number: try frame.number("delivery"))
        case "acked": self = .acked(try frame.id("id"))
        case "dead": self = .dead(try frame.id("id"), message: try frame.text("message"))
        case "heartbeat": self = .heartbeat(last: try frame.id("last"))
        case "position": self = .position(try frame.id("id"))
        case "gap": self = .gap(from: try frame.id("from"), to: try frame.id("to"))
        case "reply": self = .reply(op: try frame.text("op"), hasMore: frame.isTrue("more"))
        case "error":
            self = .error(code: try frame.text("code"), message: try frame.text("message"), op: try? frame.text("op"))
        case "bye":
            self = .bye(code: try frame.text("code"), id: try? frame.id("id"), message: try frame.text("message"))
        case let other: self = .other(frame: other)
        }
    }
}

/// The members of a frame.
private struct FrameReader {
    private let line: [UInt8]
    private let members: JSONObjectMembers

    init(_ line: [UInt8]) throws(EventStreamClientError) {
        self.line = line
        do throws(JSONTextError) {
            members = try JSONText.members(of: line.span, depthMax: JSONText.envelopeDepthMax)
        } catch {
            throw .malformedLine
        }
    }

    func text(_ name: String) throws(EventStreamClientError) -> String {
        guard let value = members.value(of: name) else { throw .malformedLine }
        do throws(JSONTextError) {
            return try JSONText.string(value, in: line.span)
        } catch {
            throw .malformedLine
        }
    }

    func id(_ name: String) throws(EventStreamClientError) -> UInt64 {
        guard let id = EventID.parse(try text(name)) else { throw .malformedLine }
        return id
    }

    func number(_ name: String) throws(EventStreamClientError) -> Int {
        guard let value = members.value(of: name), let number = JSONText.integer(value, in: line.span) else {
            throw .malformedLine
        }
        return number
    }

    func isTrue(_ name: String) -> Bool {
        members.value(of: name).flatMap { JSONText.boolean($0, in: line.span) } ?? false
    }
}
