import JSONText
import Webhook

/// Whether a webhook's body and an outcome that was fetched say the same of a request.
///
/// They are never the same bytes: the envelope differs, and a webhook's JSON has its keys sorted. So what is compared is
/// how it ended and, of a request that went well, the payload as a JSON value. A failure is worded differently by the two
/// ways, so two failures are the same. A body without its payload (`payload_error`) contradicts nothing.
package enum SameOutcome {
    /// Compares two bodies in the form of a webhook's; one that cannot be read is the same as none.
    package static func holds(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        guard let first = try? WebhookBody(parsing: one.span), let second = try? WebhookBody(parsing: other.span) else {
            return false
        }
        if first.needsResult || second.needsResult { return true }
        guard first.status == second.status else { return false }
        guard first.status == .ok, let payload = first.payload, let otherPayload = second.payload else { return true }
        return isEqual(payload, in: one, otherPayload, in: other)
    }

    /// Recurses no deeper than ``JSONText/JSONText/depthMax``, which both texts were found to keep.
    private static func isEqual(
        _ one: JSONValueSlice,
        in text: [UInt8],
        _ other: JSONValueSlice,
        in otherText: [UInt8]
    ) -> Bool {
        guard one.kind == other.kind else { return false }
        let (bytes, otherBytes) = (text[one.range], otherText[other.range])
        if bytes == otherBytes { return true }
        switch one.kind {
        case .null, .boolean: return false
        case .number:
            let number = Double(String(decoding: bytes, as: UTF8.self))
            // Beyond 2^53 different integers are the same Double.
            guard let number, abs(number) < 9e15 else { return false }
            return number == Double(String(decoding: otherBytes, as: UTF8.self))
        case .string:
            guard let string = try? JSONText.string(one, in: text.span) else { return false }
            return (try? JSONText.string(other, in: otherText.span)) == string
        case .array:
            guard let elements = try? JSONText.elements(of: one, in: text.span),
                let others = try? JSONText.elements(of: other, in: otherText.span), elements.count == others.count
            else { return false }
            return zip(elements, others).allSatisfy { isEqual($0, in: text, $1, in: otherText) }
        case .object:
            guard let members = try? JSONText.members(of: one, in: text.span),
                let others = try? JSONText.members(of: other, in: otherText.span), members.count == others.count,
                !members.hasRepeatedName, !others.hasRepeatedName
            else { return false }
            let named = Dictionary(others.map { ($0.name, $0.value) }) { first, _ in first }
            return members.allSatisfy { member in
                named[member.name].map { isEqual(member.value, in: text, $0, in: otherText) } ?? false
            }
        }
    }
}
