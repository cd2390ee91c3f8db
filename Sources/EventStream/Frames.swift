import JSONText
import Posix

/// The frames that the server sends, each one line of JSON with its line feed.
///
/// An event has no `frame` key, and every frame has it first, so the first bytes of a line tell them apart.
enum Frames {
    /// The version of the protocol.
    static let protocolVersion = 1

    static func hello(source: String, bounds: EventLogBounds, heartbeat: Duration) -> [UInt8] {
        var frame = FrameWriter("hello")
        frame.add("protocol", integer: protocolVersion)
        frame.add("source", source)
        frame.add("first", id: bounds.first)
        frame.add("last", id: bounds.last)
        frame.add("heartbeat_ms", integer: Int(heartbeat / .milliseconds(1)))
        return frame.finished()
    }

    /// The members that tell a journal and what it has, for an `error` frame.
    static func bounds(source: String, _ bounds: EventLogBounds) -> [UInt8] {
        Array(#"{"source":"\#(source)","first":"\#(bounds.first)","last":"\#(bounds.last)"}"#.utf8)
    }

    /// Whether a line is a frame that tells of a position, which is wrong when the events before it are left out.
    static func isAboutPosition(_ line: ArraySlice<UInt8>) -> Bool {
        [#"{"frame":"caught_up""#, #"{"frame":"position""#, #"{"frame":"heartbeat""#, #"{"frame":"gap""#]
            .contains { line.starts(with: $0.utf8) }
    }

    static func caughtUp(id: UInt64) -> [UInt8] {
        var frame = FrameWriter("caught_up")
        frame.add("id", id: id)
        return frame.finished()
    }

    static func heartbeat(last: UInt64, time: WallTime) -> [UInt8] {
        var frame = FrameWriter("heartbeat")
        frame.add("last", id: last)
        frame.add("time", time.rfc3339)
        return frame.finished()
    }

    static func position(id: UInt64) -> [UInt8] {
        var frame = FrameWriter("position")
        frame.add("id", id: id)
        return frame.finished()
    }

    /// Why events are not there to be sent.
    enum GapReason: String {
        /// They are older than what is kept.
        case pruned
        /// They were damaged on the disk.
        case damaged

        fileprivate var message: String {
            switch self {
            case .pruned: "these events are no longer kept; what follows begins behind them"
            case .damaged: "these events were damaged on the disk; what follows begins behind them"
            }
        }
    }

    static func gap(_ reason: GapReason, from: UInt64, to: UInt64) -> [UInt8] {
        var frame = FrameWriter("gap")
        frame.add("from", id: from)
        frame.add("to", id: to)
        frame.add("code", reason.rawValue)
        frame.add("message", reason.message)
        return frame.finished()
    }

    /// The end of a connection; `id` is where a subscriber goes on from with `"after"`.
    static func bye(code: String, id: UInt64?, message: String) -> [UInt8] {
        var frame = FrameWriter("bye")
        frame.add("code", code)
        if let id { frame.add("id", id: id) }
        frame.add("message", message)
        return frame.finished()
    }

    /// What went wrong; `reference` is the client's `ref` as raw JSON, `details` a JSON object whose members are added,
    /// each empty for none.
    static func error(
        code: String,
        message: String,
        op: String? = nil,
        reference: [UInt8] = [],
        details: [UInt8] = []
    ) -> [UInt8] {
        var frame = FrameWriter("error")
        frame.add("code", code)
        if let op { frame.add("op", op) }
        if !reference.isEmpty { frame.add("ref", raw: reference) }
        frame.add("message", message)
        frame.addMembers(of: details)
        return frame.finished()
    }

    /// The answer to a command: the members of `object` behind our own.
    static func reply(op: String, reference: [UInt8], object: [UInt8], isLast: Bool) -> [UInt8] {
        var frame = FrameWriter("reply")
        frame.add("op", op)
        if !reference.isEmpty { frame.add("ref", raw: reference) }
        if !isLast { frame.add("more", raw: Array("true".utf8)) }
        frame.addMembers(of: object)
        return frame.finished()
    }
}

/// Writes one frame, member by member.
struct FrameWriter {
    private var bytes: [UInt8] = []

    /// Begins a frame of that kind.
    init(_ kind: StaticString) {
        bytes.reserveCapacity(128)
        bytes.append(contentsOf: #"{"frame":""#.utf8)
        bytes.append(contentsOf: kind.description.utf8)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func add(_ name: StaticString, _ value: String) {
        addName(name)
        JSONText.appendString(value, to: &bytes)
    }

    /// Adds an event's id, which is a string in JSON: jq rounds larger numbers.
    mutating func add(_ name: StaticString, id: UInt64) {
        add(name, String(id))
    }

    mutating func add(_ name: StaticString, integer: Int) {
        add(name, raw: Array(String(integer).utf8))
    }

    /// Adds a value that is JSON already.
    mutating func add(_ name: StaticString, raw value: [UInt8]) {
        addName(name)
        append(value[...])
    }

    /// Adds the members of a JSON object.
    mutating func addMembers(of object: [UInt8]) {
        guard let open = object.firstIndex(of: UInt8(ascii: "{")),
            let close = object.lastIndex(of: UInt8(ascii: "}"))
        else { return }
        let members = object[(open + 1)..<max(close, open + 1)]
        guard members.contains(where: { !Self.isSpace($0) }) else { return }
        bytes.append(UInt8(ascii: ","))
        append(members)
    }

    /// Ends the frame and its line.
    consuming func finished() -> [UInt8] {
        bytes.append(UInt8(ascii: "}"))
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private mutating func addName(_ name: StaticString) {
        bytes.append(contentsOf: #",""#.utf8)
        bytes.append(contentsOf: name.description.utf8)
        bytes.append(contentsOf: #"":"#.utf8)
    }

    /// JSON has line ends only between its tokens, so a space says the same and keeps the frame one line.
    private mutating func append(_ json: ArraySlice<UInt8>) {
        bytes.append(contentsOf: json.lazy.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 })
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}
