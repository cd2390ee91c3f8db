import FoundationEssentials
import Testing

/// The page "What a 200 means" names what shows each promise: all of it has to be there.
@Suite struct PromisePageTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path()

    private static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: root + path)), as: UTF8.self)
    }

    /// What stands between backticks on the page.
    private static func names() throws -> [Substring] {
        try text("Sources/Falconer/Falconer.docc/WhatA200Means.md")
            .split(separator: "\n").filter { !$0.hasPrefix("```") }
            .flatMap { line in
                line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                    .filter { !$0.offset.isMultiple(of: 2) }.map(\.element)
            }
    }

    /// The words behind `struct` and `func` in a test target.
    private static func declarations(_ module: Substring) throws -> Set<Substring> {
        let folder = module == "FuzzTests" ? "Tests/Fuzz" : "Tests/\(module)"
        let files = try FileManager.default.contentsOfDirectory(atPath: root + folder).filter { $0.hasSuffix(".swift") }
        var names: Set<Substring> = []
        for file in files {
            let words = try text("\(folder)/\(file)").split { $0 == " " || $0 == "\n" || $0 == "(" || $0 == ":" }
            for (keyword, name) in zip(words, words.dropFirst()) where keyword == "struct" || keyword == "func" {
                names.insert(name)
            }
        }
        return names
    }

    @Test func everyTestOnThePageExists() throws {
        var declared: [Substring: Set<Substring>] = [:]
        var count = 0
        for name in try Self.names() {
            let parts = name.split(separator: ".")
            guard parts.count >= 2, parts[0].hasSuffix("Tests"), parts[1].hasSuffix("Tests") else { continue }
            count += 1
            let known = try declared[parts[0]] ?? Self.declarations(parts[0])
            declared[parts[0]] = known
            #expect(parts.dropFirst().filter { !known.contains($0) } == [], "\(name)")
        }
        #expect(count > 20)
    }

    @Test func everyHarnessOnThePageIsRunByTheCommandForAll() throws {
        let all = try Self.text("Tests/Faults/all")
        var count = 0
        for name in try Self.names() {
            if name.hasPrefix("Tests/Faults/"), !name.contains(" ") {
                let exists = FileManager.default.fileExists(atPath: Self.root + name)
                #expect(exists || all.contains("\(name) "), "there is no \(name)")
                count += 1
            } else if name.hasPrefix("falconer-") {
                // As `"$bin/falconer-faults" kills`.
                let command = "$bin/" + name.split(separator: " ").joined(separator: "\" ")
                #expect(all.contains(command), "\(name) is not run")
                count += 1
            }
        }
        #expect(count > 10)
    }
}
