import Crypto
import FoundationEssentials
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

@testable import Falconer

@Suite struct HookSecretTests {
    private let id = SubmissionID(at: WallTime(microseconds: 1_700_000_000_000_000), random: (1...10).map { $0 })

    private func secret(_ byte: UInt8) throws -> HookSecret {
        try #require(HookSecret([UInt8](repeating: byte, count: HookSecret.byteCount)))
    }

    private func mode(_ path: FilePath) -> UInt32 {
        var status = stat()
        return lstat(path.string, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test func aTokenSaysWhichSubmissionItIsOf() throws {
        let secret = try secret(1)
        let token = secret.token(for: id)
        #expect(secret.submission(of: token) == id)
        // 32 bytes in base 64 for URLs.
        #expect(token.text.utf8.count == 43)
        #expect(token.text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" })
    }

    @Test func aTokenOfAnotherSecretIsNone() throws {
        #expect(try secret(2).submission(of: secret(1).token(for: id)) == nil)
    }

    @Test func aTokenWithAnyCharacterChangedIsNone() throws {
        let secret = try secret(1)
        let text = Array(secret.token(for: id).text.utf8)
        for index in text.indices {
            var changed = text
            // The last character carries 4 bits that count; this one changes the highest of them.
            changed[index] = text[index] == UInt8(ascii: "A") ? UInt8(ascii: "w") : UInt8(ascii: "A")
            let token = HookToken(text: String(decoding: changed, as: UTF8.self))
            #expect(secret.submission(of: token) == nil, "at \(index)")
        }
    }

    @Test(arguments: ["", "A", "../../etc", String(repeating: "A", count: 42), String(repeating: "A", count: 44), "é"])
    func anyOtherTextIsNone(_ text: String) throws {
        #expect(try secret(1).submission(of: HookToken(text: text)) == nil)
    }

    @Test(arguments: [0, 31, 33])
    func aSecretHas32Bytes(_ count: Int) {
        #expect(HookSecret([UInt8](repeating: 1, count: count)) == nil)
    }

    @Test func theSecretIsMadeOnceForItsOwnerAlone() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("hook.key")
        let made = try HookSecret.load(path)
        #expect(made.origin == .new)
        #expect(mode(path) == 0o600)
        let again = try HookSecret.load(path)
        #expect(again.origin == .file)
        #expect(again.secret.token(for: id) == made.secret.token(for: id))
        let other = try HookSecret.load(directory.file("other.key"))
        #expect(other.secret.token(for: id) != made.secret.token(for: id))
    }

    @Test(arguments: [0, 31, 33, 100])
    func aFileThatHoldsNoSecretIsReplacedAndThatIsSaid(_ count: Int) throws {
        let directory = TemporaryDirectory()
        let path = directory.file("hook.key")
        try Data(repeating: 7, count: count).write(to: URL(filePath: path.string))
        #expect(try HookSecret.load(path).origin == .replaced)
        #expect(try HookSecret.load(path).origin == .file)
        #expect(mode(path) == 0o600)
    }

    @Test func aSecretThatCannotBeKeptIsNotUsed() {
        #expect(throws: (any Error).self) { try HookSecret.load("/nonexistent/folder/hook.key") }
    }
}
