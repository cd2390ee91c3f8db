import Crypto
import EventStream
import FalQueue
import FoundationEssentials
import Glibc
import HTTPServer
import Journal
import Logging
import Posix
import SystemPackage
import Webhook

/// The parts that everything else of a service stands on, opened and rebuilt from the journal.
struct ServiceRooms {
    let journal: Journal
    let ledger: Ledger
    let keys: KeyKeeper
    let rejections: RejectionLog
    let receiver: Receiver
    let failures: AsyncStream<JournalFailure>
    /// What is certainly not at fal and is still to be sent.
    let unsent: [SubmissionID]
    /// What was on its way when the last run ended.
    let interrupted: [SubmissionID]

    /// Takes the data folder, recovers the journal, and rebuilds what its events add up to.
    static func open(
        _ configuration: ServiceConfiguration,
        logger: Logger
    ) throws(ServiceStartFailure) -> ServiceRooms {
        let (journal, state) = try openJournal(configuration, logger)
        let data = configuration.dataDirectory
        let secret: HookSecret
        do throws(ServiceStartFailure) {
            secret = try loadSecret(data.appending("hook.key"), hasSubmissions: state.book.count > 0, logger)
        } catch {
            journal.close()
            throw error
        }
        let keys: KeyKeeper
        do {
            keys = try KeyKeeper(source: configuration.keySource, path: data.appending("keys.json"), logger: logger)
        } catch {
            journal.close()
            throw ServiceStartFailure(.hook, "the key set's client did not start: \(error)")
        }
        var accounts = AccountPolicy(given: configuration.accounts)
        let accountFile = AccountFile(path: data.appending("account"), logger: logger)
        let kept = accountFile.read()
        if let account = kept ?? state.account(in: journal), accounts.learn(account) {
            if kept == nil { accountFile.keep(account) }
            logger.notice(
                "deliveries of this account only are accepted, as learned from an earlier one with a token of ours",
                metadata: ["account": "\(account)", "to change it": "--account"]
            )
        }
        if accounts == .open {
            logger.notice(
                "no account is pinned: any verified delivery is stored until one carries a token of ours",
                metadata: ["advice": "--account"]
            )
        }
        let rejections = RejectionLog(path: data.appending("rejections.jsonl"), logger: logger)
        let (failures, continuation) = AsyncStream.makeStream(of: JournalFailure.self)
        let ledger = Ledger(journal: journal, secret: secret, book: state.book) {
            continuation.yield(.poisoned)
            continuation.finish()
        }
        for id in ledger.noteOpen() {
            logger.error("an open submission cannot be read from the journal", metadata: ["submission": "\(id)"])
        }
        let receiver = Receiver(
            journal: journal,
            ledger: ledger,
            keys: keys,
            rejections: rejections,
            receipts: state.receipts,
            accounts: accounts,
            accountFile: accountFile,
            logger: logger
        )
        keys.start()
        return ServiceRooms(
            journal: journal,
            ledger: ledger,
            keys: keys,
            rejections: rejections,
            receiver: receiver,
            failures: failures,
            unsent: state.unsent,
            interrupted: state.interrupted
        )
    }

    /// Starts the hook.
    func startServer(
        _ configuration: ServiceConfiguration,
        logger: Logger
    ) throws(ServiceStartFailure) -> HTTPServer {
        do {
            return try HTTPServer.start(
                HTTPServerConfiguration(
                    listen: configuration.listen,
                    threads: configuration.threads,
                    limits: configuration.limits,
                    serverName: "hook",
                    onWork: { [producers = journal.producers] in $0 ? producers.begin() : producers.end() }
                ),
                handler: receiver,
                logger: logger
            )
        } catch {
            throw ServiceStartFailure(.hook, "\(error)", advice: "choose another address with --listen")
        }
    }

