/// Why an emulator did not start.
package struct EmulatorStartFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// What did not work, from a fixed list.
    package enum Part: String, Sendable, CaseIterable {
        /// An address cannot be listened on.
        case listen
        /// The keys file cannot be read, is malformed, or cannot be written.
        case keys
        /// The certificate cannot be made or written.
        case certificate
        /// Random bytes or a connection's client cannot be had.
        case system
    }

    /// What did not work.
    package let part: Part
    /// Why, in one line.
    package let description: String
    /// What to do next.
    package let advice: String?

    init(_ part: Part, _ description: String, advice: String? = nil) {
        self.part = part
        self.description = description
        self.advice = advice
    }
}
