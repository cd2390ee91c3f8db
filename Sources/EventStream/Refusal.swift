/// Why a line of a client is not carried out: an `error` frame to be.
struct Refusal: Error, Equatable, Sendable {
    let code: StreamErrorCode
    /// What is wrong and what to do.
    let message: String
    var op: String?
    /// The client's `ref` as raw JSON.
    var reference: [UInt8] = []
    /// A JSON object with what else belongs into the frame.
    var details: [UInt8] = []

    init(_ code: StreamErrorCode, _ message: String, details: [UInt8] = []) {
        self.code = code
        self.message = message
        self.details = details
    }

    var frame: [UInt8] {
        Frames.error(code: code.rawValue, message: message, op: op, reference: reference, details: details)
    }
}
