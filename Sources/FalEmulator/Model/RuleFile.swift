import FalQueue
import JSONText

/// Rules that say which submissions are played how: `[{"endpoint": "xai/*", "nth": 3, "outcome": "error-422"}, …]`.
///
/// A rule's conditions are `endpoint` (a pattern with `*`), `prompt_contains` and `nth`; one that is absent holds always. Its
/// settings have the names and values of the headers: `outcome`, `webhook`, `reply`, `queue_ms`, `run_ms`, `flaps`,
/// `big_integer`, `rotate_keys`.
package struct RuleFile: Sendable {
    /// The most rules.
    package static let rulesMax = 1_000

    private var rules: [Rule] = []

    /// No rules: everything goes well.
    package init() {}

    /// Reads the text of a rule file.
    ///
    /// - Throws: ``RuleFileError``, which names the rule and what is wrong with it.
    package init(_ bytes: [UInt8]) throws(RuleFileError) {
        let slices: [JSONValueSlice]
        do throws(JSONTextError) {
            let summary = try JSONText.validate(bytes.span)
            slices = try JSONText.elements(of: summary.value, in: bytes.span)
        } catch {
            throw RuleFileError(.noList, "it has to be a JSON list of rules: \(error)")
        }
        guard slices.count <= Self.rulesMax else {
            throw RuleFileError(.tooMany, "it has \(slices.count) rules, and \(Self.rulesMax) is the most")
        }
        for (index, slice) in slices.enumerated() {
            rules.append(try Rule(slice, in: bytes, number: index + 1))
        }
    }

    /// The scenario of the first rule that holds for a submission, which is counted.
    ///
    /// `nth` is the how-manieth submission, from 1, that fulfils the rule's other conditions, whichever rule is taken.
    mutating func scenario(endpoint: EndpointID, input: [UInt8]) -> Scenario {
        let name = "\(endpoint)"
        let prompt = rules.isEmpty ? nil : ModelInput(input).string("prompt")
        var scenario: Scenario?
        for index in rules.indices where rules[index].matches(endpoint: name, prompt: prompt) {
            rules[index].matched += 1
            if rules[index].nth == nil || rules[index].nth == rules[index].matched {
                scenario = scenario ?? rules[index].scenario
            }
        }
        return scenario ?? Scenario()
    }
}

/// Why a file is no rule file.
package struct RuleFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, from a fixed list.
    package enum Code: String, CaseIterable, Sendable {
        /// It is no JSON, or no list.
        case noList = "no_list"
        /// It has too many rules.
        case tooMany = "too_many"
        /// A rule is no object.
        case noObject = "no_object"
        /// A rule has a member of an unknown name.
        case unknownName = "unknown_name"
        /// A rule's member has a value that it cannot have.
        case badValue = "bad_value"
    }

    /// What is wrong.
    package let code: Code
    /// What is wrong and what to write instead.
    package let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}

/// One rule.
private struct Rule: Sendable {
    static let conditions = ["endpoint", "prompt_contains", "nth"]

    var endpoint: WildcardPattern?
    var promptPart: String?
    var nth: Int?
    var scenario = Scenario()
    var matched = 0

    init(_ slice: JSONValueSlice, in bytes: [UInt8], number: Int) throws(RuleFileError) {
        guard let members = try? JSONText.members(of: slice, in: bytes.span) else {
            throw RuleFileError(.noObject, "rule \(number) is no object")
        }
        for member in members {
            let name = member.name ?? ""
            let text = Self.text(member.value, in: bytes)
            switch (name, text) {
            case ("endpoint", .some(let text)) where member.value.kind == .string:
                endpoint = WildcardPattern(text)
            case ("prompt_contains", .some(let text)) where member.value.kind == .string:
                promptPart = text
            case ("nth", _):
                guard let value = JSONText.integer(member.value, in: bytes.span), value > 0 else {
                    throw RuleFileError(.badValue, "rule \(number): nth has to be a whole number from 1")
                }
                nth = value
            default:
                try set(name, text, number: number)
            }
        }
    }

    private mutating func set(_ name: String, _ text: String?, number: Int) throws(RuleFileError) {
        guard let setting = Scenario.Setting(rawValue: name) else {
            guard !Self.conditions.contains(name) else {
                throw RuleFileError(.badValue, "rule \(number): \(name) has to be a string")
            }
            let known = (Self.conditions + Scenario.Setting.allCases.map(\.rawValue)).joined(separator: ", ")
            throw RuleFileError(.unknownName, "rule \(number): there is no '\(name)'; write one of: \(known)")
        }
        guard let text else {
            throw RuleFileError(.badValue, "rule \(number): \(name) has to be a string, a number or a boolean")
        }
        do throws(ScenarioError) {
            try scenario.set(setting, text)
        } catch {
            throw RuleFileError(.badValue, "rule \(number): \(name): \(error)")
        }
    }

    /// A scalar as a header would have it.
    private static func text(_ slice: JSONValueSlice, in bytes: [UInt8]) -> String? {
        switch slice.kind {
        case .string: try? JSONText.string(slice, in: bytes.span)
        case .number, .boolean: String(decoding: bytes[slice.range], as: UTF8.self)
        case .null, .array, .object: nil
        }
    }

    func matches(endpoint name: String, prompt: String?) -> Bool {
        if let endpoint, !endpoint.matches(name) { return false }
        if let promptPart { return prompt?.contains(promptPart) ?? false }
        return true
    }
}
