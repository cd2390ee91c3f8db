import Logging
import Posix
import Threading

/// A journal that is locked and read, and repaired if the disk let it be; not yet written to.
struct JournalOpening {
    /// How far it came.
    enum Standing {
        /// All is well.
        case recovered(Recovery.Result)
        /// It can be read; there was no room for the rest.
        case waiting(Recovery.Finding, Impairment)
        /// It can be read, and that is all.
        case readable(Recovery.Finding, Impairment)
    }

    let directory: JournalDirectory
    let recovery: Recovery
    let lock: (any File)?
    let standing: Standing
    let source: String

    /// Makes what is missing, takes the lock, and recovers.
    init(
        directory path: String,
        options: JournalOptions,
        fileSystem: any FileSystem,
        logger: Logger,
        replay: (EventSummary) -> Void
    ) throws(JournalError) {
        directory = JournalDirectory(fileSystem: fileSystem, path: path)
        recovery = Recovery(
            fileSystem: fileSystem,
            directory: path,
            seenSequence: options.seenSequence,
            usesIndexes: options.usesIndexes,
            threads: options.recoveryThreads,
            logger: logger
        )
        let obstacle: Impairment?
        (lock, obstacle) = try directory.takeOver()
        let identity = try directory.identity()
        let finding: Recovery.Finding
        do throws(SystemCallError) { finding = try recovery.find(replay) } catch { throw JournalError(error) }
        if options.recovery == .strict, let refusal = finding.strictRefusal { throw refusal }
        // The name is part of every line, so a lost file is no loss.
        let found = finding.firstSource.flatMap { JournalDirectory.isSource($0) ? $0 : nil }
        source = identity ?? found ?? options.newSource
        if let impairment = obstacle ?? finding.unreadable.map({ .readOnly($0) }) {
            guard identity != nil || found != nil else { throw JournalError(impairment.error) }
            standing = .readable(finding, impairment)
            return
        }
        var settled = finding
        do throws(SystemCallError) {
            let result = try recovery.settle(&settled)
            if identity == nil { try directory.setIdentity(source) }
            standing = .recovered(result)
        } catch {
            guard identity != nil || found != nil, let impairment = Impairment(error) else { throw JournalError(error) }
            switch impairment {
            case .readOnly: standing = .readable(settled, impairment)
            // What has to be moved stands in the way of every reader, who would have to be told where it went.
            case .noRoom where !settled.needsCutsOnly: throw JournalError(error)
            case .noRoom: standing = .waiting(settled, impairment)
            }
        }
    }

    /// What was recovered, where all is well.
    var recovered: Recovery.Result? {
        if case .recovered(let result) = standing { result } else { nil }
    }

    /// What can be read.
    var catalog: Catalog {
        switch standing {
        case .recovered(let result): result.catalog
        case .waiting(let finding, _), .readable(let finding, _): finding.catalog
        }
    }

    /// Why it is not written to, if so.
    var impairment: Impairment? {
        switch standing {
        case .recovered: nil
        case .waiting(_, let impairment), .readable(_, let impairment): impairment
        }
    }

    /// Recovers, if it can be done now; waits for room where that is what is missing, until the queue is closed.
    ///
    /// - Returns: What was recovered, and what to write to; `nil` when it came to nothing.
    func recover(
        _ queue: Monitor<AppendQueue>,
        _ catalog: Monitor<Catalog>,
        pause: Duration,
        logger: Logger
    ) -> Recovery.Result? {
        switch standing {
        case .recovered(let result): return result
        case .readable:
            queue.wait(until: { $0.state == .closing }, { _ in })
            return nil
        case .waiting(let finding, _):
            var finding = finding
            while true {
                let isClosing = queue.wait(atMost: pause, until: { $0.state == .closing }) { $1 }
                if isClosing { return nil }
                do throws(SystemCallError) {
                    let result = try recovery.settle(&finding)
                    try directory.setIdentity(source)
                    catalog.withLock { $0 = result.catalog }
                    queue.withLock { $0.reopen() }
                    logger.notice("the journal has room again, and takes events")
                    return result
                } catch {
                    guard case .noRoom = Impairment(error) else {
                        // Nobody waits: all that came was refused.
                        _ = queue.withLock { $0.poison(failing: 0) }
                        logger.critical(
                            "the journal could not be recovered; check the disk and start again",
                            metadata: ["error": "\(error)"]
                        )
                        return nil
                    }
                }
            }
        }
    }
}

extension JournalOpening {
    /// What writes to the new segment.
    func committer(
        _ recovered: Recovery.Result,
        catalog: Monitor<Catalog>,
        options: JournalOptions,
        clock: JournalClock,
        logger: Logger,
        onSealed: @escaping @Sendable (SegmentName) -> Void = { _ in }
    ) -> Committer {
        Committer(
            fileSystem: directory.fileSystem,
            directory: directory.path,
            active: recovered.active,
            nextID: recovered.catalog.last + 1,
            catalog: catalog,
            options: options,
            clock: clock,
            logger: logger,
            onSealed: onSealed
        )
    }
}

extension JournalDirectory {
    /// Makes what is missing and takes the lock; where nothing can be written, as much of it as can be done.
    fileprivate func takeOver() throws(JournalError) -> (lock: (any File)?, obstacle: Impairment?) {
        do throws(SystemCallError) {
            try make()
        } catch {
            guard case .readOnly(let cause) = Impairment(error) else { throw JournalError(error) }
            return (try lockWithoutWriting(), .readOnly(cause))
        }
        do throws(JournalError) {
            return (try lock(), nil)
        } catch {
            guard let cause = error.cause, case .readOnly = Impairment(cause) else { throw error }
            return (try lockWithoutWriting(), .readOnly(cause))
        }
    }
}
