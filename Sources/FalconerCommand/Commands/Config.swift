import ArgumentParser
import FoundationEssentials
import JSONText

/// The command `falconer config`.
struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at the configuration.",
        discussion: "Exit codes: 0 shown, 64 wrong options.",
        subcommands: [Show.self]
    )

    /// The command `falconer config show`.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Show every setting of 'falconer serve' with the same options: its value and where that comes from.",
            discussion: """
                A flag goes before a variable, a variable before the default. The fal key itself is never shown.

                Exit codes: 0 shown, 64 a setting that 'falconer serve' would not take.
                """
        )

        @OptionGroup var options: ServeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try reportingFailure {
                let environment = Environment(variables: ProcessInfo.processInfo.environment)
                _ = try options.resolved(environment)
                _ = try options.log.logger("falconer")
                for setting in options.settings(environment) { try print(setting) }
                let key = Setting<String?>(
                    name: "FAL_KEY",
                    value: environment["FAL_KEY"] == nil ? nil : "(set, not shown)",
                    origin: environment["FAL_KEY"] == nil ? .byDefault : .environment
                )
                try print(key)
            }
        }

        private func print(_ setting: Setting<String?>) throws {
            guard output.resolvedFormat == .json else {
                let style = Style(isTerminal: StandardOutput.isTerminal)
                let origin = style.faint("(\(setting.origin.rawValue))")
                try StandardOutput.writeLine("\(setting.name) = \(setting.value ?? "") \(origin)")
                return
            }
            var writer = JSONObjectWriter()
            writer.member("setting", setting.name)
            writer.member("value", setting.value ?? "")
            writer.member("from", setting.origin.rawValue)
            try StandardOutput.write(writer.line)
        }
    }
}
