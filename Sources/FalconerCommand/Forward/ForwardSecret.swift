import FoundationEssentials
import Glibc
import Posix
import SystemPackage

/// The file that holds a signing secret and nothing else.
enum ForwardSecret {
    /// The longest file that is read: a secret of the longest kind, and white space.
    static let fileBytesMax = 256

    /// Reads the secret of a file.
    ///
    /// - Throws: ``CommandFailure`` when it cannot be read, others may read it, or it holds no secret.
    static func read(_ path: String) throws -> WebhookSigner {
        let bytes: [UInt8]
        do {
            let file = try OwnedDescriptor.open(path, O_RDONLY)
            guard try file.permissions() & 0o077 == 0 else {
                throw CommandFailure(.usage, "others may read \(path)", advice: "chmod 600 \(path)")
            }
            var buffer: [UInt8] = []
            _ = try file.read(Self.fileBytesMax + 1, at: 0, appendingTo: &buffer)
            bytes = buffer
        } catch let error as SystemCallError {
            throw CommandFailure(.usage, "the signing secret cannot be read: \(error)")
        }
        let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        guard bytes.count <= fileBytesMax, let signer = WebhookSigner(secret: text) else {
            throw CommandFailure(
                .usage,
                "\(path) holds no signing secret",
                advice: "it has to be whsec_ and 24 to 64 bytes in base 64, as: "
                    + "(umask 077; echo whsec_$(head -c 32 /dev/urandom | base64) > FILE)"
            )
        }
        return signer
    }

    /// Reads the secret of a file, which is made when there is none.
    ///
    /// - Returns: The secret, and whether it is new.
    /// - Throws: ``CommandFailure`` when it cannot be read or made.
    static func readOrMake(_ path: String) throws -> (signer: WebhookSigner, isNew: Bool) {
        if unsafe access(path, F_OK) == 0 { return (try read(path), false) }
        do {
            try FileManager.default.createDirectory(
                atPath: String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)),
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
            try write(try WebhookSigner.newSecret() + "\n", to: path)
        } catch {
            throw CommandFailure(
                .storage,
                "no signing secret could be made in \(path): \(error)",
                advice: "make one yourself and name it with --forward-secret-file"
            )
        }
        return (try read(path), true)
    }

    /// Makes the file whole or not at all; when another process was faster, its file stays.
    private static func write(_ text: String, to path: String) throws {
        let unfinished = "\(path).\(getpid())"
        let file = try OwnedDescriptor.open(unfinished, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        defer { unsafe unlink(unfinished) }
        let bytes = Array(text.utf8)
        guard try file.write(bytes.span, at: 0) == bytes.count else {
            throw SystemCallError(call: "write", errno: .noSpace, subject: unfinished)
        }
        try file.synchronize()
        guard unsafe link(unfinished, path) == 0 || errno == EEXIST else {
            throw SystemCallError(call: "link", errno: Errno(rawValue: errno), subject: path)
        }
    }
}
