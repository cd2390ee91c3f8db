import Threading

extension Journal {
    /// Stores an event, and says when it is on disk.
    ///
    /// Never blocks. A refusal is told on the calling thread before this returns; all else on the journal's thread, in
    /// the order of ids, after the sync that covers the event. The completion must be short and must not wait.
    package func append(_ draft: EventDraft, completion: @escaping @Sendable (AppendOutcome) -> Void) {
        let append = PendingAppend(
            event: EncodedEvent(draft, source: source),
            time: draft.time,
            isBeginning: draft.type == .submissionCreated,
            arrival: clock.now(),
            completion: completion
        )
        let (refusal, wakes) = queue.withLock { $0.admit(append) }
        if wakes { queue.notifyOne() }
        if let refusal { completion(.failed(refusal)) }
    }

    /// Stores an event and waits until it is on disk; not to be called from a completion or an observer.
    ///
    /// - Returns: Its id.
    /// - Throws: Why it was not stored.
    package func appendAndWait(_ draft: EventDraft) throws(JournalFailure) -> UInt64 {
        let answer = Monitor<AppendOutcome?>(nil)
        append(draft) { outcome in
            answer.withLock { $0 = outcome }
            answer.notifyOne()
        }
        switch answer.wait(until: { $0 != nil }, { $0 }) {
        case .durable(let id): return id
        case .failed(let failure): throw failure
        case nil: preconditionFailure("an event was waited for and has no outcome")
        }
    }
}
