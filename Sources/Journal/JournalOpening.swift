import Logging
import Posix
import Threading

/// A journal that is locked, repaired and read, and not yet written to.
struct JournalOpening {
    let directory: JournalDirectory
    let lock: any File
    let recovered: Recovery.Result
    let source: String

    /// Makes what is missing, takes the lock, and recovers.
    init(
        directory path: String,
        options: JournalOptions,
        fileSystem: any FileSystem,
        logger: Logger,
        replay: (EventLine) -> Void
    ) throws(JournalError) {
        directory = JournalDirectory(fileSystem: fileSystem, path: path)
        do throws(SystemCallError) { try directory.make() } catch { throw JournalError(error) }
        lock = try directory.lock()
        let identity = try directory.identity()
        let recovery = Recovery(
            fileSystem: fileSystem,
            directory: path,
            seenSequence: options.seenSequence,
            logger: logger
        )
        do throws(SystemCallError) {
            recovered = try recovery.run(replay)
            if let identity {
                source = identity
            } else {
                // The name is part of every line, so a lost file is no loss.
                source = recovered.firstSource.flatMap { JournalDirectory.isSource($0) ? $0 : nil } ?? options.newSource
                try directory.setIdentity(source)
            }
        } catch {
            throw JournalError(error)
        }
    }

    /// What writes to the new segment.
    func committer(
        catalog: Monitor<Catalog>,
        options: JournalOptions,
        clock: JournalClock,
        logger: Logger
    ) -> Committer {
        Committer(
            fileSystem: directory.fileSystem,
            directory: directory.path,
            active: recovered.active,
            nextID: recovered.catalog.last + 1,
            catalog: catalog,
            options: options,
            clock: clock,
            logger: logger
        )
    }
}
