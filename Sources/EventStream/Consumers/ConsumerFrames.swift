import JSONText
import Posix

extension Frames {
    /// An event that has to be acknowledged by its id; `line` is the journal's, with its line feed.
    static func delivery(id: UInt64, number: Int, line: ArraySlice<UInt8>) -> [UInt8] {
        var frame = FrameWriter("delivery")
        frame.add("id", id: id)
        frame.add("delivery", integer: number)
        frame.add("event", raw: Array(line.dropLast()))
        return frame.finished()
    }

    /// An acknowledgement is on disk.
    static func acked(id: UInt64, reference: [UInt8]) -> [UInt8] {
        var frame = FrameWriter("acked")
        frame.add("id", id: id)
        if !reference.isEmpty { frame.add("ref", raw: reference) }
        return frame.finished()
    }

    /// An event was parked, and will not be delivered again unless somebody asks for it.
    static func dead(_ event: ParkedEvent) -> [UInt8] {
        var frame = FrameWriter("dead")
        frame.add("id", id: event.id)
        frame.add("deliveries", integer: event.deliveries)
        frame.add("message", event.reason)
        return frame.finished()
    }

    /// A parked event in a list.
    static func parked(_ event: ParkedEvent) -> [UInt8] {
        var object = JSONObjectWriter()
        object.member("id", String(event.id))
        object.member("deliveries", event.deliveries)
        object.member("reason", event.reason)
        object.member("time", event.time.rfc3339)
        return object.bytes
    }
}
