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
        return try of(
            directory: data.appending("journal"),
            limits: limits,
            now: now,
            logger: logger,
            replay: { state.apply($0) },
            holds: { state.book.holds }
        )
    }
}
