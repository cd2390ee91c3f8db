import SystemPackage
import TestSupport
import Testing

/// What people and scripts can rely on at the command line: exit codes, help, and messages that say what to do.
@Suite(.blocking) struct CommandLineTests {
    /// The names of a command's subcommands, from its help.
    private func subcommands(of path: [String]) throws -> [String] {
        let help = try Program.run(path + ["--help"])
        guard let start = help.output.firstRange(of: "SUBCOMMANDS:\n") else { return [] }
        return help.output[start.upperBound...].split(separator: "\n", omittingEmptySubsequences: false)
            .prefix { !$0.isEmpty }
            .filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
            .compactMap { $0.split(separator: " ").first.map(String.init) }
    }

    private func commands(below path: [String] = []) throws -> [[String]] {
        try subcommands(of: path).flatMap { name in [path + [name]] + (try commands(below: path + [name])) }
    }

    @Test func everyCommandHasHelpThatTellsItsExitCodes() throws {
        let all = try commands()
        #expect(all.count >= 9)
        for command in [[]] + all {
            let help = try Program.run(command + ["--help"])
            #expect(help.exit == .code(0), "\(command)")
            #expect(help.output.contains("USAGE: falconer"), "\(command)")
            #expect(help.output.contains("Exit codes"), "\(command)")
            #expect(help.error.isEmpty, "\(command)")
        }
    }

    @Test func whatIsNotThereExits64OnStandardError() throws {
        for command in [["fly"], []] + (try commands()) {
            let run = try Program.run(command + ["--no-such-option"])
            #expect(run.exit == .code(64), "\(command)")
            #expect(run.output.isEmpty, "\(command)")
            #expect(run.error.contains("Usage:") || run.error.contains("usage"), "\(command): \(run.error)")
        }
    }

    @Test(arguments: [
        ("listen", "nonsense"), ("listen", "127.0.0.1:65536"), ("listen", "127.0.0.1"), ("listen", ""), ("account", ""),
        ("keys", ""), ("data", ""), ("socket", ""), ("public-url", "ftp://hooks.example.com"), ("public-url", "hooks"),
        ("fal-queue-url", "queue"), ("fal-key-file", "/no/such/file"), ("threads", "0"), ("threads", "65"),
        ("threads", "many"), ("body-bytes-max", "1023"), ("body-bytes-max", "67108865"), ("header-bytes-max", "1023"),
        ("header-bytes-max", "262145"), ("connections-max", "0"), ("connections-per-address-max", "65537"),
        ("idle-timeout", "0"), ("request-deadline", "86401"), ("log-level", "loud"), ("retain-age", "23h"),
        ("retain-age", "30"),
        ("retain-bytes", "1048575"), ("retain-bytes", "10 GB"), ("retain-bytes", "9007199254740993"),
        ("recovery", "lax"), ("dedupe-window", "59m"), ("dedupe-window", "31d"), ("segment-bytes", "4095"),
    ])
    func aSettingThatCannotBeExits64AndIsNamed(name: String, value: String) throws {
        let directory = TemporaryDirectory()
        let rest = name == "data" ? [] : ["--data", directory.file("data").string]
        let run = try Program.run(["serve", "--\(name)", value] + rest)
        #expect(run.exit == .code(64), "\(run.exit as Any) \(run.error)")
        #expect(run.error.contains(name), "\(run.error)")
        let shown = try Program.run(["config", "show", "--\(name)", value])
        #expect(shown.exit == .code(64), "\(shown.output)")
        guard !value.isEmpty else { return }
        let variable = "FALCONER_" + name.uppercased().map { $0 == "-" ? "_" : "\($0)" }.joined()
        let byVariable = try Program.run(["serve"] + rest, environment: [variable: value])
        #expect(byVariable.exit == .code(64), "\(variable): \(byVariable.exit as Any)")
        #expect(byVariable.error.contains(name))
    }

    @Test func configShowTellsWhereEachSettingComesFromAndNoSecret() throws {
        let run = try Program.run(
            [
                "config", "show", "--threads", "3", "--account", "a b", "--account", "c", "--format", "json",
                "--dedupe-window", "1h", "--segment-bytes", "4096",
            ],
            environment: ["FALCONER_THREADS": "2", "FALCONER_IDLE_TIMEOUT": "7", "FAL_KEY": "id:very-secret"]
        )
        #expect(run.exit == .code(0), "\(run.error)")
        var shown: [String: [String]] = [:]
        for line in run.output.split(separator: "\n") {
            let setting = try object(String(line))
            shown[setting["setting"]?.string ?? ""] = [setting["value"]?.string ?? "", setting["from"]?.string ?? ""]
        }
        #expect(shown["threads"] == ["3", "flag"])
        #expect(shown["idle-timeout"] == ["7", "environment"])
        #expect(shown["request-deadline"] == ["30", "default"])
        #expect(shown["dedupe-window"] == ["1h", "flag"])
        #expect(shown["segment-bytes"] == ["4096", "flag"])
        #expect(shown["account"] == ["a b,c", "flag"])
        #expect(shown["FAL_KEY"]?.last == "environment")
        #expect(!(run.output + run.error).contains("very-secret"))
    }

    @Test func aSecondServiceOnTheSameDataExits10AndNamesTheFirst() async throws {
        let directory = TemporaryDirectory()
        let first = try await Service.ready(in: directory)
        let run = try Program.run(
            [
                "serve", "--listen", "127.0.0.1:0", "--data", first.data.string, "--socket",
                directory.file("second.sock").string,
            ],
            within: .seconds(10)
        )
        #expect(run.exit == .code(10), "\(run.error)")
        #expect(run.error.contains("\(first.process.processID)"), "\(run.error)")
        #expect(run.output.isEmpty)
        #expect(try first.storesTheNext() == "1")
    }

