import FoundationEssentials
import Glibc
import Journal
import Logging
import Posix
package import SystemPackage
import TestSupport
import Threading

/// Measures how fast a journal is read by one subscriber, beside the ways in which its bytes could go through a Unix
/// socket without anybody looking at them.
package struct ReplayBenchmark {
    /// About how large the journal is.
    package var bytes: Int
    /// A data folder with a journal of the same making; nil makes one and removes it.
    package var data: FilePath?
    /// How often each way is measured, in turns.
    package var runs: Int
    /// How many threads make the journal.
    package var workers: Int
    /// The `falconer` to measure.
    package var program: String

    /// Plans the measurement.
    package init(bytes: Int, data: FilePath?, runs: Int, workers: Int, program: String) {
        self.bytes = bytes
        self.data = data
        self.runs = runs
        self.workers = workers
        self.program = program
    }

    /// Runs it all.
    ///
    /// - Parameter progress: Told of each step before it begins.
    /// - Returns: The measurements in the order they were made.
    /// - Throws: ``BenchmarkFailure`` when a reader was not given what there is.
    package func run(_ progress: (String) -> Void) throws -> [ReplayMeasurement] {
        let directory = TemporaryDirectory()
        let data = data ?? directory.file("data")
        let journal = data.appending("journal").string
        if !FileManager.default.fileExists(atPath: journal) {
            progress("making a journal of \(bytes / 1_000_000) MB")
            let generator = JournalGenerator(data: data, bytes: bytes, workers: workers)
            _ = try generator.run(logger: Logger(label: "journal") { _ in SwiftLogNoOpLogHandler() }) { _ in }
        }
        let segments = try FileManager.default.contentsOfDirectory(atPath: journal).filter { $0.hasSuffix(".jsonl") }
            .sorted().map { "\(journal)/\($0)" }
        var all = 0
        for path in segments {
            let file = try OwnedDescriptor.open(path, O_RDONLY)
            all += try file.size()
        }
        let service = try MeasuredService(program, data: data)
        var measurements: [ReplayMeasurement] = []
        for run in 1...runs {
            for way in ReplayMeasurement.Way.allCases {
                progress("run \(run) of \(runs): \(way.rawValue)")
                guard let measurement = try measure(way, service, segments, all) else {
                    progress("there is no nc(1) to measure this with")
                    continue
                }
                measurements.append(measurement)
            }
        }
        try service.stop()
        return measurements
    }

    private func measure(
        _ way: ReplayMeasurement.Way,
        _ service: MeasuredService,
        _ segments: [String],
        _ all: Int
    ) throws -> ReplayMeasurement? {
        switch way {
        case .subscriber: return try subscribe(service, "", way, all)
        case .filtered:
            return try subscribe(service, #","endpoint":"\#(JournalGenerator.rareEndpoint)""#, way, all)
        case .netcat: return try netcat(segments, all)
        case .write, .sendfile: return try copy(way, segments, all)
        }
    }

    private func subscribe(
        _ service: MeasuredService,
        _ filter: String,
        _ way: ReplayMeasurement.Way,
        _ all: Int
    ) throws -> ReplayMeasurement {
        let descriptor = try UnixSocket.connect(to: UnixSocketPath(service.socket))
        let request = Array("{\"op\":\"subscribe\",\"from\":\"first\",\"until\":\"now\"\(filter)}\n".utf8)
        let before = service.usage()
        let begin = ContinuousClock.now
        _ = UnixSocket.send(request.span, to: descriptor.number)
        let audit = read(descriptor.number, EventAudit(after: 0, isWhole: way == .subscriber))
        let elapsed = begin.duration(to: .now)
        guard audit.violations == 0, audit.hasCaughtUp else {
            throw BenchmarkFailure(
                "\(way.rawValue): \(audit.violations) lines were out of order, or the end is missing"
            )
        }
        let processor = (service.usage()?.processorTime ?? .zero) - (before?.processorTime ?? .zero)
        return ReplayMeasurement(
            way: way,
            bytes: all,
            received: audit.bytes,
            events: audit.events,
            elapsed: elapsed,
            processorTime: processor
        )
    }

    /// `cat SEGMENTS | nc -U`, into a socket of ours.
    private func netcat(_ segments: [String], _ all: Int) throws -> ReplayMeasurement? {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/nc") else { return nil }
        let directory = TemporaryDirectory()
        let path = directory.file("s").string
        let listener = try UnixSocketListener(path: UnixSocketPath(path))
        let begin = ContinuousClock.now
        let script = "cat \"$@\" | nc -N -U \"$0\" > /dev/null"
        let child = try ChildProcess("/bin/sh", ["-c", script, path] + segments)
        var accepted: OwnedDescriptor?
        while accepted == nil {
            accepted = try listener.accept()
            if accepted == nil { pause(.milliseconds(1)) }
        }
        guard let number = accepted.take()?.release() else { return nil }
        let descriptor = OwnedDescriptor(owning: number)
        let audit = read(descriptor.number, EventAudit(after: 0))
        let elapsed = begin.duration(to: .now)
        UnixSocket.endWriting(on: descriptor.number)
        _ = child.waitForExit()
        return try complete(.netcat, audit, elapsed, all)
    }

    /// A thread that only moves bytes from the files to a socket.
    private func copy(
        _ way: ReplayMeasurement.Way,
        _ segments: [String],
        _ all: Int
    ) throws -> ReplayMeasurement {
        let pair = try SocketPair()
        let number = pair.writing.number
        let begin = ContinuousClock.now
        let thread = WorkerThread(name: "copy") {
            for path in segments { way == .sendfile ? sendWhole(path, to: number) : writeWhole(path, to: number) }
            UnixSocket.endWriting(on: number)
        }
        let audit = read(pair.reading.number, EventAudit(after: 0))
        let elapsed = begin.duration(to: .now)
        thread.join()
        return try complete(way, audit, elapsed, all)
    }

    private func complete(
        _ way: ReplayMeasurement.Way,
        _ audit: EventAudit,
        _ elapsed: Duration,
        _ all: Int
    ) throws -> ReplayMeasurement {
        guard audit.violations == 0, audit.bytes == all else {
            throw BenchmarkFailure("\(way.rawValue): \(audit.bytes) of \(all) bytes came")
        }
        return ReplayMeasurement(way: way, bytes: all, received: all, events: audit.events, elapsed: elapsed)
    }

    /// Reads until the other side ends.
    private func read(_ number: Int32, _ audit: EventAudit) -> EventAudit {
        var audit = audit
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            switch UnixSocket.receive(into: &buffer, from: number) {
            case .bytes(let count): audit.take(buffer, count: count)
            case .ended: return audit
            case .wouldBlock:
                var polled = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
                guard unsafe poll(&polled, 1, 30_000) > 0 else { return audit }
            }
        }
    }
}

