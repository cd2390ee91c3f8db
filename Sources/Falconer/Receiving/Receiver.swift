import Crypto
import HTTPServer
import Journal
import Logging
import Posix
import Synchronization
import Threading
import Webhook

/// The hook: verifies a delivery, has it put on disk, and only then answers 200.
final class Receiver: HTTPHandler {
    typealias Waiter = @Sendable () -> Void

    /// Whether deliveries can be stored, and if not, why not.
    enum Health: String, Sendable {
        case ready
        case noKeySet = "no key set yet"
        case journalFailed = "the journal failed"
        case journalReadOnly = "the journal can only be read"
        case journalHeld = "the journal is at its limit and its oldest events are still needed"
        case journalFull = "there was no room for the journal's start"
        case draining
    }

    private let journal: Journal
    let ledger: Ledger
    private let keys: KeyKeeper
    private let rejections: RejectionLog
    private let logger: Logger
    let receipts: Monitor<ReceiptLedger<Waiter>>
    private let fetching = Monitor(Fetching.starting)
    private let accounts: Monitor<AccountPolicy>
    private let accountFile: AccountFile
    private let traffic = Monitor(UnverifiedTraffic())
    private let parking: ExchangeParking
    private let deadline: AnswerDeadline
    private let isDraining = Atomic(false)

    /// Wires the hook to the service.
    init(
        journal: Journal,
        ledger: Ledger,
        keys: KeyKeeper,
        rejections: RejectionLog,
        receipts: ReceiptLedger<Waiter>,
        accounts: AccountPolicy,
        accountFile: AccountFile,
        logger: Logger
    ) {
        self.accountFile = accountFile
        self.journal = journal
        self.ledger = ledger
        self.keys = keys
        self.rejections = rejections
        self.receipts = Monitor(receipts)
        self.accounts = Monitor(accounts)
        self.logger = logger
        parking = ExchangeParking()
        deadline = AnswerDeadline(parking)
    }

    /// Who fetches what a delivery does not hold.
    private enum Fetching: Sendable {
        /// The hook answers already, and it is not known yet.
        case starting
        /// Nobody: what is delivered is all that there will be.
        case nobody
        /// The reconciler.
        case reconciler(Reconciler)
    }

    /// Has what a delivery does not hold fetched from the queue from here on; nil, or one that does not poll, ends that.
    func fetch(with reconciler: Reconciler?) {
        fetching.withLock { $0 = reconciler.flatMap { $0.isPolling ? .reconciler($0) : nil } ?? .nobody }
    }

    /// From here on every new delivery is told to come back.
    func drain() {
        isDraining.store(true, ordering: .sequentiallyConsistent)
    }

    /// Waits until every delivery that was taken is answered, at most so long.
    func waitUntilAnswered(atMost limit: Duration) {
        parking.waitUntilEmpty(atMost: limit)
    }

    /// Tells every delivery that is not stored yet to come again.
    func answerTheRest() {
        for parked in parking.waiting { parked.answer(.refused(status: 503)) }
    }

    /// Waits until what was learned is in its file; nothing may be stored any more.
    func close() {
        accountFile.close()
    }

    /// Whether deliveries can be stored now.
    var health: Health {
        if isDraining.load(ordering: .relaxed) { return .draining }
        switch journal.refusal {
        case nil: return keys.keySet == nil ? .noKeySet : .ready
        case .readOnly: return .journalReadOnly
        case .held: return .journalHeld
        case .full: return .journalFull
        default: return .journalFailed
        }
    }

    func decide(on head: borrowing HTTPRequestHead, from peer: PeerAddress) -> HeadDecision {
        switch HookPath(head.path) {
        case nil: .answer(HookAnswer.refused(status: 404).response)
        case .health: head.method == "GET" || head.method == "HEAD" ? .receive : .answer(HookAnswer.notAllowed("GET"))
        case .delivery: head.method == "POST" ? .receive : .answer(HookAnswer.notAllowed("POST"))
        }
    }

