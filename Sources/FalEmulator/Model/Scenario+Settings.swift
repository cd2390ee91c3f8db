extension Scenario {
    /// The settings of a scenario, by their names in a rule; the header's name follows from it.
    enum Setting: String, CaseIterable, Sendable {
        case outcome
        case webhook
        case reply
        case queueMilliseconds = "queue_ms"
        case runMilliseconds = "run_ms"
        case flaps
        case bigInteger = "big_integer"
        case rotateKeys = "rotate_keys"

        /// The header that sets it, like `X-Emulator-Queue-Ms`.
        var header: String {
            let words = rawValue.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }
            return headerPrefix + words.joined(separator: "-")
        }
    }

    /// What the name of every header of the emulator begins with.
    static let headerPrefix = "X-Emulator-"
    /// The longest queue or run time: a day, in milliseconds.
    static let millisecondsMax = 86_400_000
    /// The most times that a run goes back into the queue.
    static let flapsMax = 100
    /// The latest that a late webhook or a repetition can be: a day, in seconds.
    static let secondsMax = 86_400

    /// Reads the headers of a submission.
    ///
    /// - Parameters:
    ///   - headers: All headers; those that do not begin with `X-Emulator-` are passed over.
    ///   - base: What holds where no header says otherwise, such as a rule's scenario.
    /// - Returns: The scenario.
    /// - Throws: ``ScenarioError`` for an unknown name or value.
    static func parse(
        headers: [(name: String, value: String)],
        over base: Scenario = Scenario()
    ) throws(ScenarioError) -> Scenario {
        var scenario = base
        for header in headers where header.name.lowercased().hasPrefix(headerPrefix.lowercased()) {
            let setting = Setting.allCases.first { $0.header.lowercased() == header.name.lowercased() }
            guard let setting else {
                throw ScenarioError(.unknownName, header.name, known: Setting.allCases.map(\.header))
            }
            try scenario.set(setting, header.value)
        }
        return scenario
    }

    /// Gives a setting a value.
    mutating func set(_ setting: Setting, _ value: String) throws(ScenarioError) {
        switch setting {
        case .outcome: outcome = try Outcome(value)
        case .webhook: webhook = try WebhookFault(value)
        case .reply: reply = try ReplyFault(value)
        case .queueMilliseconds: queueTime = try Self.microseconds(value)
        case .runMilliseconds: runTime = try Self.microseconds(value)
        case .flaps: flaps = try Self.flaps(value)
        case .bigInteger: bigInteger = try Self.boolean(value)
        case .rotateKeys: keyRotation = try Self.boolean(value)
        }
    }

    private static func microseconds(_ text: String) throws(ScenarioError) -> Int64 {
        guard let value = wholeNumber(text, atMost: millisecondsMax) else {
            throw ScenarioError(.unknownValue, text, known: ["milliseconds from 0 to \(millisecondsMax)"])
        }
        return Int64(value) * 1_000
    }

    private static func flaps(_ text: String) throws(ScenarioError) -> Int {
        guard let count = wholeNumber(text, atMost: flapsMax) else {
            throw ScenarioError(.unknownValue, text, known: ["a number of times from 0 to \(flapsMax)"])
        }
        return count
    }

    private static func boolean(_ text: String) throws(ScenarioError) -> Bool {
        switch text.lowercased() {
        case "1", "true": true
        case "0", "false": false
        default: throw ScenarioError(.unknownValue, text, known: ["1", "0", "true", "false"])
        }
    }
}

/// A number of digits alone, as `Int` would also take a sign.
private func wholeNumber(_ text: some StringProtocol, atMost limit: Int) -> Int? {
    guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let value = Int(text),
        value <= limit
    else { return nil }
    return value
}

/// Takes `word:argument` apart.
private func parts(_ text: String) -> (word: String, argument: String?) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    return (parts[0], parts.count > 1 ? parts[1] : nil)
}

extension Scenario.Outcome {
    /// The error that a model has with each status where no other is named (docs.fal.ai/errors).
    static let modelErrors = [
        422: "content_policy_violation", 500: "internal_server_error", 504: "generation_timeout",
    ]

    /// The words there are.
    static var known: [String] {
        ["ok"] + modelErrors.keys.sorted().map { "error-\($0)[:TYPE]" } + ["payload-error"]
            + InfrastructureError.allCases.map { $0.rawValue.hyphenated }
    }

    /// Reads a word; underscores may stand for hyphens.
    init(_ text: String) throws(ScenarioError) {
        let (first, type) = parts(text)
        let word = first.lowercased().hyphenated
        let modelError = Self.modelErrors.first { word == "error-\($0.key)" }
        let infrastructureError = InfrastructureError.allCases.first { $0.rawValue.hyphenated == word }
        switch (word, type) {
        case ("ok", nil): self = .ok
        case ("payload-error", nil): self = .payloadError
        default:
            if let modelError, type != "" {
                self = .modelError(status: modelError.key, type: type ?? modelError.value)
            } else if let infrastructureError, type == nil {
                self = .infrastructureError(infrastructureError)
            } else {
                throw ScenarioError(.unknownValue, text, known: Self.known)
            }
        }
    }
}

extension Scenario.WebhookFault {
    private static let words: [(String, Self)] = [
        ("normal", .normal), ("drop", .drop), ("duplicate", .duplicate), ("before-answer", .beforeAnswer),
        ("bad-signature", .badSignature), ("stale-timestamp", .staleTimestamp), ("wrong-account", .wrongAccount),
        ("unsigned", .unsigned), ("truncated", .truncated),
    ]

    /// The words there are.
    static var known: [String] { words.map(\.0) + ["late:SECONDS"] }

    /// Reads a word.
    init(_ text: String) throws(ScenarioError) {
        let (first, argument) = parts(text)
        let word = first.lowercased().hyphenated
        if let fault = Self.words.first(where: { $0.0 == word })?.1, argument == nil {
            self = fault
        } else if word == "late", let argument, let seconds = wholeNumber(argument, atMost: Scenario.secondsMax) {
            self = .late(seconds: seconds)
        } else {
            throw ScenarioError(.unknownValue, text, known: Self.known)
        }
    }
}

extension Scenario.ReplyFault {
    /// The statuses that a submission can be refused with.
    static let statuses = [401, 403, 404, 429, 500, 502, 503, 504]

    /// The words there are.
    static var known: [String] { ["normal", "lost"] + statuses.map { "\($0)[:RETRY_AFTER_SECONDS]" } }

    /// Reads a word.
    init(_ text: String) throws(ScenarioError) {
        let (word, argument) = parts(text.lowercased())
        let seconds = argument.flatMap { wholeNumber($0, atMost: Scenario.secondsMax) }
        if word == "normal", argument == nil {
            self = .normal
        } else if word == "lost", argument == nil {
            self = .lost
        } else if let status = Self.statuses.first(where: { "\($0)" == word }), (argument == nil) == (seconds == nil) {
            self = .status(status, retryAfterSeconds: seconds)
        } else {
            throw ScenarioError(.unknownValue, text, known: Self.known)
        }
    }
}

extension String {
    fileprivate var hyphenated: String {
        String(map { $0 == "_" ? "-" : $0 })
    }
}
