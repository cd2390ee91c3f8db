import ArgumentParser
import FalQueue

/// What an input is checked against before it is sent.
struct InputCheck: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Check the input against the model's OpenAPI document in this file (https://fal.ai/api/openapi/queue/openapi.json?endpoint_id=…).",
            valueName: "file"
        )
    )
    var schema: String?

    @Flag(help: "Send the input as it is: nothing is checked but that it is a JSON object.")
    var noCheck = false

    /// What problems are found by.
    struct Checker {
        let endpoint: EndpointID
        /// The model's own document, where there is one.
        let document: ModelDocument?
        /// Whether anything is checked at all.
        let isOn: Bool

        /// What is wrong with an input.
        func problems(in input: [UInt8]) -> [InputProblem] {
            guard isOn else { return [] }
            return document?.problems(in: input) ?? ModelCatalog.check(endpoint, input)
        }

        /// Says what is wrong with an input.
        ///
        /// - Throws: ``CommandFailure`` with every error; warnings go to standard error.
        func check(_ input: [UInt8]) throws {
            let problems = problems(in: input)
            for problem in problems where problem.severity == .warning {
                StandardError.writeLine("warning: \(problem)")
            }
            let errors = problems.filter { $0.severity == .error }
            guard let first = errors.first else { return }
            let others = errors.dropFirst().map { "\($0)" }
            throw CommandFailure(.usage, "\(first)", advice: others.isEmpty ? nil : others.joined(separator: "\n  "))
        }
    }

    /// What checks the inputs of an endpoint.
    ///
    /// - Throws: ``CommandFailure`` when the document cannot be used.
    func checker(of endpoint: EndpointID) throws -> Checker {
        let document = try schema.map { try modelDocument($0) }
        if let named = document?.endpoint, named != endpoint.description {
            StandardError.writeLine("warning: the document is of \(named), not of \(endpoint)")
        }
        return Checker(endpoint: endpoint, document: document, isOn: !noCheck)
    }

    /// Whether the service is to check the input too.
    var isLeftToService: Bool { schema == nil && !noCheck }
}

/// Reads a model's document from a file.
///
/// - Throws: ``CommandFailure``.
func modelDocument(_ path: String) throws -> ModelDocument {
    let bytes = try wholeFile(path, option: "schema")
    return try parsing("schema") { try ModelDocument(bytes) }
}
