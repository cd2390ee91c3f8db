import FalQueue
import Falconer
import HTTPClient
import Posix

/// fal's answers are read without harm, and no URL in them leads the key anywhere but to the queue.
func checkAnswer(_ bytes: [UInt8]) throws(Violation) {
    let error = FalError.parse(bytes)
    try require(error.items.count <= FalError.itemsMax, "too many complaints are kept")
    if let message = error.message {
        try require(message.count <= FalError.messageCharactersMax + 1, "a message is too long")
        try require(!message.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }, "a message has controls")
    }
    if let status = QueueStatusAnswer(body: bytes) {
        try require(status.logs.count <= QueueStatusAnswer.logEntriesMax, "too many log lines are kept")
        if case .unknown(let word) = status.status { try require(word.count <= 65, "a word is too long") }
    }
    guard let answer = SubmitAnswer(body: bytes) else { return }
    try require(answer.requestID.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a request id that is no word")
    try require((1...SubmitAnswer.requestIDBytesMax).contains(answer.requestID.utf8.count), "a request id too long")
    guard let endpoint = try? EndpointID.parse("xai/grok-imagine-video/text-to-video") else { return }
    let address = RequestAddress(queue: .fal, endpoint: endpoint, answer: answer)
    for url in [address.statusURL, address.resultURL, address.cancelURL] {
        try require(url == "https://queue.fal.run" || url.hasPrefix("https://queue.fal.run/") || hasQueryOnly(url), url)
        let parsed = try require(try? AbsoluteURL.parse(url), "\(url) is no URL")
        try require(parsed.host == "queue.fal.run" && parsed.effectivePort == 443, "the key would go to \(url)")
    }
}

private func hasQueryOnly(_ url: String) -> Bool {
    url.hasPrefix("https://queue.fal.run?")
}

/// What is read as a time, an endpoint, a URL or a path is written as the same again.
func checkText(_ bytes: [UInt8]) throws(Violation) {
    let text = String(decoding: bytes, as: UTF8.self)
    if let time = WallTime(rfc3339: text) {
        // Years outside 0...9999 have no such form; an offset can lead there.
        let inside = Int64(-62_167_219_200_000_000)...253_402_300_799_999_999
        if inside.contains(time.microseconds) {
            try require(WallTime(rfc3339: time.rfc3339) == time, "\(text) is read as \(time.rfc3339)")
        }
    }
    var feed = ByteFeed(bytes)
    let any = WallTime(microseconds: Int64(bitPattern: feed.wide()))
    let written = any.rfc3339
    try require(WallTime(rfc3339: written)?.rfc3339 == written, "\(written) cannot be read again")
    if let endpoint = try? EndpointID.parse(text) {
        try require(endpoint.submitPath.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a path with \(endpoint)")
        try require((try? EndpointID.parse(endpoint.description)) == endpoint, "\(endpoint) is read as another")
        try require(!endpoint.submitPath.split(separator: "/").contains { $0 == ".." || $0 == "." }, "a path upwards")
    }
    if let url = try? AbsoluteURL.parse(text) {
        try require((try? AbsoluteURL.parse(url.description)) == normal(url), "\(url) is read as another")
        try require(url.origin.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "@") }, "\(url.origin)")
    }
    if case .delivery(let token?) = HookPath(text) {
        try require(token.text.utf8.count <= HookPath.tokenBytesMax, "a token is too long")
        try require("/fal/" + token.text == text, "a token is another")
    }
    try require(PercentEncoding.encode(text).utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "not all is encoded")
}

/// A port that is the scheme's own is not written.
private func normal(_ url: AbsoluteURL) -> AbsoluteURL? {
    try? AbsoluteURL.parse(
        url.origin + url.path + (url.query.map { "?\($0)" } ?? "") + (url.fragment.map { "#\($0)" } ?? "")
    )
}
