import FalQueue
import JSONText
import Journal

/// What follows from one attempt to send a submission.
enum SendOutcome: Sendable {
    /// Record this event; the attempt settled the matter for now.
    case settled(EventType, data: [UInt8], requestID: String?)
    /// Record that it waits, and send it again after this many microseconds at least.
    case again(data: [UInt8], atLeast: Int64)
    /// Record that it waits, and hold everything, for fal refuses the key and not the submission.
    case held(data: [UInt8], why: String)

    /// The code of a submission that waits because fal refuses the key.
    static let keyRefusedCode = "key_refused"

    /// Decides by what is known: what certainly did not arrive, or was turned away for now, is sent again; what fal
    /// refused is refused; what is refused for its key's sake is held; what may have arrived is uncertain and never
    /// re-sent blindly.
    init(_ outcome: SubmitOutcome) {
        switch outcome {
        case .accepted(let answer):
            self = .settled(.submissionAccepted, data: answer.body, requestID: answer.requestID)
        case .refused(let refusal) where refusal.isRetryable:
            self = .again(
                data: Self.data(code: "refused_for_now", message: refusal.message, status: refusal.status),
                atLeast: Int64(refusal.retryAfterSeconds ?? 0) * 1_000_000
            )
        case .refused(let refusal) where refusal.isOfKey:
            let why = "\(refusal.message); \(Self.whatToDo(refusal.status))"
            self = .held(data: Self.data(code: Self.keyRefusedCode, message: why, status: refusal.status), why: why)
        case .refused(let refusal):
            self = .settled(.submissionRefused, data: Self.data(refusal), requestID: nil)
        case .notSent(let failure):
            self = .again(
                data: Self.data(code: failure.code, message: failure.message, status: failure.status),
                atLeast: 0
            )
        case .uncertain(let failure):
            let data = Self.data(code: failure.code, message: failure.message, status: failure.status)
            self = .settled(.submissionUncertain, data: data, requestID: nil)
        }
    }

    /// The data of an event that says why a submission is where it is.
    static func data(code: String, message: String, status: Int? = nil) -> [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("code", code)
        writer.member("message", message)
        writer.member("status", status)
        return writer.bytes
    }

    private static func whatToDo(_ status: Int) -> String {
        status == 401
            ? "what is submitted is held: start the service with a key that is good (FAL_KEY, --fal-key-file)"
            : "what is submitted is held, and sent once fal takes it: see to the account's balance and what the key may do"
    }

    /// The data of an event that says which request a submission became, to be completed.
    static func found(_ requestID: String) -> JSONObjectWriter {
        var writer = JSONObjectWriter()
        writer.member("request_id", requestID)
        return writer
    }

    private static func data(_ refusal: SubmitRefusal) -> [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("status", refusal.status)
        writer.member("message", refusal.message)
        let isJSON = (try? JSONText.validate(refusal.body.span)) != nil
        if isJSON {
            writer.member("body", json: refusal.body)
        } else {
            writer.member("body", String(decoding: refusal.body.prefix(4_096), as: UTF8.self))
        }
        return writer.bytes
    }
}
