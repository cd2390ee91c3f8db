extension ModelDocument {
    /// The most errors that are told of one input.
    package static let problemsMax = 50
    /// The most warnings that are told of one input, besides its errors.
    package static let warningsMax = 20

    /// Says what is wrong with an input, in the order of its keys, missing ones after them.
    package func problems(in bytes: [UInt8]) -> [InputProblem] {
        guard bytes.count <= InputBuilder.bytesMax else {
            return [.error("", "is too long", allowed: "at most \(InputBuilder.bytesMax) bytes")]
        }
        guard let value = SchemaNode(bytes), case .object = value else {
            return [.error("", "is no valid JSON object", allowed: #"a JSON object, like {"prompt": "…"}"#)]
        }
        let work = SchemaWork()
        let found = SchemaCheck(document: self, work: work).problems(of: value, by: input, at: .root)
        var told: Set<InputProblem> = []
        var left: [InputProblem.Severity: Int] = [.error: Self.problemsMax, .warning: Self.warningsMax]
        var problems: [InputProblem] = []
        for problem in found where told.insert(problem).inserted && left[problem.severity, default: 0] > 0 {
            left[problem.severity, default: 0] -= 1
            problems.append(problem)
        }
        if work.isSpent {
            problems.append(.warning("", "was checked in part: it, or its schema, is too large", allowed: "anything"))
        }
        return problems
    }
}

/// Checks values against schemas: the keywords that fal's documents have, and those that may come
/// (https://json-schema.org/draft/2020-12/json-schema-validation).
///
/// Whatever it does not understand refuses nothing.
struct SchemaCheck {
    /// The deepest nesting that is looked into.
    static let depthMax = 32

    let document: ModelDocument
    let work: SchemaWork

    /// What is wrong with a value.
    ///
    /// - Parameters:
    ///   - value: The value.
    ///   - schema: What it has to be.
    ///   - place: Where it is.
    /// - Returns: The problems; none where nothing is known.
    func problems(of value: SchemaNode, by schema: SchemaNode, at place: SchemaPlace) -> [InputProblem] {
        guard place.depth < Self.depthMax, let schema = document.resolve(schema), work.spend(1 + schema.members.count)
        else { return [] }
        if value == .null, allowsNull(schema) { return [] }
        var found = partProblems(of: value, schema, place)
        if let complaint = typeComplaint(about: value, schema) ?? complaint(about: value, schema) {
            found.append(.error(place.path, complaint, allowed: allowed(schema)))
        }
        switch value {
        case .object(let members): found += objectProblems(members, schema, place)
        case .array(let elements): found += arrayProblems(elements, schema, place)
        default: break
        }
        return found
    }

    /// What is allowed, in words.
    func allowed(_ schema: SchemaNode) -> String { SchemaText(document, work: work).allowed(schema) }

    /// What the schemas that this one is put together from say.
    private func partProblems(of value: SchemaNode, _ schema: SchemaNode, _ place: SchemaPlace) -> [InputProblem] {
        let parts = schema["allOf"]?.elements ?? []
        let choices = ["anyOf", "oneOf"].map { schema[$0]?.elements ?? [] }.filter { !$0.isEmpty }
        guard !parts.isEmpty || !choices.isEmpty else { return [] }
        var names: Set<String> = []
        if case .object = value { names = keys(schema, depth: place.depth, withChoices: false) }
        let place = place.part(knownBeside: names)
        var found: [InputProblem] = []
        for part in parts { found += problems(of: value, by: part, at: place) }
        for choices in choices { found += choiceProblems(of: value, by: choices, at: place) }
        return found
    }

    /// Whether `null` stands for "left out".
    private func allowsNull(_ schema: SchemaNode) -> Bool {
        schema["nullable"]?.isTrue == true || types(schema).contains("null")
            || ["anyOf", "oneOf"].contains { keyword in
                (schema[keyword]?.elements ?? []).contains { types(document.resolve($0) ?? .null).contains("null") }
            }
    }

    /// None when one of the choices fits; else what is wrong with the only one of the value's kind, or that none fits.
    private func choiceProblems(of value: SchemaNode, by choices: [SchemaNode], at place: SchemaPlace) -> [InputProblem]
    {
        var warned: [InputProblem]?
        var ofKind: [[InputProblem]] = []
        for choice in choices {
            let problems = problems(of: value, by: choice, at: place)
            if problems.isEmpty { return [] }
            guard problems.contains(where: { $0.severity == .error }) else {
                warned = warned ?? problems
                continue
            }
            if let schema = document.resolve(choice), typeComplaint(about: value, schema) == nil {
                ofKind.append(problems)
            }
        }
        if let warned { return warned }
        if ofKind.count == 1 { return ofKind[0] }
        return [.error(place.path, "is \(value.phrase)", allowed: SchemaText(document, work: work).oneOf(choices))]
    }

    private func arrayProblems(
        _ elements: [SchemaNode],
        _ schema: SchemaNode,
        _ place: SchemaPlace
    ) -> [InputProblem] {
        guard let items = schema["items"], case .object = items else { return [] }
        // What stands in prefixItems has schemas of its own, which are not looked at.
        let first = schema["prefixItems"]?.elements.count ?? 0
        var found: [InputProblem] = []
        var errors = 0
        for (index, element) in elements.enumerated().dropFirst(first) {
            let problems = problems(of: element, by: items, at: place.element(index))
            errors += problems.count { $0.severity == .error }
            found += problems
            if errors >= ModelDocument.problemsMax || work.isSpent { break }
        }
        return found
    }

    private func objectProblems(
        _ members: [SchemaNode.Member],
        _ schema: SchemaNode,
        _ place: SchemaPlace
    ) -> [InputProblem] {
        let properties = schema["properties"]?.members ?? []
        let required = (schema["required"]?.elements ?? []).compactMap(\.text)
        guard work.spend(properties.count + required.count + members.count) else { return [] }
        let byName = Dictionary(properties.map { ($0.name, $0.value) }, uniquingKeysWith: { one, _ in one })
        let mustBe = Set(required)
        var found: [InputProblem] = []
        for member in members {
            guard let property = byName[member.name] else {
                found += otherProblems(of: member, schema, place)
                continue
            }
            // null is how many say "left out"; the model has the last word on it.
            if member.value == .null, !mustBe.contains(member.name) { continue }
            found += problems(of: member.value, by: property, at: place.member(member.name))
        }
        let there = Set(members.map(\.name))
        for name in required where !there.contains(name) {
            let what = byName[name].map { allowed($0) } ?? "any value"
            found.append(.error(place.member(name).path, "is missing", allowed: what))
        }
        return found
    }

    /// What is wrong with a key that the schema does not list.
    private func otherProblems(
        of member: SchemaNode.Member,
        _ schema: SchemaNode,
        _ place: SchemaPlace
    ) -> [InputProblem] {
        let other = schema["additionalProperties"]
        let place = (here: place, member: place.member(member.name))
        guard schema["patternProperties"] == nil else { return [] }
        if let other, case .object = other {
            return problems(of: member.value, by: other, at: place.member)
        }
        let listed = schema["properties"]?.members ?? []
        if other?.isTrue == true || listed.isEmpty && other == nil { return [] }
        let known = keys(schema, depth: place.here.depth, withChoices: true).union(place.here.knownBeside)
        guard !known.contains(member.name), work.spend(known.count) else { return [] }
        // In the document's order, what stands beside after it.
        let own = listed.map(\.name)
        let names = own + known.subtracting(own).sorted()
        let isForbidden = other == .boolean(false)
        return [.unknownKey(place.member.path, member.name, known: names, severity: isForbidden ? .error : .warning)]
    }

    /// The keys that a schema and those it is put together from list.
    private func keys(_ schema: SchemaNode, depth: Int, withChoices: Bool) -> Set<String> {
        guard depth < Self.depthMax, let schema = document.resolve(schema) else { return [] }
        let properties = schema["properties"]?.members ?? []
        guard work.spend(1 + properties.count) else { return [] }
        var names = Set(properties.map(\.name))
        for keyword in withChoices ? ["allOf", "anyOf", "oneOf"] : ["allOf"] {
            for part in schema[keyword]?.elements ?? [] {
                names.formUnion(keys(part, depth: depth + 1, withChoices: true))
            }
        }
        return names
    }
}

extension InputProblem {
    /// The most names that are listed as known.
    static let namesMax = 100

    /// A key that the model does not name, with the one that was probably meant.
    static func unknownKey(_ field: String, _ name: String, known: [String], severity: Severity) -> InputProblem {
        let nearest = nearestName(to: name, in: known).map { "; did you mean \($0)?" } ?? ""
        let names = known.prefix(namesMax).map { oneLine($0, charactersMax: 64) }
        return InputProblem(
            severity: severity,
            field: field,
            message: "is not known to this model\(nearest)",
            allowed: names.joined(separator: ", ") + (known.count > namesMax ? ", …" : "")
        )
    }
}
