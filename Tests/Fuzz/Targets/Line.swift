import JSONText
import Posix

@testable import EventStream
@testable import Journal

/// A line made of any texts and any data says the same to both of its readers; bytes that are no line harm neither.
func checkLine(_ bytes: [UInt8]) throws(Violation) {
    var feed = ByteFeed(bytes)
    if feed.byte() & 1 == 0 {
        try checkWrittenLine(&feed)
    } else {
        try checkForeignLine(&feed)
    }
}

private func checkWrittenLine(_ feed: inout ByteFeed) throws(Violation) {
    let draft = draft(&feed)
    let id = feed.wide() % LineFormat.sequenceMax + 1
    var bytes: [UInt8] = []
    let event = EncodedEvent(draft, source: sampleSource)
    event.appendLine(id: id, to: &bytes)
    try require(bytes.count <= event.lineBytesMax, "the line is longer than announced")
    try require(bytes.count >= LineFormat.lineBytesMin, "the line is shorter than any")
    try require(bytes.firstIndex(of: 0x0A) == bytes.count - 1, "the line is not one line")
    try require(JournalOracle.isIntact(bytes), "the checksum is wrong")
    let text = Array(bytes.dropLast())
    let summary = try? JSONText.validate(text.span, depthMax: JSONText.envelopeDepthMax)
    try require(summary?.isSingleLine == true, "the line is no JSON")

    let line = try require(try? EventLine.parse(bytes), "the line cannot be read")
    try require(line.id == id && line.type == draft.type, "it has another id or type")
    for attribute in EventAttribute.allCases where attribute != .source {
        try require(same(line.text(attribute), draft[attribute]), "\(attribute) is another")
    }
    try require(line.text(.source) == sampleSource, "the source is another")
    try require(line.data == draft.data?.bytes, "the data is not what it was")
    try require(WallTime(rfc3339: draft.time.rfc3339) == line.time, "the time is another")

    let attributes = try require(EventAttributes(line: bytes), "the event stream cannot read the line")
    try require(attributes.id == id && attributes.type == draft.type.rawValue, "the event stream has another event")
    try require(same(attributes.subject, draft.subject), "the event stream has another subject")
    try require(same(attributes.submission, draft.submission), "the event stream has another submission")
    try require(same(attributes.endpoint, draft.endpoint), "the event stream has another endpoint")
    try require(same(attributes.origin, draft.origin?.rawValue), "the event stream has another origin")
    try require(same(attributes.tag, draft.tag), "the event stream has another tag")
    try require(attributes.time == draft.time.rfc3339, "the event stream has another time")
    if draft.data?.form == .verbatim {
        try require(attributes.data.map { Array(bytes[$0]) } == draft.data?.bytes, "the event stream has other data")
    }
}

private func draft(_ feed: inout ByteFeed) -> EventDraft {
    let present = feed.number(below: 1 << 16)
    func text(_ bit: Int) -> String? { present & 1 << bit == 0 ? nil : feed.text() }
    let types = EventType.known
    // A type is a word of ours: letters and dots.
    let word = text(0).map { $0.filter { ("a"..."z").contains($0) || $0 == "." } } ?? ""
    var draft = EventDraft(
        type: word.isEmpty ? types[present % types.count] : EventType(rawValue: word),
        time: WallTime(microseconds: Int64(bitPattern: feed.wide()))
    )
    draft.subject = text(1)
    draft.submission = text(2)
    draft.endpoint = text(3)
    draft.origin = text(4).map(EventOrigin.init(rawValue:))
    draft.falUserID = text(5)
    draft.falTimestamp = text(6)
    draft.falSignature = text(7)
    draft.tag = text(8)
    draft.data = present & 1 << 9 == 0 ? nil : EventData(feed.all())
    return draft
}

/// An empty text is read as one that was left out.
private func same(_ read: String?, _ written: String?) -> Bool {
    (read ?? "").utf8.elementsEqual((written ?? "").utf8)
}

/// Bytes that nobody of ours wrote, with a checksum that is right all the same.
private func checkForeignLine(_ feed: inout ByteFeed) throws(Violation) {
    let head = feed.byte() & 1 == 0 ? Array(#"{"specversion":"1.0","id":""#.utf8) : []
    let raw = head + feed.all()
    for bytes in [raw, JournalOracle.withChecksum(raw)] {
        if let attributes = EventAttributes(line: bytes) {
            try require((attributes.data?.upperBound ?? 0) <= bytes.count, "the data ends behind the line")
        }
        _ = AttributeRanges(bytes, in: 0..<bytes.count)
        guard let line = try? EventLine.parse(bytes) else { continue }
        try require(JournalOracle.isIntact(bytes.last == 0x0A ? bytes : bytes + [0x0A]), "a damaged line was read")
        try require(line.id > 0 && line.id <= LineFormat.sequenceMax, "no such id")
        try require(!line.type.rawValue.isEmpty, "an event without a type")
        for attribute in EventAttribute.allCases { _ = line.text(attribute) }
        _ = (line.data, line.time, line.origin, line.dataForm)
    }
}
