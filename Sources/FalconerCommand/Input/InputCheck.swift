import ArgumentParser
import Crypto
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

    @OptionGroup var documents: ModelDocumentOptions

    /// What problems are found by.
    struct Checker {
        let endpoint: EndpointID
        /// The model's own document, where there is one.
        let document: ModelDocument?
        /// The document's SHA-256, which is kept with what was checked against it.
        let digest: String?
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

    /// What checks the inputs of an endpoint: the document given, what is built in, or the model's own document.
    ///
    /// When the last cannot be had, standard error says so, and nothing is checked: that holds up no submission.
    ///
    /// - Throws: ``CommandFailure`` when the document given cannot be used.
    func checker(of endpoint: EndpointID) throws -> Checker {
        let (document, bytes) = try document(of: endpoint) ?? (nil, nil)
        if let named = document?.endpoint, named != endpoint.description {
            StandardError.writeLine("warning: the document is of \(named), not of \(endpoint)")
        }
        let digest = noCheck ? nil : bytes.map { SHA256.digest($0.span).hex }
        return Checker(endpoint: endpoint, document: document, digest: digest, isOn: !noCheck)
    }

    private func document(of endpoint: EndpointID) throws -> (ModelDocument?, [UInt8]?)? {
        if let schema { return try modelDocument(schema) }
        guard !noCheck, ModelCatalog.schema(of: endpoint) == nil else { return nil }
        switch try documents.document(of: endpoint) {
        case .success(let found):
            if let reason = found.staleBecause {
                StandardError.writeLine("warning: checked against an old document of \(endpoint): \(reason)")
            }
            return (found.document, found.bytes)
        case .failure(let reason):
            StandardError.writeLine(
                "warning: the input is not checked, the document of \(endpoint) could not be had: \(reason); "
                    + "give it with --schema, or say --no-check"
            )
            return nil
        }
    }

    /// Whether the service is to check the inputs of an endpoint: those of what is built in.
    ///
    /// Any other model's document was asked for here, and the service is not to ask once more for each line of a batch.
    func isLeftToService(_ endpoint: EndpointID) -> Bool {
        schema == nil && !noCheck && ModelCatalog.schema(of: endpoint) != nil
    }
}

/// Reads a model's document from a file.
///
/// - Returns: The document, and its bytes.
/// - Throws: ``CommandFailure``.
func modelDocument(_ path: String) throws -> (ModelDocument, [UInt8]) {
    let bytes = try wholeFile(path, option: "schema", atMost: ModelDocument.bytesMax)
    return (try parsing("schema") { try ModelDocument(bytes) }, bytes)
}
