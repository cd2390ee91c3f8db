/// One input of a model, in words.
package struct ModelInput: Sendable, Hashable {
    /// The key.
    package let name: String
    /// Whether it must be there.
    package let isRequired: Bool
    /// What it takes.
    package let allowed: String
    /// What the model takes when it is left out, as it is written; nil when that is not said.
    package let defaultValue: String?
    /// What it is for; nil when that is not said.
    package let description: String?
}

extension InputSchema {
    /// The inputs, in words.
    package var inputs: [ModelInput] {
        fields.map { field in
            var value: String?
            if case .optional(let text) = field.presence { value = text }
            return ModelInput(
                name: field.name,
                isRequired: field.presence == .required,
                allowed: "\(field.rule)",
                defaultValue: value,
                description: nil
            )
        }
    }
}

extension ModelDocument {
    /// The inputs, in words, in the order that the document wants them shown in.
    package var inputs: [ModelInput] {
        let members = input["properties"]?.members ?? []
        let order = (input["x-fal-order-properties"]?.elements ?? []).compactMap(\.text)
        let places = Dictionary(order.enumerated().map { ($1, $0) }, uniquingKeysWith: { one, _ in one })
        let sorted = members.sorted { one, two in
            places[one.name, default: order.count] < places[two.name, default: order.count]
        }
        let required = Set((input["required"]?.elements ?? []).compactMap(\.text))
        let text = SchemaText(self, work: SchemaWork())
        return sorted.map { member in
            let words = (member.value["description"]?.text ?? "").split(whereSeparator: \.isWhitespace)
            let description = words.joined(separator: " ")
            return ModelInput(
                name: member.name,
                isRequired: required.contains(member.name),
                allowed: text.allowed(member.value),
                defaultValue: member.value["default"].map { $0.text ?? $0.phrase },
                description: description.isEmpty ? nil : oneLine(description, charactersMax: 300)
            )
        }
    }
}
