import Testing

@testable import FalconerCommand

/// How the command of `--exec` becomes a program and its arguments.
@Suite struct ExecTemplateTests {
    private func arguments(_ command: String) throws -> [String] {
        try ExecTemplate(command).arguments { field in
            switch field.name {
            case "id": "42"
            case "endpoint": "a b; rm -rf /"
            default: nil
            }
        }
    }

    @Test(arguments: [
        ("encode {id}", ["encode", "42"]), ("  a\tb\nc ", ["a", "b", "c"]), ("a 'b c' \"d e\"", ["a", "b c", "d e"]),
        ("a '' b", ["a", "", "b"]), ("x{id}y'{id}'", ["x42y42"]), ("a {endpoint}", ["a", "a b; rm -rf /"]),
        ("a {tag}", ["a", ""]), ("a {{id}", ["a", "{id}"]), ("a 'it'\"'\"'s'", ["a", "it's"]),
        ("a $HOME", ["a", "$HOME"]),
    ])
    func isSplitAtBlanksAndFilledIn(_ command: String, _ expected: [String]) throws {
        #expect(try arguments(command) == expected)
    }

    @Test(arguments: ["", " ", "a 'b", "a \"b", "a {id", "a {nothing}", "a {}"])
    func whatIsWrongIsRefused(_ command: String) {
        #expect(throws: ExecTemplate.Problem.self) { try ExecTemplate(command) }
    }

    @Test func theLastLineOfStandardErrorIsTheReason() {
        var tail = ErrorTail()
        #expect(tail.lastLine == nil)
        tail.append(Array("first\nsecond \u{1B}[31mred\n\n \n".utf8))
        #expect(tail.lastLine == "second  [31mred")
        tail.append(Array(String(repeating: "x", count: 2 * ErrorTail.bytesMax).utf8))
        #expect(tail.lastLine?.count == ErrorTail.charactersMax)
    }
}
