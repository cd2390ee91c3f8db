import FalQueue
import Falconer
import JSONText

/// One line of a batch, ready to be submitted.
struct BatchLine {
    /// Where it stands in the file, from 1.
    let number: Int
    /// The model's input.
    let input: [UInt8]
    /// The label of its submission.
    let tag: String?
    /// What makes it the same submission when the batch is run again.
    let key: IdempotencyKey
}

/// Reads the lines of a batch: each an input, or an object of `input` and perhaps `tag` and `idempotency_key`.
struct BatchReader {
    let endpoint: EndpointID
    /// What the inputs are checked against.
    let checker: InputCheck.Checker
    /// Sets this batch apart from another with the same lines.
    let name: String
    /// The tag of lines that bring none.
    let tag: String?
    /// What the command line sets in every input.
    let common: (inout InputBuilder) throws -> Void

    /// Why a line cannot be submitted.
    struct LineProblem: Error {
        let message: String
    }

    /// Reads every line; empty ones are left out.
    ///
    /// - Parameter bytes: The file.
    /// - Returns: The lines in order, and what may not do what was meant, each once.
    /// - Throws: ``CommandFailure`` that names the first line that cannot be submitted.
    func lines(of bytes: [UInt8]) throws -> (lines: [BatchLine], warnings: [String]) {
        var lines: [BatchLine] = []
        var warnings: [String] = []
        var occurrences: [IdempotencyKey: Int] = [:]
        let texts = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, text) in texts.enumerated() where text.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) {
            do {
                let line = try line(index + 1, Array(text), &occurrences)
                for problem in checker.problems(in: line.input) {
                    if problem.severity == .error { throw LineProblem(message: "\(problem)") }
                    if !warnings.contains("\(problem)") { warnings.append("\(problem)") }
                }
                lines.append(line)
            } catch let problem as LineProblem {
                throw unusable(index + 1, problem.message)
            } catch let error as InputBuilderError {
                throw unusable(index + 1, "\(error)")
            }
        }
        return (lines, warnings)
    }

    private func unusable(_ number: Int, _ message: String) -> CommandFailure {
        CommandFailure(
            .usage,
            "line \(number) of the batch: \(message)",
            advice: "nothing was submitted; mend the line and run the batch again"
        )
    }

    private func line(
        _ number: Int,
        _ text: [UInt8],
        _ occurrences: inout [IdempotencyKey: Int]
    ) throws -> BatchLine {
        let parts = try Self.parts(of: text)
        var builder = try InputBuilder(object: parts.input)
        try common(&builder)
        let input = try builder.encoded()
        if let given = parts.key {
            guard let key = IdempotencyKey(given) else {
                throw LineProblem(message: "its key must have 1 to \(IdempotencyKey.bytesMax) bytes")
            }
            return BatchLine(number: number, input: input, tag: parts.tag ?? tag, key: key)
        }
        func key(_ occurrence: Int) throws -> IdempotencyKey {
            guard let key = IdempotencyKey.line(to: endpoint, input: input, occurrence: occurrence, of: name) else {
                throw LineProblem(message: "the batch's name has more than \(IdempotencyKey.batchNameBytesMax) bytes")
            }
            return key
        }
        let first = try key(1)
        let occurrence = occurrences[first, default: 0] + 1
        occurrences[first] = occurrence
        return BatchLine(number: number, input: input, tag: parts.tag ?? tag, key: try key(occurrence))
    }

    /// Takes a line apart: an object whose only keys are `input`, `tag` and `idempotency_key` is an envelope.
    private static func parts(of text: [UInt8]) throws -> (input: [UInt8], tag: String?, key: String?) {
        guard let members = try? JSONText.members(of: text.span), let input = members.value(of: "input"),
            input.kind == .object,
            members.allSatisfy({ ["input", "tag", "idempotency_key"].contains($0.name ?? "") })
        else { return (text, nil, nil) }
        func string(_ name: String) throws -> String? {
            guard let slice = members.value(of: name), slice.kind != .null else { return nil }
            guard let value = try? JSONText.string(slice, in: text.span) else {
                throw LineProblem(message: "\"\(name)\" must be a string")
            }
            return value
        }
        return (Array(text[input.range]), try string("tag"), try string("idempotency_key"))
    }
}
