/// An answer whose bytes are laid out once, for any number of requests on any loop.
@safe
package final class PreparedResponse: @unchecked Sendable {  // the library counts references under its own lock.
    /// The status code.
    package let status: Int
    private let staying: LibraryResponse
    private let closing: LibraryResponse

    /// Lays an answer out; nil when there is no memory or a field cannot be sent.
    package init?(status: Int, headers: HeaderFields = [:], body: [UInt8] = []) {
        guard let staying = LibraryResponse.make(headers: headers, body: body, closes: false),
            let closing = LibraryResponse.make(headers: headers, body: body, closes: true)
        else { return nil }
        self.status = status
        self.staying = staying
        self.closing = closing
    }

    /// The answer in one of its two forms; `closes` ends the connection after it.
    func withResponse<Result>(closes: Bool, _ body: (borrowing LibraryResponse) -> Result) -> Result {
        closes ? body(closing) : body(staying)
    }
}
