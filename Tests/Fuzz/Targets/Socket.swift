import FalQueue
import JSONText
import Posix

@testable import EventStream
@testable import Falconer

private let operations: Set<String> = ["submit", "status", "list", "rejections"]

/// However the bytes of a client come in, the lines are the same; each is understood or answered with one short frame.
func checkCommands(_ bytes: [UInt8]) throws(Violation) {
    var feed = ByteFeed(bytes)
    let pieceBytes = 1 + Int(feed.byte())
    let lineBytesMax = 64 + feed.number(below: 4_096)
    let sent = feed.all()
    for line in try lines(sent, pieceBytes: pieceBytes, lineBytesMax: lineBytesMax) {
        switch Result(catching: { () throws(Refusal) in try ClientLine(line, operations: operations) }) {
        case .success(.subscribe(let request)): try check(request, line)
        case .success(.command(let op, let reference)): try check(op, reference, line)
        case .success(.consumer(let operation, _, let reference)): try check(operation, reference)
        case .failure(let refusal): try checkAnswer(refusal.frame, reference: refusal.reference)
        }
    }
}

/// Cuts bytes into lines as the server does, and holds them to the plain way of doing it.
private func lines(_ sent: [UInt8], pieceBytes: Int, lineBytesMax: Int) throws(Violation) -> [[UInt8]] {
    var splitter = LineSplitter(lineBytesMax: lineBytesMax)
    var lines: [[UInt8]] = []
    var isTooLong = false
    for start in stride(from: 0, to: sent.count, by: pieceBytes) where !isTooLong {
        splitter.append(sent[start..<min(sent.count, start + pieceBytes)])
        taking: while true {
            switch splitter.next() {
            case .line(let line): lines.append(line)
            case .incomplete: break taking
            case .tooLong:
                isTooLong = true
                break taking
            }
        }
        try require(isTooLong || splitter.count <= lineBytesMax, "more than a line is held")
    }
    if !isTooLong, let rest = splitter.takeRest() { lines.append(rest) }
    var expected = sent.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
    if expected.last == [] { expected.removeLast() }
    let firstLong = expected.firstIndex { $0.count > lineBytesMax }
    try require(isTooLong == (firstLong != nil), "a line is too long, or is not")
    expected = expected[..<(firstLong ?? expected.count)].map { $0.last == 0x0D ? Array($0.dropLast()) : $0 }
    try require(lines == expected, "the lines are others than were sent")
    return lines
}

