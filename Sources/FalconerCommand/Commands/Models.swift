import ArgumentParser
import FalQueue
import JSONText

/// The command `falconer models`.
struct Models: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at what models take.",
        discussion: "Exit codes: 0 shown, 4 no such model, 5 fal unreachable, 64 a document that cannot be used.",
        subcommands: [ListModels.self, ShowModel.self],
        defaultSubcommand: ListModels.self
    )
}

/// The command `falconer models list`.
struct ListModels: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the models whose inputs are known without asking anybody.",
        discussion: "Exit codes: 0 listed."
    )

    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingFailure {
            for endpoint in ModelCatalog.endpoints {
                guard output.resolvedFormat == .json else {
                    try StandardOutput.writeLine(endpoint)
                    continue
                }
                var writer = JSONObjectWriter()
                writer.member("endpoint", endpoint)
                try StandardOutput.write(writer.line)
            }
        }
    }
}

/// The command `falconer models show`.
struct ShowModel: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the inputs of a model as a table.",
        discussion: """
              falconer models show xai/grok-imagine-video/image-to-video
              falconer models show fal-ai/flux-2 --schema openapi.json

            A model that is not built in is looked up at fal; its document is kept for a day, and longer when fal cannot \
            be reached.

            Exit codes: 0 shown, 4 fal has no document of it, 5 fal cannot be reached: give the document, 64 a document \
            that cannot be used.
            """
    )

    @Argument(help: "The fal endpoint id; may be left out with --schema.")
    var endpoint: String?

    @Option(help: ArgumentHelp("The model's OpenAPI document.", valueName: "file"))
    var schema: String?

    @OptionGroup var documents: ModelDocumentOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingFailure {
            let inputs = try inputs()
            guard output.resolvedFormat == .human else {
                for input in inputs { try StandardOutput.write(Self.json(input)) }
                return
            }
            let style = Style(isTerminal: StandardOutput.isTerminal)
            let width = inputs.map(\.name.count).max() ?? 0
            let middle = inputs.map { Self.presence($0).count }.max() ?? 0
            for input in inputs {
                let presence = Self.presence(input)
                let cells = [
                    input.name + String(repeating: " ", count: width - input.name.count),
                    presence + String(repeating: " ", count: middle - presence.count), input.allowed,
                ]
                try StandardOutput.writeLine(cells.joined(separator: "  "))
                if let description = input.description {
                    try StandardOutput.writeLine(String(repeating: " ", count: width + 2) + style.faint(description))
                }
            }
        }
    }

    private func inputs() throws -> [ModelInput] {
        if let schema { return try modelDocument(schema).0.inputs }
        guard let endpoint else { throw CommandFailure(.usage, "name an endpoint, or give --schema") }
        let id = try parsing("endpoint") { try EndpointID.parse(endpoint) }
        if let known = ModelCatalog.schema(of: id) { return known.inputs }
        switch try documents.document(of: id) {
        case .success(let found):
            if let reason = found.staleBecause { StandardError.writeLine("warning: an old document: \(reason)") }
            return found.document.inputs
        case .failure(let reason):
            throw CommandFailure(
                reason == .unknownModel ? .notFound : .unreachable,
                "the inputs of \(id) are not known here: \(reason)",
                advice: "save https://fal.ai/api/openapi/queue/openapi.json?endpoint_id=\(id) and give it with --schema"
            )
        }
    }

    private static func presence(_ input: ModelInput) -> String {
        input.isRequired ? "required" : input.defaultValue.map { "(\($0))" } ?? "optional"
    }

    private static func json(_ input: ModelInput) -> [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("name", input.name)
        writer.member("required", input.isRequired)
        writer.member("allowed", input.allowed)
        writer.member("default", input.defaultValue)
        writer.member("description", input.description)
        return writer.line
    }
}
