import Crypto
import FalQueue
import JSONText
import Journal
import Posix

/// An outcome that was fetched from the queue, in the form of a webhook's body.
///
/// Whoever listens needs one reader for both origins: the result stands in `payload`, byte for byte, `status` is `OK` or
/// `ERROR`, and `http_status` says what the result was answered with.
struct FetchedOutcome: Sendable {
    /// fal's id of the request.
    let requestID: String
    /// Whether it went well.
    let isSuccess: Bool
    /// The data of its event.
    let data: EventData

    /// What makes it the same as another one that was fetched.
    var receipt: Receipt { Receipt(requestID: requestID, bodyDigest: SHA256.digest(data.bytes.span)) }

    /// The outcome that a result is.
    ///
    /// - Parameters:
    ///   - result: What fal has stored.
    ///   - run: What the status said of the end, if it was asked for.
    ///   - requestID: fal's id of the request.
    init?(_ result: QueueResult, _ run: CompletedRun?, requestID: String) {
        // A server's error may be the gateway's own and pass; the status says when it is the run's.
        let isFinal = result.status < 500 && result.status != 408
        guard result.isSuccess || isFinal || run?.error != nil else { return nil }
        let error = run?.error?.message ?? (result.isSuccess ? nil : "Invalid status code: \(result.status)")
        self.init(
            requestID: requestID,
            isSuccess: result.isSuccess && run?.error == nil,
            payload: result.body,
            error: error,
            httpStatus: result.status
        )
    }

    /// The outcome of a run that failed and of which nothing but its status is left.
    init(failed error: FalError, requestID: String) {
        self.init(
            requestID: requestID,
            isSuccess: false,
            payload: nil,
            error: error.message ?? "failed",
            httpStatus: nil
        )
    }

    private init(requestID: String, isSuccess: Bool, payload: [UInt8]?, error: String?, httpStatus: Int?) {
        self.requestID = requestID
        self.isSuccess = isSuccess
        let isJSON = payload.map { (try? JSONText.validate($0.span)) != nil } ?? false
        var writer = JSONObjectWriter()
        writer.member("request_id", requestID)
        writer.member("status", isSuccess ? "OK" : "ERROR")
        if let payload, isJSON {
            writer.member("payload", json: payload)
        } else {
            writer.member("payload", json: "null".utf8)
        }
        writer.member("error", error)
        if payload != nil, !isJSON { writer.member("payload_error", "the result is not JSON") }
        writer.member("http_status", httpStatus)
        data = EventData(writer.bytes)
    }

    /// The event it becomes.
    func event(_ submission: SubmissionID?, _ details: SubmissionDetails?, isConflict: Bool) -> EventDraft {
        let type: EventType =
            isConflict ? .requestConflict : isSuccess ? .requestSucceeded : .requestFailed
        var draft = EventDraft(type: type, time: .now, data: data)
        draft.subject = requestID
        draft.submission = submission?.text
        draft.endpoint = details?.endpoint
        draft.origin = .queue
        draft.tag = details?.tag
        return draft
    }
}
