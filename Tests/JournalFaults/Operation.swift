package import SystemPackage

/// One step of a workload.
package enum Operation: Equatable, Sendable, CustomStringConvertible {
    /// Events are handed in, and nobody waits for them yet.
    case append(events: Int, resends: Bool, padding: Int)
    /// Everybody waits for what was handed in, and a reader reads on.
    case commit
    /// Both.
    case store(events: Int, resends: Bool, padding: Int)
    /// The segment gets old: the next event goes to a new one.
    case rotate
    /// The service stops as it should, and starts.
    case restart
    /// The process is killed, and started.
    case kill
    /// The power goes and comes back, and the service starts.
    case cut(FakeDisk.Keeping)
    /// Something is going to fail.
    case fault(Trouble)

    package var description: String {
        switch self {
        case .append(let events, let resends, let padding):
            "append \(events) of \(padding) bytes\(resends ? ", resend one" : "")"
        case .commit: "commit"
        case .store(let events, let resends, let padding):
            "store \(events) of \(padding) bytes\(resends ? ", resend one" : "")"
        case .rotate: "rotate"
        case .restart: "restart"
        case .kill: "kill"
        case .cut(let keeping): "power cut that leaves \(keeping)"
        case .fault(let trouble): "\(trouble)"
        }
    }
}

/// What goes wrong.
package enum Trouble: Equatable, Sendable, CustomStringConvertible {
    /// Calls of a kind fail: some pass, then so many fail.
    case fails(CallKind, Errno, passing: Int, times: Int)
    /// The disk has room for so many bytes more.
    case room(Int)
    /// No file may be larger.
    case fileBytesMax(Int)
    /// No write takes more.
    case shortWrites(Int)
    /// All that was wrong is right again.
    case heals

    package var description: String {
        switch self {
        case .fails(let kind, let errno, let passing, let times):
            "\(kind) fails \(times) times after \(passing) more: \(errno)"
        case .room(let bytes): "room for \(bytes) bytes"
        case .fileBytesMax(let bytes): "files of at most \(bytes) bytes"
        case .shortWrites(let bytes): "writes of at most \(bytes) bytes"
        case .heals: "all is well again"
        }
    }
}

/// The kinds of calls that can be made to fail.
package enum CallKind: Equatable, Sendable, CaseIterable {
    /// A write to a segment.
    case segmentWrite
    /// A sync of a segment.
    case segmentSync
    /// A sync of anything.
    case sync
    /// A sync of a directory.
    case directorySync
    /// A truncation.
    case truncate
    /// An opening that makes a file or not.
    case open
    /// A renaming.
    case rename
    /// A removal.
    case remove
    /// A read.
    case read
    /// A write to anything.
    case write
    /// A listing of names.
    case list
    /// Any call.
    case any

    func matches(_ call: FakeFileSystem.Call) -> Bool {
        switch (self, call) {
        case (.any, _), (.sync, .synchronize), (.sync, .synchronizeData), (.sync, .synchronizeDirectory),
            (.directorySync, .synchronizeDirectory), (.truncate, .truncate), (.open, .open), (.rename, .rename),
            (.remove, .remove), (.read, .read), (.write, .write), (.list, .list):
            true
        case (.segmentWrite, .write(let path, _)), (.segmentSync, .synchronizeData(let path)),
            (.segmentSync, .synchronize(let path)):
            path.hasSuffix(".jsonl")
        default: false
        }
    }
}
