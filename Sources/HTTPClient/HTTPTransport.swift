/// Something that sends a request and waits for the answer.
///
/// ``HTTPClient`` and ``HTTPClientPool`` are; and a test's own that never touches a network.
package protocol HTTPTransport: AnyObject, Sendable {
    /// Sends a request at most once and waits for the whole answer, whatever its status.
    ///
    /// Blocks the thread; never called on Swift's cooperative pool.
    ///
    /// - Throws: ``HTTPClientError`` when there is no complete answer.
    func send(_ request: HTTPRequest) throws(HTTPClientError) -> HTTPResponse

    /// Ends what is under way and refuses everything from now on, with errors of kind `cancelled`; from any thread.
    func cancel()
}
