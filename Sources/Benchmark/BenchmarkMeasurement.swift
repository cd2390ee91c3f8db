/// What one run of a benchmark came to.
package protocol BenchmarkMeasurement: Sendable {
    /// The figures as one JSON object.
    var json: [UInt8] { get }
}

/// Why there is no figure.
package struct BenchmarkFailure: Error, CustomStringConvertible {
    /// What happened.
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
