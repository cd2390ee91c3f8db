import FoundationEssentials
import Testing

/// The house rules that neither the compiler nor the formatter can check.
@Suite struct TidyTests {
    /// Lines that a file may have; one more and it has more than one reason to change.
    static let fileLinesMax = 500
    /// Lines that a function may have.
    static let functionLinesMax = 70

    /// The package's root, three folders above this file.
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func files(in folder: String) -> [(path: String, lines: [Substring])] {
        let base = root.appending(path: folder).path()
        let names = (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []
        return names.sorted().flatMap { name -> [(path: String, lines: [Substring])] in
            guard name.hasSuffix(".swift") else { return files(in: "\(folder)/\(name)") }
            guard let data = try? Data(contentsOf: URL(filePath: "\(base)/\(name)")) else { return [] }
            let text = String(decoding: data, as: UTF8.self)
            return [("\(folder)/\(name)", text.split(separator: "\n", omittingEmptySubsequences: false))]
        }
    }

    private static let sources = files(in: "Sources")
    private static let tests = files(in: "Tests")

    @Test func thereIsSomethingToLookAt() {
        #expect(Self.sources.count > 100)
        #expect(Self.tests.count > 20)
    }

    @Test func filesStaySmall() {
        // A video in base 64 is data, and one line of code.
        let long = (Self.sources + Self.tests).filter { $0.lines.count > Self.fileLinesMax }
            .filter { !$0.path.hasSuffix("SampleVideo.swift") }
        #expect(long.map { "\($0.path): \($0.lines.count)" } == [])
    }

    @Test func functionsStaySmall() {
        var long: [String] = []
        for file in Self.sources {
            var start: (line: Int, indent: Substring)?
            for (number, line) in file.lines.enumerated() {
                let indent = line.prefix { $0 == " " }
                if let begun = start, line == begun.indent + "}" {
                    let count = number - begun.line + 1
                    if count > Self.functionLinesMax { long.append("\(file.path):\(begun.line + 1): \(count)") }
                    start = nil
                } else if start == nil, line.contains("func ") || line.contains(" init("), !line.contains("///"),
                    !line.hasSuffix("}")
                {
                    start = (number, indent)
                }
            }
        }
        #expect(long == [])
    }

    @Test func eachCLibraryIsSeenOnlyByItsWrapper() {
        let wrappers: [String: [String]] = [
            "CMicroHTTPD": ["Sources/HTTPServer/"],
            "COpenSSL": ["Sources/Crypto/"],
            "CCurl": ["Sources/HTTPClient/"],
            "CLinux": ["Sources/Posix/", "Sources/Threading/", "Sources/TestSupport/"],
        ]
        var strangers: [String] = []
        for file in Self.sources + Self.tests {
            for (library, folders) in wrappers where file.lines.contains(where: { $0.hasSuffix("import \(library)") }) {
                if !folders.contains(where: { file.path.hasPrefix($0) }) {
                    strangers.append("\(file.path): \(library)")
                }
            }
        }
        #expect(strangers == [])
    }

    @Test func theFiveRoomsDoNotKnowEachOther() {
        let rooms = ["HTTPServer", "Webhook", "Journal", "EventStream", "FalQueue"]
        let above = ["Falconer", "FalEmulator", "FalconerCommand", "Benchmark", "LoadGenerator"]
        var visits: [String] = []
        for room in rooms {
            let others = (rooms + above).filter { $0 != room }
            for file in Self.sources where file.path.hasPrefix("Sources/\(room)/") {
                for other in others where file.lines.contains(where: { $0.hasSuffix("import \(other)") }) {
                    visits.append("\(file.path): \(other)")
                }
            }
        }
        #expect(visits == [])
    }

    @Test func whatOtherModulesUseIsDocumented() {
        let words = [
            "func ", "init(", "init?(", "var ", "let ", "struct ", "class ", "enum ", "protocol ", "typealias ",
        ]
        // What a protocol of the language asks for is documented there.
        let known = ["var description", "var debugDescription", "var customMirror", "static func ==", "static func <"]
        var silent: [String] = []
        for file in Self.sources {
            for (number, line) in file.lines.enumerated() {
                let code = line.drop { $0 == " " }
                guard code.hasPrefix("package ") || code.hasPrefix("public "), !code.hasPrefix("package import"),
                    words.contains(where: code.contains),
                    !known.contains(where: code.contains)
                else { continue }
                var above = number - 1
                while above >= 0, file.lines[above].drop(while: { $0 == " " }).hasPrefix("@") { above -= 1 }
                if above < 0 || !file.lines[above].drop(while: { $0 == " " }).hasPrefix("///") {
                    silent.append("\(file.path):\(number + 1)")
                }
            }
        }
        #expect(silent == [])
    }

    @Test func onlyTheClientHasAPublicInterface() {
        let published = Self.sources.filter { file in
            file.lines.contains { $0.drop { $0 == " " }.hasPrefix("public ") }
        }
        #expect(published.map(\.path).filter { !$0.hasPrefix("Sources/FalconerClient/") } == [])
        #expect(!published.isEmpty)
    }

    @Test func whatTheCompilerTakesOnTrustHasItsReasonBesideIt() {
        let trusted = (Self.sources + Self.tests).flatMap { file in
            file.lines.enumerated().filter { _, line in
                (line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)")) && !line.contains("//")
                    && !line.contains("\"")
            }.map { "\(file.path):\($0.offset + 1)" }
        }
        #expect(trusted == [])
    }

    @Test func nothingIsLeftUndoneOrForced() {
        // Written in two parts, so that this file does not find itself.
        let words = ["TO" + "DO", "FIX" + "ME", "try" + "!", "fatal" + "Error(", " as" + "! ", "#if " + "false"]
        let found = Self.sources.flatMap { file in
            file.lines.enumerated().filter { _, line in words.contains { line.contains($0) } }
                .map { "\(file.path):\($0.offset + 1)" }
        }
        #expect(found == [])
    }

    @Test func testsWaitForConditionsAndDoNotSleep() {
        let words = ["Task" + ".sleep", "us" + "leep(", " sl" + "eep(", "Thread" + ".sleep"]
        let found = Self.tests.flatMap { file in
            file.lines.enumerated().filter { _, line in
                words.contains { line.contains($0) } && !line.contains("\"") && !line.contains("//")
            }
            .map { "\(file.path):\($0.offset + 1)" }
        }
        #expect(found == [])
    }
}
