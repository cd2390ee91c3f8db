internal import Crypto
internal import JSONText
internal import Posix
internal import SystemPackage

/// The file that `emulate` and `trigger` share their signing keys through: a JSON array of seeds in hexadecimal.
enum KeysFile {
    /// The longest file read, in bytes: far more than the keys that are ever kept.
    static let bytesMax = 64 * 1024

    /// Reads the keys, or makes them and the file, readable by its owner only.
    ///
    /// - Throws: ``EmulatorStartFailure`` when it cannot be read or written, or holds something else.
    static func loadOrMake(_ path: FilePath) throws(EmulatorStartFailure) -> EmulatorKeys {
        do {
            return try EmulatorKeys(seeds: parse(try read(path), path))
        } catch Errno.noSuchFileOrDirectory {
            let keys = try newKeys()
            try write(keys, to: path)
            return keys
        } catch let failure as EmulatorStartFailure {
            throw failure
        } catch {
            throw EmulatorStartFailure(.keys, "the keys file \(path) cannot be read: \(error)")
        }
    }

    /// New keys in memory only.
    static func newKeys() throws(EmulatorStartFailure) -> EmulatorKeys {
        do {
            return try EmulatorKeys()
        } catch {
            throw EmulatorStartFailure(.system, "no signing key could be made: \(error)")
        }
    }

    /// Replaces the file in one step: whoever reads it meanwhile sees the old keys or the new ones.
    static func write(_ keys: EmulatorKeys, to path: FilePath) throws(EmulatorStartFailure) {
        var bytes = Array("[".utf8)
        for (index, seed) in keys.seeds.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            JSONText.appendString(Hex.encode(seed.span), to: &bytes)
        }
        bytes.append(contentsOf: "]\n".utf8)
        do {
            try makeDirectory(path.removingLastComponent())
            try replaceFile(path, with: bytes)
        } catch {
            throw EmulatorStartFailure(
                .keys,
                "the keys file \(path) cannot be written: \(error)",
                advice: "choose another with --keys-file"
            )
        }
    }

    private static func parse(_ bytes: [UInt8], _ path: FilePath) throws -> [[UInt8]] {
        let malformed = EmulatorStartFailure(
            .keys,
            "the keys file \(path) is no JSON array of 64-digit hexadecimal seeds",
            advice: "remove it, and a new one is made"
        )
        let slices: [JSONValueSlice]
        do {
            let summary = try JSONText.validate(bytes.span)
            slices = try JSONText.elements(of: summary.value, in: bytes.span)
        } catch {
            throw malformed
        }
        guard !slices.isEmpty, slices.count <= EmulatorKeys.countMax else { throw malformed }
        return try slices.map { slice in
            guard let text = try? JSONText.string(slice, in: bytes.span), let seed = Hex.decode(text),
                seed.count == Ed25519PrivateKey.seedByteCount
            else { throw malformed }
            return seed
        }
    }

    private static func read(_ path: FilePath) throws -> [UInt8] {
        let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
        return try file.closeAfter {
            var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
            var count = 0
            while count < bytes.count {
                let more = try unsafe bytes.withUnsafeMutableBytes { raw in
                    try unsafe file.read(into: UnsafeMutableRawBufferPointer(rebasing: raw[count...]))
                }
                if more == 0 { break }
                count += more
            }
            guard count <= bytesMax else { throw Errno.fileTooLarge }
            return Array(bytes[..<count])
        }
    }
}
