/// Something about an input, or an option, that would not do what was meant.
package struct InputProblem: Sendable, Hashable {
    /// How bad it is.
    package enum Severity: String, Sendable {
        /// It must not be sent: fal would refuse it, perhaps after it was paid for.
        case error
        /// It may be sent; it probably does not do what was meant.
        case warning
    }

    /// How bad it is.
    package let severity: Severity
    /// The key, as it is written in the input; empty when it is about the whole.
    package let field: String
    /// What is wrong, without the field's name.
    package let message: String
    /// What would be right.
    package let allowed: String

    /// The warning that an input was not checked, and why.
    package static func notChecked(_ endpoint: EndpointID, because error: ModelDocumentError) -> InputProblem {
        .warning(
            "",
            "was not checked, the document of \(endpoint) could not be had: \(error)",
            allowed: "any JSON object"
        )
    }

    static func error(_ field: String, _ message: String, allowed: String) -> InputProblem {
        InputProblem(severity: .error, field: field, message: message, allowed: allowed)
    }

    static func warning(_ field: String, _ message: String, allowed: String) -> InputProblem {
        InputProblem(severity: .warning, field: field, message: message, allowed: allowed)
    }
}

extension InputProblem: CustomStringConvertible {
    /// One line: the field, what is wrong, what is allowed.
    package var description: String {
        let subject = field.isEmpty ? "the input" : oneLine(field, charactersMax: 80)
        return "\(subject) \(message); allowed: \(allowed)"
    }
}
