/// Why a scenario cannot be read; the text lists what there is.
package struct ScenarioError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, from a fixed list.
    package enum Code: String, CaseIterable, Sendable {
        /// There is no setting of that name.
        case unknownName = "unknown_name"
        /// The setting has no such value.
        case unknownValue = "unknown_value"
    }

    /// What is wrong.
    package let code: Code
    /// The name or value as it was written.
    package let text: String
    /// What can be written instead.
    package let known: [String]

    init(_ code: Code, _ text: String, known: [String]) {
        self.code = code
        self.text = text
        self.known = known
    }

    /// What is wrong, and what can be written instead.
    package var description: String {
        let problem =
            switch code {
            case .unknownName: "the emulator knows no setting '\(text)'"
            case .unknownValue: "'\(text)' is no value of this setting"
            }
        return "\(problem); write one of: \(known.joined(separator: ", "))"
    }
}
