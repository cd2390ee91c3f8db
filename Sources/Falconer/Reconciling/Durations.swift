/// How long the requests of each endpoint take, as learned from those that have ended.
package struct Durations: Sendable {
    /// The most endpoints that are remembered; for others the start values hold.
    package static let endpointsMax = 1_000
    /// A result of this many bytes is kept for about six minutes, a smaller one for about an hour
    /// (https://fal.ai/docs/inference-api/queue/result).
    package static let largeResultBytes = 10 * 1024

    private struct Learned: Sendable {
        var mean: Int64?
        var isLarge = false
    }

    private var learned: [String: Learned] = [:]

    /// Nothing learned yet.
    package init() {}

    /// How long a request of the endpoint takes, microseconds; nil when none has ended yet.
    package func expected(_ endpoint: String) -> Int64? { learned[endpoint]?.mean }

    /// Whether the endpoint's last result was one of those that expire early.
    package func isLarge(_ endpoint: String) -> Bool { learned[endpoint]?.isLarge ?? false }

    /// Takes in that a request of the endpoint took so many microseconds; the newest four or so count.
    package mutating func learn(_ endpoint: String, took duration: Int64) {
        change(endpoint) { learned in
            let duration = max(0, duration)
            learned.mean = learned.mean.map { $0 + (duration - $0) / 4 } ?? duration
        }
    }

    /// Takes in how large a result of the endpoint was.
    package mutating func learn(_ endpoint: String, resultBytes: Int) {
        change(endpoint) { $0.isLarge = resultBytes >= Self.largeResultBytes }
    }

    private mutating func change(_ endpoint: String, _ body: (inout Learned) -> Void) {
        guard learned[endpoint] != nil || learned.count < Self.endpointsMax else { return }
        body(&learned[endpoint, default: Learned()])
    }
}
