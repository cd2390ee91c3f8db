import Crypto
import JSONText
import Journal
import Posix
import Webhook

/// What can be said of one event by itself: its envelope, its journal, and its signature.
struct EventCheck: Sendable {
    /// What is wrong with an event.
    struct Problem: Equatable, Sendable {
        let kind: VerificationFailure.Kind
        let detail: String
    }

    /// The journal's name; `nil` when its file is missing, and then any will do.
    let source: String?
    /// The keys that deliveries may be signed with; `nil` when signatures are not looked at.
    let keySets: [KeySet]?

    /// The first thing that is wrong; `nil` when nothing is.
    func problem(with line: EventLine) -> Problem? {
        envelopeProblem(line) ?? (isSigned(line) ? signatureProblem(line) : nil)
    }

    /// Whether the signature of an event is looked at.
    func isSigned(_ line: EventLine) -> Bool {
        keySets != nil && line.rawBytes(.origin).elementsEqual("webhook".utf8)
    }

    private func envelopeProblem(_ line: EventLine) -> Problem? {
        let bytes = line.bytes
        guard (try? JSONText.validate(bytes.span, depthMax: JSONText.envelopeDepthMax)) != nil else {
            return Problem(kind: .notAnEvent, detail: "the checksum is right, and the line is not JSON")
        }
        guard line.text(.time).flatMap({ WallTime(rfc3339: $0) }) != nil else {
            return Problem(kind: .notAnEvent, detail: "it has no time")
        }
        let name = line.rawBytes(.source)
        if let source, !name.elementsEqual(source.utf8) {
            let other = String(decoding: name.prefix(64), as: UTF8.self)
            return Problem(kind: .otherJournal, detail: "its source is \(other), and this journal is \(source)")
        }
        if line.dataForm == .base64, line.data == nil {
            return Problem(kind: .notAnEvent, detail: "its data_base64 is not base 64")
        }
        return nil
    }

    /// Verifies a delivery again, from nothing but the stored bytes; how long ago it came does not matter.
    private func signatureProblem(_ line: EventLine) -> Problem? {
        guard let data = line.data else {
            return Problem(kind: .unsigned, detail: "a delivery without a body")
        }
        do throws(WebhookRejection) {
            let headers = try WebhookHeaders { name in
                line.text(name.attribute).map { .once(Array($0.utf8)[...]) } ?? .none
            }
            let message = headers.signedMessage(bodyDigest: SHA256.digest(data.span))
            for keySet in keySets ?? [] {
                if keySet.isValidSignature(headers.signature.span, for: message.span) { return nil }
            }
            return Problem(
                kind: .unknownKey,
                detail:
                    "no key of the set made its signature: the key is no longer in the set, or the event was changed "
                    + "and its checksum made to fit"
            )
        } catch {
            return Problem(
                kind: .unsigned,
                detail: "a delivery whose \(error.header?.attributeName ?? "signature") is missing or malformed"
            )
        }
    }
}

extension WebhookHeaderName {
    /// Where the journal keeps the header.
    fileprivate var attribute: EventAttribute {
        switch self {
        case .requestID: .subject
        case .userID: .falUserID
        case .timestamp: .falTimestamp
        case .signature: .falSignature
        }
    }

    fileprivate var attributeName: String { "\(attribute.name)" }
}
