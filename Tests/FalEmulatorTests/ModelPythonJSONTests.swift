import JSONText
import TestSupport
import Testing

@testable import FalEmulator

@Suite("JSON as Python writes it")
struct ModelPythonJSONTests {
    static let texts = [
        #"{"b":1,"a":{"d":[1,2.5,{"z":null,"y":true}],"c":"x"}}"#,
        #"{"é":"ü€😀","\ud83d\ude00":1,"z":2,"\uffff":3,"Z":4,"":5}"#,
        #"{"s":"\"\\\/\b\f\n\r\t\u0000\u001f\u007f\u0080 <>&'"}"#,
        #"[0,-0,-1,17454220438242315174,123456789012345678901234567890]"#,
        #"[0.0,-0.0,1.0,0.1,1e3,1.5e-5,0.0001,0.00001,1e15,1e16,1.2e16,12345678901234567.0,1e17,-1.25e16,1e22,1e23,5e-324,1.7976931348623157e308,0.30000000000000004]"#,
        #"[9007199254740992.0,9007199254740993.0,9999999999999998.0,10000000000000002.0,-9999999999999998.0,9.5e15,18014398509481984.0,99999999999999990.0]"#,
        #"{"a":1,"b":2,"a":3}"#,
        #"[]"#, #"{}"#, #"[[],{},[{}]]"#, #"null"#, #""text""#,
    ]

    private static let python = "/usr/bin/env"
    private static var hasPython: Bool {
        (try? ChildProcess(python, ["python3", "-c", "pass"]).waitForExit()) == .code(0)
    }

    private func output(_ expression: String, _ input: String) throws -> String {
        let program = "import json,sys; v=json.loads(sys.argv[1]); sys.stdout.write(\(expression))"
        let child = try ChildProcess(Self.python, ["python3", "-c", program, input])
        #expect(child.waitForExit() == .code(0))
        return child.text(.standardOutput)
    }

    @Test("it is byte for byte what json.dumps writes", .enabled(if: hasPython), arguments: texts)
    func equalsPython(text: String) throws {
        let tree = try JSONTree(Array(text.utf8))
        #expect(
            String(decoding: tree.pythonSorted, as: UTF8.self) == (try output("json.dumps(v, sort_keys=True)", text))
        )
        #expect(String(decoding: tree.python, as: UTF8.self) == (try output("json.dumps(v)", text)))
    }

    @Test("what is written compactly reads back as the same", arguments: texts)
    func roundTrip(text: String) throws {
        let tree = try JSONTree(Array(text.utf8))
        #expect(try JSONTree(tree.compact) == tree)
        #expect(try JSONTree(tree.pythonSorted).pythonSorted == tree.pythonSorted)
    }

    @Test("without Python too: separators, order, escapes")
    func fixed() throws {
        let tree = try JSONTree(Array(#"{"b":[1,"é😀"],"a":1e16}"#.utf8))
        #expect(String(decoding: tree.pythonSorted, as: UTF8.self) == #"{"a": 1e+16, "b": [1, "\u00e9\ud83d\ude00"]}"#)
        #expect(String(decoding: tree.compact, as: UTF8.self) == #"{"b":[1,"é😀"],"a":1e+16}"#)
    }

    @Test("what is no JSON is refused", arguments: ["", "{", "[1,]", #""\ud800""#])
    func refused(text: String) {
        #expect(throws: JSONTextError.self) { try JSONTree(Array(text.utf8)) }
    }
}
