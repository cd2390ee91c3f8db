import Journal

/// What a verification of a journal came to.
package struct Verification: Equatable, Sendable {
    /// Ids that are missing because a start put their bytes into quarantine; known, and no failure.
    package struct QuarantinedGap: Equatable, Sendable {
        /// The ids.
        package let ids: ClosedRange<UInt64>
        /// The quarantined files that they may be in.
        package let files: [String]
    }

    /// How many segments were read.
    package internal(set) var segments = 0
    /// How many segments were gone before they were read.
    package internal(set) var segmentsGone = 0
    /// How many valid lines there are.
    package internal(set) var events = 0
    /// How many bytes they have.
    package internal(set) var bytes = 0
    /// How many signatures were verified again.
    package internal(set) var signatures = 0
    /// The first and the last id.
    package internal(set) var ids: ClosedRange<UInt64>?
    /// How often each kind of failure was found.
    package internal(set) var counts: [VerificationFailure.Kind: Int] = [:]
    /// The first failures, in order.
    package internal(set) var failures: [VerificationFailure] = []
    /// What is missing and accounted for.
    package internal(set) var quarantinedGaps: [QuarantinedGap] = []
    /// Bytes at the end that the running service is still writing; no failure.
    package internal(set) var bytesBeingWritten = 0

    /// How many failures there are, shown or not.
    package var failureCount: Int { counts.values.reduce(0, +) }
}
