/// Why the service did not start.
package struct ServiceStartFailure: Error, CustomStringConvertible {
    /// Which part.
    package enum Part: String, Sendable {
        /// The data folder or the journal in it.
        case storage
        /// The data folder is another process's.
        case inUse
        /// The hook's listener.
        case hook
        /// The event stream's socket.
        case socket
        /// A setting that contradicts another.
        case setting
    }

    /// Which part.
    package let part: Part
    /// What happened.
    package let description: String
    /// What to do about it.
    package let advice: String?

    init(_ part: Part, _ description: String, advice: String? = nil) {
        self.part = part
        self.description = description
        self.advice = advice
    }
}