/// The bytes that go over at once, as the service has it.
private let blockBytes = 128 << 10

/// Two ends of a Unix socket that block.
private struct SocketPair: ~Copyable {
    let reading: OwnedDescriptor
    let writing: OwnedDescriptor

    init() throws(SystemCallError) {
        var numbers: [Int32] = [-1, -1]
        try systemCall("socketpair") { unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &numbers) }
        reading = OwnedDescriptor(owning: numbers[0])
        writing = OwnedDescriptor(owning: numbers[1])
    }
}

/// Reads blocks and writes them.
private func writeWhole(_ path: String, to number: Int32) {
    guard let file = try? OwnedDescriptor.open(path, O_RDONLY) else { return }
    var block: [UInt8] = []
    var offset = 0
    while let count = try? file.read(blockBytes, at: offset, appendingTo: &block), count > 0 {
        var sent = 0
        while sent < count {
            let more = unsafe block.withUnsafeBytes {
                unsafe send(number, $0.baseAddress.map { unsafe $0 + sent }, count - sent, Int32(MSG_NOSIGNAL))
            }
            guard more > 0 else { return }
            sent += more
        }
        block.removeAll(keepingCapacity: true)
        offset += count
    }
}

/// Has the kernel move the bytes (sendfile(2)).
private func sendWhole(_ path: String, to number: Int32) {
    guard let file = try? OwnedDescriptor.open(path, O_RDONLY) else { return }
    while sendfile(number, file.number, nil, blockBytes) > 0 {}
}
