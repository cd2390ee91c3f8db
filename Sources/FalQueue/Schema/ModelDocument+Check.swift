extension ModelDocument {
    /// The most problems that are told of one input.
    package static let problemsMax = 50

    /// Says what is wrong with an input, in the order of its keys, missing ones after them.
    package func problems(in bytes: [UInt8]) -> [InputProblem] {
        guard bytes.count <= InputBuilder.bytesMax else {
            return [.error("", "is too long", allowed: "at most \(InputBuilder.bytesMax) bytes")]
        }
        guard let value = SchemaNode(bytes), case .object = value else {
            return [.error("", "is no valid JSON object", allowed: #"a JSON object, like {"prompt": "…"}"#)]
        }
        let check = SchemaCheck(document: self)
        return Array(check.problems(of: value, by: input, at: "", depth: 0).prefix(Self.problemsMax))
    }
}

/// Checks values against schemas: the keywords that fal's documents have, and those that may come
/// (https://json-schema.org/draft/2020-12/json-schema-validation).
struct SchemaCheck {
    /// The deepest nesting that is looked into.
    static let depthMax = 32

    let document: ModelDocument

    /// What is wrong with a value.
    ///
    /// - Parameters:
    ///   - value: The value.
    ///   - schema: What it has to be.
    ///   - path: Where it is, `loras.0.path`.
    ///   - depth: How deep that is.
    /// - Returns: The problems; none where nothing is known.
    func problems(of value: SchemaNode, by schema: SchemaNode, at path: String, depth: Int) -> [InputProblem] {
        guard depth < Self.depthMax, let schema = document.resolve(schema) else { return [] }
        if value == .null, allowsNull(schema) { return [] }
        var found: [InputProblem] = []
        for part in schema["allOf"]?.elements ?? [] {
            found += problems(of: value, by: part, at: path, depth: depth + 1)
        }
        for keyword in ["anyOf", "oneOf"] {
            guard let choices = schema[keyword]?.elements, !choices.isEmpty else { continue }
            found += choiceProblems(of: value, by: choices, at: path, depth: depth)
        }
        if let complaint = typeComplaint(about: value, schema) {
            return found + [.error(path, complaint, allowed: SchemaText(document).allowed(schema))]
        }
        if let complaint = complaint(about: value, schema) {
            found.append(.error(path, complaint, allowed: SchemaText(document).allowed(schema)))
        }
        switch value {
        case .object(let members): found += objectProblems(members, schema, path, depth)
        case .array(let elements):
            guard let items = schema["items"] else { break }
            for (index, element) in elements.enumerated() where found.count < ModelDocument.problemsMax {
                found += problems(of: element, by: items, at: join(path, "\(index)"), depth: depth + 1)
            }
        default: break
        }
        return found
    }

    /// Whether `null` stands for "left out".
    func allowsNull(_ schema: SchemaNode) -> Bool {
        schema["nullable"]?.isTrue == true || types(schema).contains("null")
            || ["anyOf", "oneOf"].contains { keyword in
                (schema[keyword]?.elements ?? []).contains { types(document.resolve($0) ?? .null).contains("null") }
            }
    }

    private func types(_ schema: SchemaNode) -> [String] {
        switch schema["type"] {
        case .string(let type)?: [type]
        case .array(let types)?: types.compactMap(\.text)
        default: []
        }
    }

    /// None when one of the choices fits; else what is wrong with the only one of the value's kind, or that none fits.
    private func choiceProblems(
        of value: SchemaNode,
        by choices: [SchemaNode],
        at path: String,
        depth: Int
    ) -> [InputProblem] {
        var ofKind: [[InputProblem]] = []
        for choice in choices {
            let problems = problems(of: value, by: choice, at: path, depth: depth + 1)
            if !problems.contains(where: { $0.severity == .error }) { return problems }
            if let schema = document.resolve(choice), typeComplaint(about: value, schema) == nil {
                ofKind.append(problems)
            }
        }
        if ofKind.count == 1 { return ofKind[0] }
        let text = SchemaText(document)
        let allowed = choices.compactMap { document.resolve($0) }.map { text.allowed($0) }
        return [.error(path, "is \(value.phrase)", allowed: allowed.joined(separator: "; or "))]
    }

    private func typeComplaint(about value: SchemaNode, _ schema: SchemaNode) -> String? {
        let types = types(schema)
        guard !types.isEmpty else { return nil }
        let fits = types.contains { type in
            switch (type, value) {
            case ("string", .string), ("boolean", .boolean), ("array", .array), ("object", .object), ("null", .null),
                ("number", .number):
                true
            case ("integer", .number): value.isWhole
            default: false
            }
        }
        return fits ? nil : "is \(value.phrase)"
    }

    private func complaint(about value: SchemaNode, _ schema: SchemaNode) -> String? {
        if let choices = schema["enum"]?.elements, !choices.contains(where: { $0.isSame(as: value) }) {
            return "is \(value.phrase)"
        }
        if let constant = schema["const"], !constant.isSame(as: value) { return "is \(value.phrase)" }
        return switch value {
        case .number: numberComplaint(value, schema)
        case .string(let text): textComplaint(text, schema)
        case .array(let elements): countComplaint(elements, schema)
        default: nil
        }
    }

    private func numberComplaint(_ value: SchemaNode, _ schema: SchemaNode) -> String? {
        guard let number = value.double else { return nil }
        let range = SchemaText.Bounds(schema)
        let isBelow = range.lower.map { range.isLowerExcluded ? number <= $0 : number < $0 } ?? false
        let isAbove = range.upper.map { range.isUpperExcluded ? number >= $0 : number > $0 } ?? false
        if isBelow || isAbove { return "is \(value.phrase)" }
        if let step = schema["multipleOf"]?.double, step > 0 {
            let ratio = number / step
            if abs(ratio - ratio.rounded()) > 1e-9 * max(1, abs(ratio)) { return "is \(value.phrase)" }
        }
        return nil
    }

    private func textComplaint(_ text: String, _ schema: SchemaNode) -> String? {
        let count = text.unicodeScalars.count
        if let least = schema["minLength"]?.integer, count < least { return count == 0 ? "is empty" : "is too short" }
        if let most = schema["maxLength"]?.integer, count > most { return "is too long: \(count) characters" }
        // A pattern that is no regular expression here is passed over: fal will look at it.
        guard let pattern = schema["pattern"]?.text, text.utf8.count <= 10_000, let regex = try? Regex(pattern),
            (try? regex.firstMatch(in: text)) == nil
        else { return nil }
        return "is \(SchemaNode.string(text).phrase)"
    }

    private func countComplaint(_ elements: [SchemaNode], _ schema: SchemaNode) -> String? {
        if let least = schema["minItems"]?.integer, elements.count < least { return "has only \(elements.count)" }
        if let most = schema["maxItems"]?.integer, elements.count > most { return "has \(elements.count)" }
        if schema["uniqueItems"]?.isTrue == true, Set(elements).count < elements.count { return "has one twice" }
        return nil
    }

    private func objectProblems(
        _ members: [SchemaNode.Member],
        _ schema: SchemaNode,
        _ path: String,
        _ depth: Int
    ) -> [InputProblem] {
        let properties = schema["properties"]?.members ?? []
        var found: [InputProblem] = []
        for member in members {
            let place = join(path, member.name)
            if let property = properties.first(where: { $0.name == member.name }) {
                // null is how many say "left out"; the model has the last word on it.
                if member.value == .null, !isRequired(member.name, schema) { continue }
                found += problems(of: member.value, by: property.value, at: place, depth: depth + 1)
            } else if case .object? = schema["additionalProperties"], let other = schema["additionalProperties"] {
                found += problems(of: member.value, by: other, at: place, depth: depth + 1)
            } else if !properties.isEmpty, schema["additionalProperties"]?.isTrue != true {
                found.append(.unknownKey(place, member.name, known: properties.map(\.name)))
            }
        }
        for name in (schema["required"]?.elements ?? []).compactMap(\.text)
        where !members.contains(where: { $0.name == name }) {
            let property = properties.first { $0.name == name }.flatMap { document.resolve($0.value) }
            let allowed = property.map { SchemaText(document).allowed($0) } ?? "any value"
            found.append(.error(join(path, name), "is missing", allowed: allowed))
        }
        return found
    }

    private func isRequired(_ name: String, _ schema: SchemaNode) -> Bool {
        (schema["required"]?.elements ?? []).contains(.string(name))
    }

    private func join(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
}

extension InputProblem {
    /// A key that the model does not name, with the one that was probably meant.
    static func unknownKey(_ field: String, _ name: String, known: [String]) -> InputProblem {
        let nearest = nearestName(to: name, in: known).map { "; did you mean \($0)?" } ?? ""
        return .warning(field, "is not known to this model\(nearest)", allowed: known.joined(separator: ", "))
    }
}