private func check(_ op: String, _ reference: [UInt8], _ line: [UInt8]) throws(Violation) {
    try require(operations.contains(op), "\(op) is taken for a command")
    try require(reference.count <= ClientLine.referenceBytesMax, "a reference is longer than allowed")
    let reply = Frames.reply(op: op, reference: reference, object: Array(#"{"state":"open"}"#.utf8), isLast: true)
    try checkFrameIsJSON(reply)
    guard op == "submit" else { return }
    try checkSubmit(line)
}

private func check(_ operation: ConsumerOperation, _ reference: [UInt8]) throws(Violation) {
    try require(reference.count <= ClientLine.referenceBytesMax, "a reference is longer than allowed")
    switch operation {
    case .nak(_, let delay, let reason):
        let bytes = reason?.utf8.count ?? 0
        try require(bytes <= ConsumerOperation.reasonBytesMax, "a reason that is too long is taken")
        try require((.zero...ConsumerOperation.delayMax).contains(delay), "a delay of \(delay) is taken")
    case .term(_, let reason):
        try require(reason.utf8.count <= ConsumerOperation.reasonBytesMax, "a reason that is too long is taken")
    case .create(let request): try check(request, [])
    default: break
    }
}

private func check(_ request: SubscriptionRequest, _ line: [UInt8]) throws(Violation) {
    try require(request.filter.types.count <= EventFilter.typesMax, "there are too many types")
    try require((request.count ?? 1) >= 1, "a count of less than one is taken")
    let bounds = EventLogBounds(first: 5, last: 9)
    let outcome = Result { () throws(Refusal) in
        try SubscriptionPlan(request, source: sampleSource, bounds: bounds)
    }
    switch outcome {
    case .success(let plan):
        if case .after(let id) = plan.start {
            try require((bounds.first - 1...bounds.last).contains(id), "it begins behind \(id), which is not there")
        }
        if let gap = plan.gap { try checkFrameIsJSON(gap) }
    case .failure(let refusal): try checkAnswer(refusal.frame, reference: [])
    }
    let event = Array(
        #"{"specversion":"1.0","id":"7","type":"fal.request.succeeded","endpoint":"xai/\u0067rok","tag":"a"}"#.utf8
    )
    _ = request.filter.matches(event, in: 0..<event.count)
    for glob in request.filter.types + [request.filter.endpoint, request.filter.submission].compactMap({ $0 }) {
        _ = glob.matches(line[...])
    }
}

private func checkAnswer(_ frame: [UInt8], reference: [UInt8]) throws(Violation) {
    try checkFrameIsJSON(frame)
    // A client's own words are not sent back to it, but for its reference and, in a command, the fields it got wrong.
    try require(frame.count - reference.count <= 1_024, "an answer of \(frame.count) bytes")
    let line = try? StreamLine(Array(frame.dropLast()))
    guard case .error(let code, let message, _) = line else { throw Violation(description: "an answer is no error") }
    try require(StreamErrorCode(rawValue: code) != nil && !message.isEmpty, "an error without a code or a message")
}

private func checkFrameIsJSON(_ frame: [UInt8]) throws(Violation) {
    try require(frame.firstIndex(of: 0x0A) == frame.count - 1, "a frame is not one line")
    let members = try? JSONText.members(of: Array(frame.dropLast()).span, depthMax: JSONText.envelopeDepthMax)
    try require(members != nil, "a frame is no JSON object: \(String(decoding: frame, as: UTF8.self))")
    try require(members?.hasRepeatedName == false, "a frame says something twice")
}

/// A `submit` is taken with its input as it was written, or refused with a reason that is JSON.
func checkSubmit(_ bytes: [UInt8]) throws(Violation) {
    switch Result(catching: { () throws(SubmitCommand.Refusal) in try SubmitCommand(line: bytes) }) {
    case .success(let command):
        let input = try? JSONText.validate(command.input.span)
        try require(input?.value.kind == .object, "an input that is no object is taken")
        try require(bytes.count >= command.input.count, "the input is longer than the line")
        try require((command.tag?.utf8.count ?? 0) <= SubmitCommand.tagBytesMax, "the tag is too long")
        var writer = JSONObjectWriter()
        writer.member("endpoint", command.endpoint.description)
        writer.member("input", json: command.input)
        writer.member("tag", command.tag)
        writer.member("warnings", array: command.warnings.map(\.json))
        try require((try? JSONText.members(of: writer.bytes.span, depthMax: 256)) != nil, "its record is no JSON")
    case .failure(let refusal):
        let frame = Frames.error(code: refusal.code, message: refusal.message, op: "submit", details: refusal.details)
        try checkFrameIsJSON(frame)
    }
}

/// A consumer's file that is taken is the same when it is written and read again.
func checkConsumer(_ bytes: [UInt8]) throws(Violation) {
    guard let snapshot = try? ConsumerFile.decode(bytes, source: sampleSource) else { return }
    try require(snapshot.reserved >= snapshot.read, "a consumer got more than was reserved for it")
    try require(snapshot.pending.allSatisfy { $0.id <= snapshot.read }, "an event is pending that was not read")
    // A time after the year 9999 has no form to be written in.
    guard snapshot.parked.allSatisfy({ WallTime(rfc3339: $0.time.rfc3339) == $0.time }) else { return }
    let written = try require(try? ConsumerFile.encode(snapshot, source: sampleSource), "it cannot be written")
    try require(written.firstIndex(of: 0x0A) == written.count - 1, "a consumer's file is not one line")
    let again = try? ConsumerFile.decode(written, source: sampleSource)
    try require(again == snapshot, "a consumer changes when it is written and read")
}

/// A client reads any line without harm, and every frame of ours as what it was.
func checkFrame(_ bytes: [UInt8]) throws(Violation) {
    _ = try? StreamLine(bytes)
    var feed = ByteFeed(bytes)
    let (first, second) = (feed.wide() % EventID.max, feed.wide() % EventID.max)
    let texts = [feed.text(), feed.text()]
    func read(_ frame: [UInt8]) throws(Violation) -> StreamLine? {
        try checkFrameIsJSON(frame)
        return try? StreamLine(Array(frame.dropLast()))
    }
    try require(try read(Frames.caughtUp(id: first)) == .caughtUp(first), "caught_up is read as something else")
    try require(try read(Frames.position(id: first)) == .position(first), "position is read as something else")
    let gap = try read(Frames.gap(.damaged, from: first, to: second))
    try require(gap == .gap(from: first, to: second), "gap is read as something else")
    let bye = try read(Frames.bye(code: texts[0], id: first, message: texts[1]))
    try require(bye == .bye(code: texts[0], id: first, message: texts[1]), "bye is read as something else")
    let time = WallTime(microseconds: Int64(bitPattern: feed.wide()))
    try require(try read(Frames.heartbeat(last: first, time: time)) == .heartbeat(last: first), "no heartbeat")
    let error = try read(Frames.error(code: texts[0], message: texts[1], op: "list", reference: Array("7".utf8)))
    try require(error == .error(code: texts[0], message: texts[1], op: "list"), "error is read as something else")
}