    /// Makes what asks fal about submissions, if the service was told who pays.
    func makeReconciler(
        _ configuration: ServiceConfiguration,
        _ publicURL: PublicURL?,
        logger: Logger
    ) throws(ServiceStartFailure) -> Reconciler? {
        guard let key = configuration.key else { return nil }
        var policy = WatchList.Policy()
        policy.isPolling = configuration.isPolling
        policy.hasCallbacks = publicURL != nil
        policy.giveUpAfter = Int64(configuration.giveUpAfter / .microseconds(1))
        let settings = Reconciler.Configuration(
            queue: configuration.queue,
            platform: configuration.platform,
            key: key,
            policy: policy,
            budget: configuration.pollingBudget
        )
        do {
            return try Reconciler(settings, ledger: ledger, receiver: receiver, logger: logger)
        } catch {
            throw ServiceStartFailure(.hook, "the queue's client did not start: \(error)")
        }
    }

    /// Makes what sends, if the service was told who pays, and will hear what comes of it.
    func makeOutbox(
        _ configuration: ServiceConfiguration,
        _ publicURL: PublicURL?,
        _ reconciler: Reconciler?,
        logger: Logger
    ) throws(ServiceStartFailure) -> Outbox? {
        guard let key = configuration.key, let reconciler, publicURL != nil || reconciler.isPolling else { return nil }
        for problem in publicURL?.problems ?? [] where configuration.queue == .fal {
            logger.warning("public URL", metadata: ["problem": "\(problem)"])
        }
        do {
            let outbox = Outbox.Configuration(
                queue: configuration.queue,
                key: key,
                publicURL: publicURL,
                concurrency: configuration.sendsMax
            )
            return try Outbox(outbox, ledger: ledger, logger: logger) { reconciler.follow($0) }
        } catch {
            throw ServiceStartFailure(.hook, "the queue's client did not start: \(error)")
        }
    }

    /// Makes what fetches the files of results, if it was told to.
    func makeDownloader(
        _ configuration: ServiceConfiguration,
        logger: Logger
    ) throws(ServiceStartFailure) -> Downloader? {
        guard let download = configuration.download else { return nil }
        do {
            return try Downloader(
                download,
                ledger: ledger,
                cursorPath: configuration.dataDirectory.appending("downloads.cursor"),
                logger: logger
            )
        } catch {
            throw ServiceStartFailure(.hook, "the downloads' client did not start: \(error)")
        }
    }

    /// Starts the event stream, and what carries out the commands it takes.
    func startStream(
        _ configuration: ServiceConfiguration,
        _ outbox: Outbox?,
        _ reconciler: Reconciler?,
        logger: Logger
    ) throws(ServiceStartFailure) -> (EventStreamServer, Commands) {
        let inquirer: Inquirer?
        let models: ModelChecker?
        do {
            inquirer = try configuration.key.map { try Inquirer(queue: configuration.queue, key: $0) }
            let folder = ModelDocumentFolder(path: configuration.dataDirectory.appending("models"), logger: logger)
            models = try configuration.site.map { try ModelChecker(site: $0, folder: folder, logger: logger) }
        } catch {
            throw ServiceStartFailure(.hook, "the queue's client did not start: \(error)")
        }
        let commands = Commands(
            ledger: ledger,
            outbox: outbox,
            noOutbox: configuration.whyNothingIsSent,
            inquirer: inquirer,
            reconciler: reconciler,
            downloads: configuration.download,
            models: models,
            rejections: rejections,
            logger: logger
        )
        do {
            let stream = try EventStreamServer.start(
                path: configuration.socketPath,
                consumersDirectory: configuration.dataDirectory.appending("consumers").string,
                log: JournalEventLog(journal: journal),
                commands: commands,
                limits: configuration.stream,
                access: configuration.access,
                logger: logger
            )
            return (stream, commands)
        } catch {
            commands.stop()
            if case .consumers = error {
                throw ServiceStartFailure(.storage, "\(error)", advice: "look at the disk and its permissions")
            }
            throw ServiceStartFailure(.socket, "\(error)", advice: "choose another path with --socket")
        }
    }

