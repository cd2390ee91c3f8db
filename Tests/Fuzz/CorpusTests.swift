import FoundationEssentials
import Testing

/// Every input that is kept, run again: what a fuzzer once found stays found.
@Suite struct CorpusTests {
    /// The most bytes of a kept input.
    private static let inputBytesMax = 4_096
    /// The most bytes of all of them.
    private static let corpusBytesMax = 300_000

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus").path()

    private static func inputs(_ target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
        let path = folder + "/" + target.rawValue
        return try FileManager.default.contentsOfDirectory(atPath: path).sorted().map { name in
            (name, Array(try Data(contentsOf: URL(filePath: path + "/" + name))))
        }
    }

    @Test(arguments: FuzzTarget.allCases)
    func everyKeptInputHasItsProperties(target: FuzzTarget) throws {
        let inputs = try Self.inputs(target)
        #expect(inputs.count >= 5, "the corpus of \(target.rawValue) is gone")
        for input in inputs {
            do throws(Violation) {
                try target.run(input.bytes)
            } catch {
                Issue.record("\(target.rawValue)/\(input.name): \(error)")
            }
        }
    }

    @Test(arguments: FuzzTarget.allCases)
    func everyKeptInputCutAnywhereHasThem(target: FuzzTarget) throws {
        for input in try Self.inputs(target) where input.bytes.count <= 160 {
            for count in 0..<input.bytes.count {
                do throws(Violation) {
                    try target.run(Array(input.bytes.prefix(count)))
                } catch {
                    Issue.record("the first \(count) bytes of \(target.rawValue)/\(input.name): \(error)")
                }
            }
        }
    }

    @Test func theCorpusStaysSmall() throws {
        let sizes = try FuzzTarget.allCases.flatMap { target in
            try Self.inputs(target).map { (name: "\(target.rawValue)/\($0.name)", count: $0.bytes.count) }
        }
        #expect(sizes.filter { $0.count > Self.inputBytesMax }.map(\.name) == [])
        #expect(sizes.map(\.count).reduce(0, +) <= Self.corpusBytesMax)
    }

    @Test func aWrongPropertyIsSeen() {
        #expect(throws: Violation.self) { try require(false, "never") }
    }
}
