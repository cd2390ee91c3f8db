import Crypto
import FoundationEssentials
import JSONText
import Journal
import LoadGenerator
package import Logging
import Posix
package import SystemPackage
import Threading

/// Makes a journal of any size for measuring and trying out: real deliveries, signed with a key of its own, stored by
/// the real journal.
package struct JournalGenerator: Sendable {
    /// The folder that the journal and `keys.json` go to, as a service lays them out.
    package var data: FilePath
    /// How many bytes of lines there are to be, about.
    package var bytes: Int
    /// How many threads sign.
    package var workers: Int
    /// Whether each delivery is signed; otherwise they share a signature, which is made sooner and good for none.
    package var isSigned = true

    /// Plans a journal.
    package init(data: FilePath, bytes: Int, workers: Int) {
        self.data = data
        self.bytes = bytes
        self.workers = workers
    }

    /// Why there is no journal.
    package enum Failure: Error {
        /// Something of that name is there.
        case exists
        /// The disk, or OpenSSL.
        case failed(String)
    }

    /// How much was made.
    package struct Made: Sendable {
        /// How many events.
        package let events: Int
        /// How many bytes of lines.
        package let bytes: Int
    }

    /// The endpoint of every hundredth delivery.
    static let rareEndpoint = "xai/grok-imagine-image"
    /// The most deliveries that wait to be written.
    private static let underWayMax = 4_096
    /// How long a line is, about.
    static let lineBytes = 1_024
    /// The deliveries are spread over the day before now.
    private static let spread: Int64 = 86_400_000_000

    /// Makes the journal and blocks until it is on disk.
    ///
    /// - Parameters:
    ///   - logger: Where the journal logs.
    ///   - progress: Told now and then how many bytes there are, on the calling thread.
    /// - Returns: How much was made.
    /// - Throws: ``Failure``.
    package func run(logger: Logger, progress: (Int) -> Void) throws(Failure) -> Made {
        let folder = data.appending("journal")
        guard !FileManager.default.fileExists(atPath: folder.string) else { throw .exists }
        do {
            let key = try Ed25519PrivateKey()
            let source = "urn:uuid:\(UUID().uuidString.lowercased())"
            let journal = try Journal.open(
                directory: folder,
                options: JournalOptions(newSource: source),
                logger: logger
            )
            defer { journal.close() }
            try Data(keysFile(key.publicKey)).write(to: URL(filePath: data.appending("keys.json").string))
            try fill(journal, key, progress)
            let segments = try JournalInspection.open(directory: folder)?.segments() ?? []
            return Made(events: count, bytes: segments.reduce(0) { $0 + $1.bytes })
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .failed("\(error)")
        }
    }

    private struct State: Sendable {
        var next = 0
        var underWay = 0
        var durable = 0
        var working: Int
        var failure: String?

        mutating func finish(_ outcome: AppendOutcome) {
            underWay -= 1
            switch outcome {
            case .durable: durable += 1
            case .failed(let reason): failure = failure ?? "the journal took no more: \(reason.rawValue)"
            }
        }

        mutating func fail(_ error: any Error) {
            underWay -= 1
            failure = failure ?? "\(error)"
        }
    }

    private func fill(_ journal: Journal, _ key: Ed25519PrivateKey, _ progress: (Int) -> Void) throws {
        let end = WallTime.now
        let state = Monitor(State(working: workers))
        let shared = isSigned ? nil : try SignedDelivery(requestID: "bench-0", key: key, time: end)
        let threads = (0..<workers).map { _ in
            WorkerThread(name: "sign") {
                while let number = take(state) {
                    do {
                        journal.append(try draft(number, key, end, shared)) { outcome in
                            state.withLock { $0.finish(outcome) }
                            state.notifyAll()
                        }
                    } catch {
                        state.withLock { $0.fail(error) }
                    }
                }
                state.withLock { $0.working -= 1 }
                state.notifyAll()
            }
        }
        var isDone = false
        while !isDone {
            let durable: Int
            (isDone, durable) = state.wait(
                atMost: .milliseconds(100),
                until: { $0.working == 0 && $0.underWay == 0 },
                { state, isDone in (isDone, state.durable) }
            )
            progress(durable * Self.lineBytes)
        }
        for thread in threads { thread.join() }
        if let failure = state.withLock({ $0.failure }) { throw Failure.failed(failure) }
    }

    /// The number of the next delivery, once there is room for it; `nil` when there are enough.
    private func take(_ state: Monitor<State>) -> Int? {
        let count = count
        return state.wait(until: { $0.underWay < Self.underWayMax || $0.failure != nil }) { state in
            guard state.next < count, state.failure == nil else { return nil }
            state.underWay += 1
            state.next += 1
            return state.next
        }
    }

    /// How many deliveries make up the bytes.
    private var count: Int { max(1, bytes / Self.lineBytes) }

    private func draft(
        _ number: Int,
        _ key: Ed25519PrivateKey,
        _ end: WallTime,
        _ shared: SignedDelivery?
    ) throws -> EventDraft {
        let age = Self.spread - Self.spread / Int64(count) * Int64(number)
        let time = WallTime(microseconds: end.microseconds - age)
        let id = "bench-\(number)"
        let delivery = try shared ?? SignedDelivery(requestID: id, key: key, time: time)
        let body = shared == nil ? Array(delivery.body) : Array(SignedDelivery.body(requestID: id).utf8)
        var draft = EventDraft(
            type: .requestSucceeded,
            time: time,
            data: EventData(validated: body, isSingleLine: true)
        )
        draft.subject = id
        draft.endpoint = number.isMultiple(of: 100) ? Self.rareEndpoint : "xai/grok-imagine-video/text-to-video"
        draft.origin = .webhook
        draft.falUserID = delivery.account
        draft.falTimestamp = delivery.timestamp
        draft.falSignature = delivery.signature
        return draft
    }

    /// A key set as the service keeps it.
    private func keysFile(_ key: Ed25519PublicKey) -> [UInt8] {
        let entry = "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"\(Base64.encodeURL(key.rawBytes.span))\"}"
        var writer = JSONObjectWriter()
        writer.member("from", "falconer bench journal")
        writer.member("fetched_at", Int(WallTime.now.seconds))
        writer.member("key_set", json: "{\"keys\":[\(entry)]}".utf8)
        return writer.line
    }
}
