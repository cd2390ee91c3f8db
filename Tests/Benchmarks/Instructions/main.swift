import Crypto
import Falconer
import Glibc
import HTTPServer
import Journal
import LoadGenerator
import Posix
import Webhook

/// Takes deliveries from their headers and bodies to the line that is written and to the answer, one behind the other.
///
/// What is counted by Tests/Benchmarks/count-instructions: nothing here depends on the time, on chance, on other threads or
/// processes, so two runs execute the same instructions. libmicrohttpd's part is not in it, nor the hand-over between
/// threads.
///
/// Usage: falconer-instructions COUNT PADDING
struct Workload {
    /// As many deliveries are signed whatever COUNT is, so that signing cancels out of the difference of two runs.
    static let deliveriesMax = 120
    private static let time = WallTime(microseconds: 1_795_000_000_000_000)

    private static let source = "urn:uuid:00000000-0000-7000-8000-000000000001"

    private let deliveries: [SignedDelivery]
    private let headers: [HeaderFields]
    private let bodies: [[UInt8]]
    private let keySet: KeySet
    private let accounts = AccountPolicy(given: ["load|1"])

    init(padding: Int) throws {
        let seed = [UInt8](repeating: 7, count: Ed25519PrivateKey.seedByteCount)
        let key = try Ed25519PrivateKey(seed: seed.span)
        let raw = key.publicKey.rawBytes
        let set = "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"\(Base64.encodeURL(raw.span))\"}]}"
        let bytes = Array(set.utf8)
        keySet = try KeySet(parsing: bytes.span)
        deliveries = try (0..<Self.deliveriesMax).map { number in
            let id = "00000000-0000-4000-8000-\(100_000_000_000 + number)"
            return try SignedDelivery(requestID: id, padding: padding, key: key, time: Self.time)
        }
        headers = deliveries.map { delivery in
            [
                "Host": "hook", "Content-Type": "application/json", "Content-Length": "\(delivery.body.count)",
                "X-Fal-Webhook-Request-Id": delivery.requestID, "X-Fal-Webhook-User-Id": delivery.account,
                "X-Fal-Webhook-Timestamp": delivery.timestamp, "X-Fal-Webhook-Signature": delivery.signature,
            ]
        }
        bodies = deliveries.map { Array($0.body) }
    }

    /// Verifies, encodes and answers so many.
    func run(_ count: Int) throws -> Int {
        var lines: [UInt8] = []
        var receipts = ReceiptLedger<Int>()
        var answered = 0
        for number in 0..<count {
            let (fields, body) = (headers[number], bodies[number])
            let verified = try WebhookVerifier.verify(
                headers: try WebhookHeaders { name in
                    switch fields.occurrence(of: name.rawValue) {
                    case .none: .none
                    case .once(let value): .once(value)
                    case .repeated: .repeated
                    }
                },
                body: body.span,
                now: .seconds(Self.time.seconds),
                keySet: keySet,
                accounts: accounts
            )
            let arrival = Arrival(delivery: verified, body: body, token: nil)
            guard receipts.admit(arrival.receipt, waiter: number) == .outcome else { continue }
            let event = EncodedEvent(arrival.event(nil, nil, isConflict: false), source: Self.source)
            let id = UInt64(number + 1)
            lines.removeAll(keepingCapacity: true)
            event.appendLine(id: id, to: &lines)
            _ = receipts.settle(arrival.receipt, sequence: id, isConflict: false, time: Self.time)
            if HookAnswer.stored(id).response.status == 200 { answered += 1 }
        }
        return answered
    }
}

guard CommandLine.arguments.count == 3, let count = Int(CommandLine.arguments[1]),
    let padding = Int(CommandLine.arguments[2]), (0...Workload.deliveriesMax).contains(count), padding >= 0
else {
    print("usage: falconer-instructions COUNT PADDING, with COUNT up to \(Workload.deliveriesMax)")
    exit(64)
}
print(try Workload(padding: padding).run(count))