    func handle(_ request: HTTPRequest, _ exchange: consuming HTTPExchange) {
        guard case .delivery(let token) = HookPath(request.head.path) else {
            exchange.respond(HookAnswer.health(health))
            return
        }
        guard !isDraining.load(ordering: .relaxed) else {
            exchange.respond(HookAnswer.refused(status: 503).response)
            return
        }
        let keySet = keys.keySet
        switch verify(request, with: keySet) {
        case .success(let delivery):
            store(Arrival(delivery: delivery, body: request.body, token: token), parking.park(exchange.suspend()))
        case .failure(let rejection) where rejection.code == .signatureInvalid:
            // A key may have been rotated in: one fetch, shared by all who wait for it, before the signature is wrong.
            let parked = parking.park(exchange.suspend())
            let again: @Sendable () -> Void = { [self] in
                switch verify(request, with: keys.keySet) {
                case .success(let delivery):
                    store(Arrival(delivery: delivery, body: request.body, token: token), parked)
                case .failure(let rejection): parked.answer(refuse(request, rejection, token))
                }
            }
            if keys.miss(again) { return }
            // The fetch may have ended since the keys above were taken.
            if keys.keySet == keySet {
                parked.answer(refuse(request, rejection, token))
            } else {
                again()
            }
        case .failure(let rejection):
            exchange.respond(refuse(request, rejection, token).response)
        }
    }

    private func verify(_ request: HTTPRequest, with keySet: KeySet?) -> Result<VerifiedDelivery, WebhookRejection> {
        do throws(WebhookRejection) {
            let headers = try WebhookHeaders { name in
                switch request.head.headers.occurrence(of: name.rawValue) {
                case .none: .none
                case .once(let value): .once(value)
                case .repeated: .repeated
                }
            }
            let accounts = accounts.withLock { $0 }
            return .success(
                try WebhookVerifier.verify(
                    headers: headers,
                    body: request.body.span,
                    now: sinceEpoch(),
                    keySet: keySet,
                    accounts: accounts
                )
            )
        } catch {
            return .failure(error)
        }
    }

    private func refuse(_ request: HTTPRequest, _ rejection: WebhookRejection, _ token: HookToken?) -> HookAnswer {
        // Signed by fal and too old to be believed, so the queue is asked.
        if let hint = rejection.hint { _ = fetches(hint.requestID, token) }
        let address = request.peer.ip.description
        let now = WallTime.now
        // What is our own fault costs the sender nothing.
        let isWithinRate = rejection.httpStatus == 503 || traffic.withLock { $0.refuse(address, at: now) }
        let status = isWithinRate ? rejection.httpStatus : 429
        let claimed = request.head.headers.values(of: WebhookHeaderName.requestID.rawValue).first
        rejections.note(
            Rejection(
                time: now,
                reason: rejection.code.rawValue,
                status: status,
                address: address,
                requestID: claimed.map { String(decoding: $0, as: UTF8.self) },
                detail: rejection.header?.rawValue
            ),
            isWritten: isWithinRate
        )
        return .refused(status: status)
    }

    // MARK: - Storing

    private func store(_ arrival: Arrival, _ parked: ParkedExchange) {
        let admission = receipts.withLock { receipts in
            receipts.admit(arrival.receipt, waiter: { [self] in store(arrival, parked) })
        }
        switch admission {
        case .duplicate(let sequence): parked.answer(duplicate(sequence))
        case .wait: break
        case .outcome: storeFirst(arrival, parked)
        case .conflict: storeSecond(arrival, parked)
        }
    }

    /// The answer to a delivery that is durable already, as far as that can be promised.
    private func duplicate(_ sequence: UInt64) -> HookAnswer {
        switch journal.refusal {
        // Nothing was written again at such a start: what can be read may be in memory and not on disk, and a 200
        // would promise it. After a failed sync nothing is promised any more.
        case .readOnly, .full, .poisoned: .refused(status: 503)
        default: .duplicate(sequence)
        }
    }

