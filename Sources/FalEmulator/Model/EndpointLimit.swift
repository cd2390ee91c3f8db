/// How many requests of some endpoints are in progress at once, written `PATTERN=COUNT`.
package struct EndpointLimit: Equatable, Sendable {
    /// The largest limit.
    package static let concurrencyMax = 100_000

    private let pattern: WildcardPattern
    /// How many; at least 1.
    package let concurrency: Int

    /// Reads `xai/*=1`.
    ///
    /// - Throws: ``ScenarioError`` when it is not of that form, or its number not from 1 to ``concurrencyMax``.
    package init(_ text: String) throws(ScenarioError) {
        let parts = text.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let count = Int(parts[1]), (1...Self.concurrencyMax).contains(count)
        else {
            let form = "PATTERN=COUNT, such as xai/*=1, with a count from 1 to \(Self.concurrencyMax)"
            throw ScenarioError(.unknownValue, text, known: [form])
        }
        pattern = WildcardPattern(String(parts[0]))
        concurrency = count
    }

    /// Whether it holds for an endpoint.
    func matches(_ endpoint: String) -> Bool { pattern.matches(endpoint) }
}
