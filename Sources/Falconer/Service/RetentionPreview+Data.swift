package import Journal
package import Logging
package import Posix
package import SystemPackage

extension RetentionPreview {
    /// What limits would do to the data of a service at its next start, with all that the service itself still needs.
    ///
    /// - Parameters:
    ///   - data: The service's data folder.
    ///   - limits: The limits to try.
    ///   - now: The wall clock's time.
    ///   - logger: Where failures to read are told.
    /// - Returns: What would go; nil when there is no journal.
    /// - Throws: `JournalError` when a file cannot be read.
    package static func of(
        data: FilePath,
        limits: RetentionLimits,
        now: WallTime = .now,
        logger: Logger
    ) throws(JournalError) -> RetentionPreview? {
        var state = StartState()
        let directory = data.appending("journal")
        guard let inspection = try JournalInspection.open(directory: directory) else { return nil }
        for segment in try inspection.segments() {
            _ = try inspection.inspect(segment, 0..<segment.bytes) { piece in
                if case .line(let event, _) = piece { state.apply(EventSummary(event)) }
            }
        }
        return try of(
            directory: directory,
            limits: limits,
            now: now,
            logger: logger,
            replay: { _ in },
            holds: { state.book.holds }
        )
    }
}