    /// Stores a delivery that is the first of its request as far as the dedupe window reaches back.
    ///
    /// The book reaches back further for requests of our own: such a request never gets its outcome twice.
    private func storeFirst(_ arrival: Arrival, _ parked: ParkedExchange) {
        guard let past = ledger.pastOutcome(arrival.delivery.requestID, arrival.receipt.request) else {
            if arrival.delivery.body.needsResult, fetches(arrival.delivery.requestID, arrival.token) {
                // fal brings it again, and by then the result it lacks is there; a 200 would have to wait for that.
                turnAway(arrival, parked, with: .refused(status: 503))
            } else {
                append(arrival, isConflict: false, parked)
            }
            return
        }
        if let fingerprint = past.fingerprint, fingerprint != arrival.receipt.fingerprint {
            storeSecond(arrival, parked)
        } else {
            turnAway(arrival, parked, with: duplicate(past.sequence))
        }
    }

    /// Stores a delivery as a conflict, unless the outcome was fetched from the queue and says the same.
    private func storeSecond(_ arrival: Arrival, _ parked: ParkedExchange) {
        let request = arrival.receipt.request
        guard isFetched(request), isSame(as: request, arrival.body),
            let sequence = ledger.withBook({ $0.entry(request: request)?.outcomeSequence })
        else { return append(arrival, isConflict: true, parked) }
        turnAway(arrival, parked, with: duplicate(sequence))
    }

    private func turnAway(_ arrival: Arrival, _ parked: ParkedExchange, with answer: HookAnswer) {
        let waiters = receipts.withLock { $0.abandon(arrival.receipt) }
        parked.answer(answer)
        for waiter in waiters { waiter() }
    }

    /// Whether the result of a request of ours is still wanted and will be fetched; has that done now, where it can be.
    private func fetches(_ requestID: String, _ token: HookToken?) -> Bool {
        let fetching = fetching.withLock { $0 }
        if case .nobody = fetching { return false }
        let key = EventKey(hashing: requestID)
        let own = token.flatMap { ledger.submission(of: $0) }
        let entry = ledger.withBook { book in own.flatMap { book.entry($0) } ?? book.entry(request: key) }
        // A delivery may overtake fal's answer to the submission; that one is followed as soon as the answer is there.
        guard let entry, [.sending, .accepted, .uncertain].contains(entry.state) else { return false }
        // A request that is another's is not this submission's.
        guard entry.request == nil || entry.request == key else { return false }
        if case .reconciler(let reconciler) = fetching { reconciler.hint(entry.id, requestID: requestID) }
        return true
    }

    private func append(_ arrival: Arrival, isConflict: Bool, _ parked: ParkedExchange) {
        let own = arrival.token.flatMap { ledger.submission(of: $0) }
        if own == nil, arrival.token != nil {
            logger.info(
                "a delivery's token is none of ours; it is matched by its request id",
                metadata: ["request_id": "\(arrival.delivery.requestID)"]
            )
        }
        let owner = ledger.withBook { book in own.flatMap { book.entry($0) } }
        let entry = owner ?? ledger.withBook { $0.entry(request: arrival.receipt.request) }
        let isOwn = owner != nil
        let draft = arrival.event(entry?.id, entry.flatMap { ledger.details(of: $0) }, isConflict: isConflict)
        let time = draft.time
        // Not the arrival: its body is copied by now, and need not wait for the disk as well.
        let (receipt, account) = (arrival.receipt, isOwn ? arrival.delivery.accountID : nil)
        ledger.append(draft, about: receipt.request) { [self] result in
            switch result {
            case .success(let sequence):
                if let account { learn(account) }
                let waiters = receipts.withLock {
                    $0.settle(receipt, sequence: sequence, isConflict: isConflict, time: time)
                }
                parked.answer(.stored(sequence))
                for waiter in waiters { waiter() }
            case .failure(let failure):
                // What lasts the journal has told, once.
                logger.log(
                    level: failure.isPassing ? .debug : .error,
                    "delivery not stored",
                    metadata: ["error": "\(failure)"]
                )
                let waiters = receipts.withLock { $0.abandon(receipt) }
                parked.answer(.refused(status: 503))
                for waiter in waiters { waiter() }
            }
        }
    }

    /// Whoever fal says submitted a request with a token of ours is us.
    private func learn(_ account: String) {
        let isFirst = accounts.withLock { $0.learn(account) }
        guard isFirst else { return }
        logger.notice("account learned", metadata: ["account": "\(account)"])
        accountFile.keep(account)
    }
}
