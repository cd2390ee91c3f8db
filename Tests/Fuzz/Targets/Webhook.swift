import Crypto
import JSONText
import Posix
import Webhook

@testable import Journal

/// Headers are taken exactly when each is there once in its form; what is signed comes apart in one way only.
func checkHeaders(_ bytes: [UInt8]) throws(Violation) {
    var values: [WebhookHeaderName: [[UInt8]]] = [:]
    // One line for each header, its first byte says which.
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: true) {
        let name = WebhookHeaderName.allCases[Int(line[line.startIndex]) % WebhookHeaderName.allCases.count]
        values[name, default: []].append(Array(line.dropFirst()))
    }
    func only(_ name: WebhookHeaderName, _ hasForm: ([UInt8]) -> Bool) -> String? {
        guard let all = values[name], all.count == 1, let value = all.first, hasForm(value) else { return nil }
        return String(validating: value, as: UTF8.self)
    }
    let requestID = only(.requestID) { (1...256).contains($0.count) && $0.allSatisfy { $0 > 0x20 && $0 < 0x7F } }
    let userID = only(.userID) { (1...256).contains($0.count) && $0.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }
    let timestamp = only(.timestamp) { (1...12).contains($0.count) && $0.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }
    let signature = only(.signature) { $0.count == 128 && $0.allSatisfy { "0123456789abcdefABCDEF".utf8.contains($0) } }
    let headers: WebhookHeaders
    do throws(WebhookRejection) {
        headers = try WebhookHeaders { name in
            let sent = values[name] ?? []
            return sent.count > 1 ? .repeated : sent.first.map { .once($0[...]) } ?? .none
        }
    } catch {
        let isComplete = requestID != nil && userID != nil && timestamp != nil && signature != nil
        try require(!isComplete, "well-formed headers are refused: \(error)")
        try require(error.httpStatus == 400, "a malformed header is answered \(error.httpStatus)")
        return
    }
    try require(headers.requestID == requestID && headers.userID == userID, "an id is not what was sent")
    try require(headers.timestamp == timestamp && headers.signatureHex == signature, "a header is not what was sent")
    try require(headers.timestampSeconds == timestamp.flatMap { Int($0) }, "the timestamp is another number")
    try require(Hex.encode(headers.signature.span) == signature?.lowercased(), "the signature is other bytes")

    let digest = SHA256.digest(bytes.span)
    let parts = headers.signedMessage(bodyDigest: digest)
        .split(separator: 0x0A, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    let expected = [headers.requestID, headers.userID, headers.timestamp, Hex.encode(digest.bytes.span)]
    try require(parts == expected, "the signed message can be read in two ways")
}

/// A body that is taken says what a reader of another kind finds in it, and stands in a line as it came.
func checkBody(_ bytes: [UInt8]) throws(Violation) {
    let oracle = JSONOracle(bytes, depthMax: JSONText.depthMax)
    guard let body = try? WebhookBody(parsing: bytes.span) else { return }
    try require(oracle.value != nil, "a body that is no JSON is taken")
    try require(bytes.isEmpty || oracle.value.map { bytes[$0.lowerBound] } == UInt8(ascii: "{"), "it is no object")
    func values(_ name: String) -> [Range<Int>] {
        oracle.members.filter { text(bytes, $0.name) == name }.map(\.value)
    }
    try require(values("request_id").count == 1 && values("status").count == 1, "a key is repeated or missing")
    try require(values("request_id").first.flatMap { text(bytes, $0) } == body.requestID, "the request id is another")
    try require(values("status").first.flatMap { text(bytes, $0) } == body.status.rawValue, "the status is another")
    try require(values("payload") == (body.payload.map { [$0.range] } ?? []), "the payload stands elsewhere")
    try require(body.isSingleLine == !bytes.contains { $0 == 0x0A || $0 == 0x0D }, "isSingleLine is wrong")

    let data = EventData(validated: bytes, isSingleLine: body.isSingleLine)
    try require(data == EventData(bytes), "a body that was validated goes into the line in another form")
    var line: [UInt8] = []
    let draft = EventDraft(type: .requestSucceeded, time: .now, data: data)
    EncodedEvent(draft, source: sampleSource).appendLine(id: 1, to: &line)
    try require(line.count { $0 == 0x0A } == 1, "a body makes two lines of one")
    try require((try? EventLine.parse(line))?.data == bytes, "the body is not what was delivered")
}

/// The text of a string, read by the scanner; nil for what is none.
private func text(_ bytes: [UInt8], _ range: Range<Int>) -> String? {
    try? JSONText.string(JSONValueSlice(kind: .string, range: range), in: bytes.span)
}

/// A key set that is taken has keys, no more than the limit, and is the same after a restart.
func checkKeys(_ bytes: [UInt8]) throws(Violation) {
    if let record = try? KeySetRecord(decoding: bytes) {
        try require((try? KeySetRecord(decoding: record.encoded())) == record, "a kept key set changes when it is read")
    }
    guard let keySet = try? KeySet(parsing: bytes.span) else { return }
    try require(JSONOracle(bytes, depthMax: JSONText.depthMax).value != nil, "a key set that is no JSON is taken")
    try require(!keySet.keys.isEmpty, "a key set without a key is taken")
    try require(keySet.keys.count + keySet.skippedCount <= KeySet.keysMax, "there are too many keys")
    let zeros = [UInt8](repeating: 0, count: 64)
    try require(!keySet.isValidSignature(zeros.span, for: bytes.span), "a signature of zeros is valid")
    let kept = try? KeySetRecord(source: bytes, fetchedAt: .seconds(1_763_821_020))
    let read = kept.flatMap { try? KeySetRecord(decoding: $0.encoded()) }
    try require(read?.keySet == keySet, "after a restart the keys are others")
    try require(read?.fetchedAt == kept?.fetchedAt, "after a restart the key set is of another age")
}
