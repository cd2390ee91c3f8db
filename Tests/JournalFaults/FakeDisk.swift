/// What a machine's disk holds, and what its memory believes the disk holds.
package struct FakeDisk: Sendable {
    /// What a power cut leaves of all that was not synchronized.
    package enum Keeping: Equatable, Sendable, CaseIterable {
        /// Nothing of it.
        case nothing
        /// All of it.
        case everything
        /// The names and no bytes.
        case names
        /// The bytes and no names.
        case bytes
        /// Any part of it: any sectors, any sizes, any names.
        case some
    }

    /// What of the pages that count as written memory drops when it is asked to; being asked is advice and no order.
    package enum Forgetting: Equatable, Sendable {
        /// All.
        case everything
        /// None.
        case nothing
        /// Any.
        case some
    }

    /// A change of names that was not synchronized.
    enum NameChange: Sendable {
        case makeDirectory(String)
        case make(String, Int)
        case rename(String, to: String, Int)
        case remove(String)

        var path: String {
            switch self {
            case .makeDirectory(let path), .make(let path, _), .rename(let path, _, _), .remove(let path): path
            }
        }
    }

    /// The directories there are.
    package private(set) var directories: Set<String> = ["/"]
    /// The files there are, by path.
    package var names: [String: Int] = [:]
    /// The files by their numbers, which do not change with their names.
    package private(set) var files: [Int: FakeContents] = [:]
    /// What ``forgetCached(_:)`` does.
    package var forgetting = Forgetting.everything
    /// How many bytes files may still grow by, all together; nil for any number.
    package var room: Int?
    /// How large a file may be; nil for any size.
    package var fileBytesMax: Int?
    /// The files that are locked.
    package internal(set) var locks: Set<Int> = []
    private var durableDirectories: Set<String> = ["/"]
    private var durableNames: [String: Int] = [:]
    private var nameChanges: [NameChange] = []
    private var filesMade = 0
    private let seed: UInt64

    /// An empty disk; the seed says what failures leave behind.
    package init(seed: UInt64 = 1) {
        self.seed = seed
    }

    // MARK: Names

    mutating func makeDirectory(_ path: String) {
        directories.insert(path)
        nameChanges.append(.makeDirectory(path))
    }

    mutating func make(_ path: String) -> Int {
        let file = filesMade
        filesMade += 1
        files[file] = FakeContents()
        names[path] = file
        nameChanges.append(.make(path, file))
        return file
    }

    /// Gives a file another name; false when there is no such file.
    mutating func rename(_ path: String, to other: String) -> Bool {
        guard let file = names.removeValue(forKey: path) else { return false }
        names[other] = file
        nameChanges.append(.rename(path, to: other, file))
        return true
    }

    /// Takes a name away; false when there is no such file.
    mutating func remove(_ path: String) -> Bool {
        guard names.removeValue(forKey: path) != nil else { return false }
        nameChanges.append(.remove(path))
        return true
    }

    static func directory(of path: String) -> Substring {
        let end = path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex
        return end == path.startIndex ? path[...end] : path[..<end]
    }

    mutating func synchronizeNames(in directory: String) {
        settleNames { Self.directory(of: $0) == directory ? .kept : .waits }
    }

    /// A sync of a directory that failed: some of its changes are on disk, the others may be yet.
    mutating func failSynchronizeNames(in directory: String) {
        var random = SeededGenerator(seed: seed, name: directory)
        settleNames { Self.directory(of: $0) == directory && random.coin() ? .kept : .waits }
    }

    private enum Fate { case kept, lost, waits }

    private mutating func settleNames(_ fate: (String) -> Fate) {
        var waiting: [NameChange] = []
        for change in nameChanges {
            switch fate(change.path) {
            case .lost: continue
            case .waits: waiting.append(change)
            case .kept:
                switch change {
                case .makeDirectory(let path): durableDirectories.insert(path)
                case .make(let path, let file): durableNames[path] = file
                case .remove(let path): durableNames[path] = nil
                case .rename(let path, let other, let file):
                    if durableNames[path] == file { durableNames[path] = nil }
                    durableNames[other] = file
                }
            }
        }
        nameChanges = waiting
    }

    // MARK: Ends

    /// The disk as another process finds it: all that memory holds, and no locks.
    package var released: FakeDisk {
        var disk = self
        disk.locks = []
        return disk
    }

    /// The disk as it is found after a power cut.
    package func crashed(_ keeping: Keeping, seed: UInt64) -> FakeDisk {
        var disk = released
        var ordinal = 0
        disk.settleNames { path in
            ordinal += 1
            switch keeping {
            case .nothing, .bytes: return .lost
            case .everything, .names: return .kept
            case .some:
                var random = SeededGenerator(seed: seed &+ UInt64(ordinal), name: path)
                return random.coin() ? .kept : .lost
            }
        }
        disk.directories = disk.durableDirectories.filter { disk.isReachable($0, in: disk.durableDirectories) }
        disk.durableDirectories = disk.directories
        disk.durableNames = disk.durableNames.filter { disk.directories.contains(String(Self.directory(of: $0.key))) }
        disk.names = disk.durableNames
        let named = Set(disk.names.values)
        disk.files = files.filter { named.contains($0.key) }
        for (path, file) in disk.names {
            var random = SeededGenerator(seed: seed, name: path)
            disk.files[file]?.crash(keeping, &random)
        }
        return disk
    }

    private func isReachable(_ directory: String, in directories: Set<String>) -> Bool {
        var path = directory[...]
        while path != "/" {
            guard directories.contains(String(path)) else { return false }
            path = Self.directory(of: String(path))
        }
        return true
    }

    /// A sync of a file that failed.
    mutating func failSynchronize(_ file: Int, path: String) {
        var random = SeededGenerator(seed: seed &+ UInt64(self[file].changes.count), name: path)
        self[file].failSynchronize(&random)
    }

    /// Drops what memory counts as written of a file.
    mutating func forgetCached(_ file: Int) {
        guard forgetting != .nothing else { return }
        var random = SeededGenerator(seed: seed &+ UInt64(self[file].seen.count))
        let forgetting = forgetting
        self[file].forgetCached { forgetting == .everything || random.coin() }
    }

    /// Drops what memory counts as written of every file, as far as ``forgetting`` goes.
    package mutating func forgetAllCached() {
        for file in files.keys { forgetCached(file) }
    }

    // MARK: Looking

    subscript(file: Int) -> FakeContents {
        get { files[file, default: FakeContents()] }
        _modify { yield &files[file, default: FakeContents()] }
    }

    /// The bytes of a file as a program sees them; what is set is on disk, name and all.
    package subscript(path: String) -> [UInt8]? {
        get { names[path].flatMap { files[$0]?.seen } }
        set {
            guard let newValue else { return }
            let file = names[path] ?? make(path)
            files[file] = FakeContents(newValue)
            durableNames[path] = file
        }
    }

    /// The bytes of a file as they are on disk; nil when its name is not.
    package func durableBytes(_ path: String) -> [UInt8]? {
        durableNames[path].flatMap { files[$0]?.durable }
    }

    /// Changes bytes of a file, in memory and on disk.
    package mutating func rot(_ path: String, _ range: Range<Int>, with bytes: [UInt8]) {
        guard let file = names[path] else { return }
        files[file]?.rot(range, with: bytes)
    }
}
