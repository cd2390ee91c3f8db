/// A promise that was broken, by its number in the fault tests' oracle.
package struct Violation: Error, Equatable, Sendable, CustomStringConvertible {
    /// Which promise.
    package enum Promise: String, Sendable {
        /// Every acknowledged event is there, once, with its id.
        case acknowledgedStays = "I1"
        /// Every line is whole, and ids rise by one or are covered by a gap.
        case sequenceIsWhole = "I2"
        /// An event that a reader saw is still there with its id, and no id means two things.
        case seenStays = "I3"
        /// Nothing is there that nobody sent.
        case nothingIsInvented = "I4"
        /// A reader goes on where it stopped.
        case readersResume = "I5"
        /// The journal starts, and answers.
        case starts = "I6"
        /// The bytes are those that were sent.
        case bytesAreKept = "I7"
        /// After a failed sync nothing is acknowledged.
        case poisonIsFinal = "I8"
        /// What was cut out of a segment is in quarantine.
        case cutsAreKept = "quarantine"
    }

    /// Which promise.
    package let promise: Promise
    /// What was found.
    package let finding: String

    init(_ promise: Promise, _ finding: String) {
        self.promise = promise
        self.finding = finding
    }

    package var description: String { "\(promise.rawValue): \(finding)" }
}
