/// What a machine's disk holds, and what its memory believes the disk holds.
struct FakeDisk: Sendable {
    /// One file.
    struct Contents: Sendable {
        /// A change that was not synchronized.
        enum Change: Sendable {
            case write([UInt8], at: Int)
            case truncate(Int)
        }

        var seen: [UInt8] = []
        var durable: [UInt8] = []
        var changes: [Change] = []

        mutating func write(_ bytes: [UInt8], at offset: Int) {
            Self.apply(.write(bytes, at: offset), to: &seen)
            changes.append(.write(bytes, at: offset))
        }

        mutating func truncate(to size: Int) {
            Self.apply(.truncate(size), to: &seen)
            changes.append(.truncate(size))
        }

        mutating func synchronize() {
            durable = seen
            changes = []
        }

        static func apply(_ change: Change, to bytes: inout [UInt8]) {
            switch change {
            case .write(let new, let offset):
                let end = offset + new.count
                if bytes.count < end { bytes.append(contentsOf: [UInt8](repeating: 0, count: end - bytes.count)) }
                bytes.replaceSubrange(offset..<end, with: new)
            case .truncate(let size):
                if bytes.count > size {
                    bytes.removeLast(bytes.count - size)
                } else {
                    bytes.append(contentsOf: [UInt8](repeating: 0, count: size - bytes.count))
                }
            }
        }

        /// What a power cut leaves: of each write any of its sectors, of each truncation all or nothing.
        mutating func crash(_ random: inout SeededGenerator) {
            for change in changes {
                switch change {
                case .truncate: if random.coin() { Self.apply(change, to: &durable) }
                case .write(let bytes, let offset):
                    var position = offset
                    while position < offset + bytes.count {
                        let end = min((position / 512 + 1) * 512, offset + bytes.count)
                        if random.coin() {
                            let piece = Array(bytes[position - offset..<end - offset])
                            Self.apply(.write(piece, at: position), to: &durable)
                        }
                        position = end
                    }
                }
            }
            seen = durable
            changes = []
        }
    }

    /// A change of names that was not synchronized.
    enum NameChange: Sendable {
        case make(String, Int)
        case rename(String, to: String)
        case remove(String)

        var path: String {
            switch self {
            case .make(let path, _), .rename(let path, _), .remove(let path): path
            }
        }
    }

    var directories: Set<String> = ["/"]
    var names: [String: Int] = [:]
    var durableNames: [String: Int] = [:]
    var nameChanges: [NameChange] = []
    var files: [Int: Contents] = [:]
    var locks: Set<Int> = []

    mutating func make(_ path: String) -> Int {
        let inode = files.count
        files[inode] = Contents()
        change(.make(path, inode))
        return inode
    }

    mutating func rename(_ path: String, to other: String) {
        change(.rename(path, to: other))
    }

    mutating func remove(_ path: String) {
        change(.remove(path))
    }

    private mutating func change(_ change: NameChange) {
        Self.apply(change, to: &names)
        nameChanges.append(change)
    }

    private static func apply(_ change: NameChange, to names: inout [String: Int]) {
        switch change {
        case .make(let path, let inode): names[path] = inode
        case .rename(let path, let other): if let inode = names.removeValue(forKey: path) { names[other] = inode }
        case .remove(let path): names[path] = nil
        }
    }

    static func directory(of path: String) -> Substring {
        path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
    }

    mutating func synchronizeNames(in directory: String) {
        for change in nameChanges where Self.directory(of: change.path) == directory {
            Self.apply(change, to: &durableNames)
        }
        nameChanges.removeAll { Self.directory(of: $0.path) == directory }
    }

    /// The disk as it is found after a power cut.
    func crashed(_ random: inout SeededGenerator) -> FakeDisk {
        var disk = self
        for change in nameChanges where random.coin() { Self.apply(change, to: &disk.durableNames) }
        disk.names = disk.durableNames
        disk.nameChanges = []
        disk.locks = []
        for inode in files.keys.sorted() { disk.files[inode]?.crash(&random) }
        return disk
    }

    /// A file by its number, which does not change with its name.
    subscript(inode: Int) -> Contents {
        get { files[inode, default: Contents()] }
        _modify { yield &files[inode, default: Contents()] }
    }

    /// The bytes of a file as a program sees them.
    subscript(path: String) -> [UInt8]? {
        get { names[path].flatMap { files[$0]?.seen } }
        set {
            guard let newValue else { return }
            let inode = names[path] ?? make(path)
            files[inode] = Contents(seen: newValue, durable: newValue)
            durableNames[path] = inode
        }
    }
}

/// A small generator whose every run can be had again (SplitMix64, https://prng.di.unimi.it/splitmix64.c).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func coin() -> Bool {
        next() & 1 == 0
    }
}
