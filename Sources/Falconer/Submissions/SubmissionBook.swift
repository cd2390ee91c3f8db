package import Journal

/// Every submission, as a fold over the journal's events.
///
/// A value without I/O: events go in, in the journal's order, and the entries are what they add up to. The same fold
/// runs at start over the whole journal and afterwards over each event once it is durable. It works on what an index
/// holds of an event, so no line is read for it; ``SubmissionDetails`` of the open ones are noted beside it.
package struct SubmissionBook: Sendable {
    /// Entries of a block; so many come at once, and none moves when there are more.
    private static let blockCount = 1_024

    private var blocks: [[SubmissionEntry]] = []
    private var ids = HashIndex()
    private var requests = HashIndex()
    private var open: [UInt32: SubmissionDetails?] = [:]

    /// A book without entries.
    package init() {}

    /// How many submissions the book holds.
    package var count: Int { ids.count }

    /// How many submissions are in each state that some are in.
    package var countsByState: [SubmissionState: Int] {
        entries.reduce(into: [:]) { $0[$1.state, default: 0] += 1 }
    }

    /// The memory that entries and indexes take, bytes; details of open ones are not counted.
    package var byteCount: Int {
        blocks.reduce(ids.byteCount + requests.byteCount) { $0 + $1.capacity * MemoryLayout<SubmissionEntry>.stride }
    }

    /// Every entry, in the order in which they were recorded.
    package var entries: some Sequence<SubmissionEntry> { blocks.lazy.joined() }

    /// The submissions that are open, oldest first.
    package var openEntries: [SubmissionEntry] {
        open.keys.sorted().map { Self.entry($0, blocks) }
    }

    /// A submission.
    package func entry(_ id: SubmissionID) -> SubmissionEntry? {
        number(id).map { Self.entry($0, blocks) }
    }

    /// The submission that became a request of fal's.
    package func entry(request: EventKey) -> SubmissionEntry? {
        requests.first(request.low) { Self.entry($0, blocks).request == request }.map { Self.entry($0, blocks) }
    }

    /// What is noted of an open submission; nil when it is closed, or its details were not noted yet.
    package func details(_ id: SubmissionID) -> SubmissionDetails? {
        number(id).flatMap { open[$0] ?? nil }
    }

    /// Some entries, newest first.
    ///
    /// - Parameters:
    ///   - place: Where the page before ended; nil to begin with the newest.
    ///   - state: The state they are in; nil for any.
    ///   - limit: The most there are on a page.
    /// - Returns: The entries, and where the next page begins; nil when this was the last.
    package func page(
        before place: Int? = nil,
        in state: SubmissionState? = nil,
        limit: Int
    ) -> (entries: [SubmissionEntry], next: Int?) {
        var place = min(place ?? count, count)
        var found: [SubmissionEntry] = []
        while place > 0, found.count < limit {
            place -= 1
            let entry = Self.entry(UInt32(place), blocks)
            if state == nil || entry.state == state { found.append(entry) }
        }
        return (found, place > 0 ? place : nil)
    }

    /// Some entries in the order in which they were recorded.
    ///
    /// - Parameters:
    ///   - place: How many come before them.
    ///   - limit: The most there are on a page.
    /// - Returns: The entries; none at the end.
    package func page(from place: Int, limit: Int) -> [SubmissionEntry] {
        guard place >= 0, place < count else { return [] }
        return (place..<min(count, place + limit)).map { Self.entry(UInt32($0), blocks) }
    }

    /// Takes in the next event of the journal.
    package mutating func apply(_ event: EventSummary) {
        guard let id = event.submission.map({ SubmissionID($0) }) else { return }
        if let number = number(id) {
            if event.type != .submissionCreated { update(number, event) }
        } else if event.type == .submissionCreated {
            add(SubmissionEntry(id, createdSequence: event.id, lastSequence: event.id, state: .created))
        } else if let state = event.type.submissionState, !state.isOpen {
            // Its beginning is not kept any more, and its end is: it can still be looked up.
            let number = add(SubmissionEntry(id, createdSequence: 0, lastSequence: event.id, state: state))
            update(number, event)
        }
    }

    /// Notes details of a submission, if it is open.
    package mutating func note(_ details: SubmissionDetails, of id: SubmissionID) {
        guard let number = number(id), open[number] != nil else { return }
        open[number] = details
    }

    /// Notes the id that fal gave to the request of a submission, if it is open.
    package mutating func note(requestID: String, of id: SubmissionID) {
        guard let number = number(id), var details = open[number] ?? nil else { return }
        details.requestID = requestID
        open[number] = details
    }

    @discardableResult
    private mutating func add(_ entry: SubmissionEntry) -> UInt32 {
        if blocks.last.map({ $0.count == Self.blockCount }) ?? true {
            var block: [SubmissionEntry] = []
            block.reserveCapacity(Self.blockCount)
            blocks.append(block)
        }
        let number = UInt32(count)
        precondition(number < HashIndex.numbersEnd, "more submissions than the book can count")
        blocks[blocks.count - 1].append(entry)
        let kept = blocks
        ids.insert(number, hash: Self.hash(entry.id)) { Self.hash(Self.entry($0, kept).id) }
        if entry.state.isOpen { open[number] = .some(nil) }
        return number
    }

    private mutating func update(_ number: UInt32, _ event: EventSummary) {
        var entry = Self.entry(number, blocks)
        entry.lastSequence = event.id
        if event.type == .submissionSending { entry.sendCount += 1 }
        if entry.outcomeSequence == 0, event.type == .requestSucceeded || event.type == .requestFailed {
            entry.outcomeSequence = event.id
        }
        // What is final stays: a second outcome is recorded as a conflict and changes nothing.
        if let state = event.type.submissionState, entry.state.canBecome(state) {
            // An outcome may overtake fal's answer to the submission; the answer then adds only the request id.
            if !state.isOpen {
                open[number] = nil
            } else if !entry.state.isOpen {
                open[number] = .some(nil)
            }
            entry.state = state
        }
        let known = entry.request
        if let request = event.request { entry.request = request }
        if let known, entry.request != known { unindex(number, known) }
        blocks[Int(number) / Self.blockCount][Int(number) % Self.blockCount] = entry
        if let request = entry.request, request != known { index(number, request) }
    }

    private mutating func index(_ number: UInt32, _ request: EventKey) {
        let kept = blocks
        requests.insert(number, hash: request.low) { Self.entry($0, kept).request?.low ?? 0 }
    }

    private mutating func unindex(_ number: UInt32, _ request: EventKey) {
        let kept = blocks
        requests.remove(number, hash: request.low) { Self.entry($0, kept).request?.low ?? 0 }
    }

    private func number(_ id: SubmissionID) -> UInt32? {
        ids.first(Self.hash(id)) { Self.entry($0, blocks).id == id }
    }

    private static func entry(_ number: UInt32, _ blocks: [[SubmissionEntry]]) -> SubmissionEntry {
        blocks[Int(number) / blockCount][Int(number) % blockCount]
    }

    private static func hash(_ id: SubmissionID) -> UInt64 {
        // The random bits of a UUID of version 7 are its last; a few of those are fixed.
        id.key.low &* 0x9E37_79B9_7F4A_7C15 >> 32
    }
}

extension EventType {
    /// The state that an event of this type leaves an open submission in; nil when it says nothing about it.
    fileprivate var submissionState: SubmissionState? {
        switch self {
        case .submissionSending: .sending
        case .submissionWaiting: .waiting
        case .submissionUncertain: .uncertain
        case .submissionAccepted: .accepted
        case .submissionRefused: .refused
        case .submissionCancelled: .cancelled
        case .submissionLost: .lost
        case .requestSucceeded: .succeeded
        case .requestFailed: .failed
        default: nil
        }
    }
}
