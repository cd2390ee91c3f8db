import ArgumentParser
import FoundationEssentials

/// For whom data is printed.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
    /// For people.
    case human
    /// For programs: one JSON text a line.
    case json
}

/// The options about output that every command with data takes.
struct OutputOptions: ParsableArguments {
    @Option(help: "human or json (default: human on a terminal, json otherwise).")
    var format: OutputFormat?

    /// The format asked for, or the one that fits where the output goes.
    var resolvedFormat: OutputFormat { format ?? (StandardOutput.isTerminal ? .human : .json) }
}

/// Colour for people, never for programs.
struct Style {
    private let isColoured: Bool

    /// Colour only on a terminal, and not where `NO_COLOR` is set (https://no-color.org).
    init(isTerminal: Bool) {
        let wish = ProcessInfo.processInfo.environment["NO_COLOR"] ?? ""
        isColoured = isTerminal && wish.isEmpty
    }

    func good(_ text: String) -> String { paint(text, 32) }
    func bad(_ text: String) -> String { paint(text, 31) }
    func faint(_ text: String) -> String { paint(text, 2) }

    private func paint(_ text: String, _ code: Int) -> String {
        isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
