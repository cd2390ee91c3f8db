/// Whether a request to the queue carries a key, as fal's gateway looks at it; every well-formed key is a valid one here.
enum Authorization {
    /// Why a request is refused, in fal's words (observed in public issue reports).
    enum Refusal: String {
        case noUser = "No user found for Key ID and Secret"
        case malformed = "Invalid Key Authorization header format. Expected '<key_id>:<key_secret>'."
    }

    /// Checks a header's value.
    ///
    /// - Parameter header: The value of `Authorization`: `Key id:secret`, or `Bearer token` as of `fal auth login`.
    /// - Returns: Why the request is refused; nil when it is not.
    static func refusal(of header: String?) -> Refusal? {
        guard let header else { return .noUser }
        let parts = header.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return .malformed }
        switch parts[0].lowercased() {
        case "bearer":
            return nil
        case "key":
            let key = parts[1].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return key.count == 2 && !key[0].isEmpty && !key[1].isEmpty ? nil : .malformed
        default:
            return .noUser
        }
    }
}
