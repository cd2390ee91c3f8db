import Glibc

/// What an event says happened: one of the fixed list of the design.
package struct EventType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The CloudEvents `type`, `fal.request.succeeded`.
    package let rawValue: String

    /// A type by its name; a journal written by a later version may hold names that are not in ``known``.
    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// A submission was recorded and is about to be sent.
    package static let submissionCreated = EventType(rawValue: "fal.submission.created")
    /// The submission is about to leave: from here on nobody can know that it did not arrive, until a later event says.
    package static let submissionSending = EventType(rawValue: "fal.submission.sending")
    /// The submission certainly did not arrive, or was turned away for now, and will be sent again.
    package static let submissionWaiting = EventType(rawValue: "fal.submission.waiting")
    /// The submission was taken by fal.
    package static let submissionAccepted = EventType(rawValue: "fal.submission.accepted")
    /// The submission was refused by fal, or is invalid.
    package static let submissionRefused = EventType(rawValue: "fal.submission.refused")
    /// The reply was lost after the body was sent.
    package static let submissionUncertain = EventType(rawValue: "fal.submission.uncertain")
    /// The run was told to stop by fal; its end is still to come.
    package static let submissionCancelling = EventType(rawValue: "fal.submission.cancelling")
    /// A cancellation was confirmed by fal.
    package static let submissionCancelled = EventType(rawValue: "fal.submission.cancelled")
    /// The submission is not known to fal, or its result expired.
    package static let submissionLost = EventType(rawValue: "fal.submission.lost")
    /// A request ended well.
    package static let requestSucceeded = EventType(rawValue: "fal.request.succeeded")
    /// A request ended badly.
    package static let requestFailed = EventType(rawValue: "fal.request.failed")
    /// A second, different outcome arrived for a request.
    package static let requestConflict = EventType(rawValue: "fal.request.conflict")
    /// A result file was downloaded.
    package static let mediaSaved = EventType(rawValue: "fal.media.saved")
    /// A result file could not be downloaded, and will not be tried again.
    package static let mediaFailed = EventType(rawValue: "fal.media.failed")

    /// Every type that this version writes.
    package static let known: [EventType] = [
        submissionCreated, submissionSending, submissionWaiting, submissionAccepted, submissionRefused,
        submissionUncertain, submissionCancelling, submissionCancelled,
        submissionLost, requestSucceeded, requestFailed, requestConflict, mediaSaved, mediaFailed,
    ]

    /// The type of some name, the known ones without making a text.
    init(interning name: ArraySlice<UInt8>) {
        // The length first: it tells most of them apart, and a start asks this of every line.
        self =
            Self.known.first { $0.rawValue.utf8.count == name.count && $0.isExactly(name) }
            ?? EventType(rawValue: String(decoding: name, as: UTF8.self))
    }

    private func isExactly(_ name: ArraySlice<UInt8>) -> Bool {
        let isSame = unsafe rawValue.utf8.withContiguousStorageIfAvailable { own in
            unsafe name.withUnsafeBytes { other in
                guard let own = own.baseAddress, let other = other.baseAddress else { return name.isEmpty }
                return unsafe memcmp(own, other, name.count) == 0
            }
        }
        return isSame ?? rawValue.utf8.elementsEqual(name)
    }

    package var description: String { rawValue }
}

/// From where the outcome of a request became known.
package struct EventOrigin: RawRepresentable, Hashable, Sendable {
    /// The attribute `origin`.
    package let rawValue: String

    /// An origin by its name.
    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// A verified delivery to the hook.
    package static let webhook = EventOrigin(rawValue: "webhook")
    /// An answer of fal's queue.
    package static let queue = EventOrigin(rawValue: "queue")
}
