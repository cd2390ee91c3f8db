/// Takes an answer's body piece by piece instead of keeping it in memory.
///
/// Called by ``HTTPClient/receive(_:into:)`` on the thread that calls it, and only while it runs.
package protocol HTTPResponseSink: AnyObject {
    /// Sees the head of the answer, once and before any of the body.
    ///
    /// - Parameters:
    ///   - status: The status code.
    ///   - headers: The header fields.
    /// - Returns: Whether it wants the body; without it the exchange ends.
    func begin(status: Int, headers: HTTPHeaders) -> Bool

    /// Takes the next bytes of the body.
    ///
    /// - Returns: Whether it wants more; without it the exchange ends.
    func take(_ bytes: [UInt8]) -> Bool
}
