package import Logging
package import Posix
package import SystemPackage

/// What limits would do to a journal at the next start with them.
package struct RetentionPreview: Sendable {
    /// Its segments, oldest first; the last one would be sealed by the start.
    package var segments: [RetentionSegment]
    /// What would go, and what would not and why.
    package var decision: RetentionDecision

    /// Reads a journal as it is, beside a running service or without one; changes nothing and takes no lock.
    ///
    /// - Parameters:
    ///   - directory: Where its files are.
    ///   - limits: The limits to try.
    ///   - now: The wall clock's time.
    ///   - fileSystem: The disk.
    ///   - logger: Where failures to read are told.
    ///   - replay: Called with a summary of every event, in order.
    ///   - holds: Who needs which events; called after the last event was replayed.
    /// - Returns: What would go; `nil` when there is no such folder.
    /// - Throws: ``JournalError`` when a file cannot be read.
    package static func of(
        directory: FilePath,
        limits: RetentionLimits,
        now: WallTime,
        fileSystem: any FileSystem = PosixFileSystem(),
        logger: Logger,
        replay: (EventSummary) -> Void,
        holds: () -> [RetentionHold]
    ) throws(JournalError) -> RetentionPreview? {
        guard let path = String(validating: directory) else {
            throw JournalError(
                .notText,
                "the path of the journal, \(directory), is not UTF-8; choose another directory"
            )
        }
        let recovery = Recovery(fileSystem: fileSystem, directory: path, seenSequence: 0, logger: logger)
        let finding: Recovery.Finding
        do throws(SystemCallError) {
            finding = try recovery.find(replay)
        } catch {
            if error.errno == .noSuchFileOrDirectory { return nil }
            throw JournalError(error)
        }
        if let unreadable = finding.unreadable { throw JournalError(unreadable) }
        let segments = finding.catalog.segments.compactMap { RetentionSegment($0) }
        let decision = Retention(limits: limits).decide(sealed: segments, activeBytes: 0, holds: holds(), now: now)
        return RetentionPreview(segments: segments, decision: decision)
    }
}