    /// Says of what was on its way when the last run ended that nobody knows whether it arrived.
    ///
    /// - Returns: What the journal does not take at the moment; to be recorded once it does, and not sent before.
    /// - Throws: ``ServiceStartFailure`` when the journal failed for good.
    func settleInterrupted() throws(ServiceStartFailure) -> [SubmissionID: SendOutcome] {
        let data = SendOutcome.data(
            code: "interrupted",
            message: "the service ended while the request was on its way; it is not sent again blindly"
        )
        var unsettled: [SubmissionID: SendOutcome] = [:]
        for id in interrupted where ledger.withBook({ $0.entry(id)?.state }) == .sending {
            do throws(Ledger.Failure) {
                try ledger.record(.submissionUncertain, about: id, data: data)
            } catch {
                guard error.isPassing else { throw ServiceStartFailure(.storage, "\(error)") }
                unsettled[id] = .settled(.submissionUncertain, data: data, requestID: nil)
            }
        }
        return unsettled
    }

    /// Closes the parts again, for a start that did not succeed.
    func close() {
        keys.stop()
        journal.close()
        receiver.close()
        rejections.close()
    }
}

extension ServiceConfiguration {
    /// The public URL, once it is known where the hook listens.
    func publicURL(listening url: String) throws(ServiceStartFailure) -> PublicURL? {
        switch reach {
        case .none: return nil
        case .url(let url): return url
        case .firstListener:
            do {
                return try PublicURL.parse(url)
            } catch {
                throw ServiceStartFailure(.setting, "--public-url auto does not fit \(url): \(error)")
            }
        }
    }

    /// What a client is told that wants to submit to a service that cannot.
    var whyNothingIsSent: String {
        switch (key, reach) {
        case (nil, _):
            "this service has no fal key: start it with FAL_KEY set, or with --fal-key-file"
        default:
            "this service would never hear what comes of it: start it with --public-url, or without --no-polling"
        }
    }
}

private func openJournal(
    _ configuration: ServiceConfiguration,
    _ logger: Logger
) throws(ServiceStartFailure) -> (Journal, StartState) {
    var state = StartState(dedupeWindow: configuration.dedupeWindow)
    var options = JournalOptions(newSource: try newSource())
    if let bytes = configuration.segmentBytesMax { options.segmentBytesMax = bytes }
    options.recovery = configuration.recovery
    options.recoveryThreads = ProcessInfo.processInfo.activeProcessorCount
    options.segmentBytesMax = configuration.retention.segmentBytesMax(atMost: options.segmentBytesMax)
    try checkStorage(configuration, logger)
    do throws(JournalError) {
        let journal = try Journal.open(
            directory: configuration.dataDirectory.appending("journal"),
            options: options,
            fileSystem: PosixFileSystem(),
            logger: logger,
            replay: { state.apply($0) }
        )
        return (journal, state)
    } catch {
        switch error.code {
        case .locked:
            throw ServiceStartFailure(
                .inUse,
                "\(error)",
                advice: "stop that one, or choose another folder with --data"
            )
        case .needsRepair:
            throw ServiceStartFailure(
                .storage,
                "\(error)",
                advice: "without --recovery strict the bytes are moved into quarantine and every valid event stays"
            )
        default:
            throw ServiceStartFailure(
                .storage,
                "\(error)",
                advice: "look at the disk and its permissions, or choose another folder with --data"
            )
        }
    }
}

/// What hook tokens are derived from, made at the first start.
private func loadSecret(
    _ path: FilePath,
    hasSubmissions: Bool,
    _ logger: Logger
) throws(ServiceStartFailure) -> HookSecret {
    do {
        let (secret, origin) = try HookSecret.load(path)
        switch origin {
        case .new where hasSubmissions, .replaced:
            logger.warning(
                "the secret of the hook's tokens was lost, a new one is in its place",
                metadata: [
                    "file": "\(path)", "effect": "deliveries with tokens of before are matched by their request id",
                ]
            )
        case .new, .file: break
        }
        return secret
    } catch {
        throw ServiceStartFailure(
            .storage,
            "the secret of the hook's tokens, \(path), cannot be read or kept: \(error)",
            advice: "look at the disk and the file's permissions"
        )
    }
}

/// A name for a journal that does not exist yet.
func newSource() throws(ServiceStartFailure) -> String {
    do {
        return "urn:uuid:\(SubmissionID(at: .now, random: try randomBytes(SubmissionID.randomByteCount)))"
    } catch {
        throw ServiceStartFailure(.storage, "no randomness for the journal's name: \(error)")
    }
}
