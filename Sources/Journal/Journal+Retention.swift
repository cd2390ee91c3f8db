package import Logging
package import Posix
import Threading

extension Journal {
    /// Begins to delete what is past the limits, and goes on until the journal is closed; a second call changes nothing.
    ///
    /// To be called once everybody who holds events is known to `holds`: until then nothing is deleted. Each deletion is
    /// logged. While a hold blocks, ``failure`` is ``JournalFailure/held``.
    ///
    /// - Parameters:
    ///   - limits: What is kept; without a limit nothing is ever deleted, and nothing begins.
    ///   - holds: Who needs which events now; called on a thread of the journal's own, often. It must not wait for an
    ///     event to be stored. An event that became durable has to be known to its holder before the completion of its
    ///     append returns.
    ///   - now: The wall clock.
    ///   - logger: Where deletions are told.
    package func keepWithin(
        _ limits: RetentionLimits,
        holds: @escaping @Sendable () -> [RetentionHold] = { [] },
        now: @escaping @Sendable () -> WallTime = { .now },
        logger: Logger
    ) {
        guard !limits.keepsEverything else { return }
        let loop = RetentionLoop(
            fileSystem: fileSystem,
            directory: directory,
            catalog: catalog,
            queue: queue,
            limits: limits,
            holds: holds,
            now: now,
            logger: logger
        )
        let isFirst = retention.withLock { keeper in
            guard keeper == nil else { return false }
            keeper = RetentionKeeper(loop)
            return true
        }
        guard isFirst, let bytesMax = limits.bytesMax else { return }
        onDurable { [catalog, retention] _ in
            guard catalog.withLock({ $0.bytes > bytesMax }) else { return }
            retention.withLock { $0 }?.reconsider()
        }
    }

    /// Has the limits looked at soon: a hold has moved.
    package func holdsMoved() {
        retention.withLock { $0 }?.reconsider()
    }

    /// What keeps the journal above its byte limit, if anything does.
    package var block: RetentionDecision.Block? {
        queue.withLock { $0.block }
    }
}