    @Test func aSecondServiceOnTheSameSocketOrPortExits5AndTheFirstGoesOn() async throws {
        let directory = TemporaryDirectory()
        let first = try await Service.ready(in: directory)
        let data = directory.file("second").string
        for arguments in [
            ["--listen", "127.0.0.1:0", "--socket", first.socket],
            ["--listen", "127.0.0.1:\(first.port)", "--socket", directory.file("second.sock").string],
        ] {
            let run = try Program.run(["serve", "--data", data] + arguments)
            #expect(run.exit == .code(5), "\(run.exit as Any): \(run.error)")
            #expect(run.error.contains(arguments[1] == "127.0.0.1:0" ? "--socket" : "--listen"), "\(run.error)")
        }
        #expect(try first.storesTheNext() == "1")
        #expect(try first.events().count == 1)
    }

    @Test func dataThatCannotBeWrittenExits8() throws {
        let directory = TemporaryDirectory()
        try "a file".write(toFile: directory.file("file").string)
        let run = try Program.run(
            ["serve", "--listen", "127.0.0.1:0", "--data", directory.file("file").appending("data").string],
            within: .seconds(10)
        )
        #expect(run.exit == .code(8), "\(run.error)")
        #expect(run.error.contains("--data"), "\(run.error)")
    }

    @Test(arguments: [
        ["submit", "fal-ai/flux/dev", "--prompt", "dog"], ["listen", "--from", "first"], ["status", "some-id"],
        ["list"],
        ["rejections"],
    ])
    func withoutAServiceExits5AndSaysHowToStartOne(command: [String]) throws {
        let directory = TemporaryDirectory()
        let run = try Program.run(
            command + ["--socket", directory.file("none.sock").string],
            within: .seconds(10)
        )
        #expect(run.exit == .code(5), "\(run.error)")
        #expect(run.error.contains("falconer serve"), "\(run.error)")
        #expect(run.output.isEmpty)
    }

    @Test func aServiceWithoutAKeySaysWhatItNeedsAndOneThatCouldHearOfNoOutcomeToo() async throws {
        let arguments = ["submit", "fal-ai/flux/dev", "--prompt", "dog", "--socket"]
        let directory = TemporaryDirectory()
        let keyless = try await Service.ready(in: directory, environment: ["FAL_KEY": ""])
        let first = try Program.run(arguments + [keyless.socket])
        #expect(first.exit == .code(5))
        #expect(first.error.contains("FAL_KEY") && first.error.contains("--fal-key-file"), "\(first.error)")
        #expect(keyless.stop() == .code(0))
        // Neither a callback nor a question would ever tell it an outcome.
        let unknown = try await Service.ready(in: directory, ["--no-polling"], environment: ["FAL_KEY": "id:secret"])
        let second = try Program.run(arguments + [unknown.socket])
        #expect(second.exit == .code(5))
        #expect(second.error.contains("--public-url"), "\(second.error)")
        #expect(try unknown.journalLines.isEmpty)
    }

    @Test func anInputThatTheModelDoesNotTakeExits64NamesTheFieldAndIsNotRecorded() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(
            in: directory,
            ["--fal-queue-url", "http://127.0.0.1:1", "--public-url", "auto"],
            environment: ["FAL_KEY": "id:secret"]
        )
        let prompt = ["--prompt", "A falcon dives"]
        let wrong: [(arguments: [String], words: [String])] = [
            (prompt + ["--duration", "0"], ["duration", "1", "15"]),
            (prompt + ["--duration", "16"], ["duration", "15"]),
            (prompt + ["--duration", "-1"], ["duration", "15"]),
            (prompt + ["-i", "duration=6.5"], ["duration", "15"]),
            (prompt + ["-i", "duration=\"6\""], ["duration", "15"]),
            (prompt + ["--aspect-ratio", "21:9"], ["aspect_ratio", "16:9", "9:16"]),
            (prompt + ["--resolution", "1080p"], ["resolution", "480p", "720p"]), (["--duration", "6"], ["prompt"]),
            (["--prompt", ""], ["prompt"]), (["--input", "[]"], ["input"]), (["--input", "{\"prompt\":"], ["input"]),
            (["--input", "{\"prompt\":7}"], ["prompt"]), (["--input", "/no/such/file"], ["/no/such/file"]),
            (prompt + ["-i", "no-equals-sign"], ["no-equals-sign"]),
        ]
        for (arguments, words) in wrong {
            let endpoint = "xai/grok-imagine-video/text-to-video"
            let run = try Program.run(["submit", endpoint, "--socket", service.socket] + arguments)
            #expect(run.exit == .code(64), "\(arguments): \(run.exit as Any) \(run.error)")
            for word in words { #expect(run.error.contains(word), "\(arguments): \(run.error)") }
            #expect(run.output.isEmpty)
        }
        let endpoint = try Program.run(["submit", "no endpoint", "--socket", service.socket] + prompt)
        #expect(endpoint.exit == .code(64), "\(endpoint.error)")
        #expect(try service.journalLines.isEmpty)
    }

    @Test func whatIsNotFoundExits4() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory)
        let run = try Program.run(["status", "no-such-id", "--socket", service.socket])
        #expect(run.exit == .code(4))
        #expect(run.error.contains("no-such-id"))
    }
}
