/// What is done, when a journal is opened, about bytes that are no event.
package enum RecoveryPolicy: String, CaseIterable, Sendable {
    /// They are moved into quarantine, and every valid line stays.
    case keepValid = "keep-valid"
    /// The journal is not opened, and nothing is changed.
    case strict
}

extension Recovery.Finding {
    /// Why a strict recovery does not go on; `nil` when nothing would be cut or moved.
    var strictRefusal: JournalError? {
        let places = scans.flatMap { scan in scan.bad.map { (scan.segment.name.fileName, $0.range) } }
        guard let (segment, range) = places.first else { return nil }
        let others = places.count == 1 ? "" : " (and at \(places.count - 1) more places)"
        return JournalError(
            .needsRepair,
            "\(segment) holds \(range.count) bytes at offset \(range.lowerBound) that are no event\(others), and "
                + "strict recovery moves nothing; see 'falconer journal repair --dry-run' for what would be done"
        )
    }
}
