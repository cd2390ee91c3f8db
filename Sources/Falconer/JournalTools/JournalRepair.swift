package import Journal
package import Logging
package import SystemPackage

/// The repair of a journal outside of a service: what every start does, and no more.
package enum JournalRepair {
    /// Takes the lock, repairs, and lets go of the journal again.
    ///
    /// - Parameters:
    ///   - directory: The folder with the segments.
    ///   - logger: Where it is told what was put into quarantine.
    /// - Returns: What is still to be repaired; empty unless the disk did not let it be done.
    /// - Throws: ``JournalError``, `locked` naming the process that has the journal.
    package static func run(_ directory: FilePath, logger: Logger) throws -> [PlannedRepair] {
        var options = JournalOptions(newSource: try newSource())
        // A start believes the index of a sealed segment; whoever repairs wants every byte looked at.
        options.usesIndexes = false
        let journal = try Journal.open(
            directory: directory,
            options: options,
            logger: logger
        )
        journal.close()
        return try JournalInspection.open(directory: directory)?.plannedRepairs() ?? []
    }
}
