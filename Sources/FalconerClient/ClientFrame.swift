import JSONText

/// A line of the service, with its members at hand.
struct ClientFrame {
    let line: [UInt8]
    private let members: JSONObjectMembers

    /// Nil when the line is no JSON object.
    init?(_ line: [UInt8]) {
        self.line = line
        do throws(JSONTextError) {
            members = try JSONText.members(of: line.span, depthMax: JSONText.envelopeDepthMax)
        } catch {
            return nil
        }
    }

    /// Which frame it is; nil for an event.
    var kind: String? { text("frame") }

    /// A member that is a string.
    func text(_ name: String) -> String? {
        guard let value = members.value(of: name), value.kind == .string else { return nil }
        return try? JSONText.string(value, in: line.span)
    }

    /// A member that is an event's id.
    func id(_ name: String) -> UInt64? { text(name).flatMap { UInt64($0) } }

    /// A member that is a whole number.
    func number(_ name: String) -> Int? {
        members.value(of: name).flatMap { JSONText.integer($0, in: line.span) }
    }

    /// Where a member's value stands in the line.
    func range(_ name: String) -> Range<Int>? { members.value(of: name)?.range }
}
