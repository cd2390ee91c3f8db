/// The answer to a request for a result.
struct ResultView: Equatable, Sendable {
    /// A header of the answer.
    struct Header: Equatable, Sendable {
        /// Its name.
        let name: String
        /// Its value.
        let value: String

        /// Writes one down.
        init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The HTTP status.
    var status: Int
    /// The JSON body.
    var body: [UInt8]
    /// The headers besides the usual ones.
    var headers: [Header] = []

    /// There is no such request.
    static let notFound = ResultView(
        status: 404,
        body: JSONTree.object([("status", .string("NOT_FOUND"))]).compact
    )

    /// It is not over yet.
    static let inProgress = ResultView(
        status: 400,
        body: JSONTree.object([("detail", .string("Request is still in progress"))]).compact
    )
}
