import JSONText

extension InputSchema {
    /// Says what is wrong with an input, in the order of its keys, missing ones last.
    package func problems(in input: [UInt8]) -> [InputProblem] {
        let members: JSONObjectMembers
        do {
            members = try JSONText.members(of: input.span)
        } catch {
            return [InputProblem.notAnObject(error)]
        }
        var problems: [InputProblem] = []
        var seen: Set<String> = []
        for member in members {
            guard let name = member.name else {
                problems.append(.error("", "has a key that is no Unicode text", allowed: "keys of whole characters"))
                continue
            }
            guard seen.insert(name).inserted else {
                problems.append(.error(name, "is there twice", allowed: "each key once"))
                continue
            }
            if let field = fields.first(where: { $0.name == name }) {
                if let complaint = field.rule.complaint(about: member.value, in: input) {
                    problems.append(.error(name, complaint, allowed: "\(field.rule)"))
                }
            } else {
                problems.append(unknown(name))
            }
        }
        for field in fields where field.presence == .required && !seen.contains(field.name) {
            problems.append(.error(field.name, "is missing", allowed: "\(field.rule)"))
        }
        return problems
    }

    private func unknown(_ name: String) -> InputProblem {
        let names = fields.map(\.name)
        guard let nearest = nearestName(to: name, in: names) else {
            return .warning(name, "is not known to this model", allowed: names.joined(separator: ", "))
        }
        return .warning(
            name,
            "is not known to this model; did you mean \(nearest)?",
            allowed: names.joined(separator: ", ")
        )
    }
}

extension InputSchema.Rule {
    /// What is wrong with a value; nil when nothing is.
    fileprivate func complaint(about value: JSONValueSlice, in input: [UInt8]) -> String? {
        switch self {
        case .text:
            guard let text = try? JSONText.string(value, in: input.span) else { return "is \(value.kind.phrase)" }
            return text.allSatisfy(\.isWhitespace) ? "is empty" : nil
        case .integer(let range):
            guard value.kind == .number else { return "is \(value.kind.phrase)" }
            let written = oneLine(String(decoding: input[value.range], as: UTF8.self), charactersMax: 40)
            guard let number = JSONText.integer(value, in: input.span), range.contains(number) else {
                return "is \(written)"
            }
            return nil
        case .boolean: return value.kind == .boolean ? nil : "is \(value.kind.phrase)"
        case .texts(let range):
            guard let elements = try? JSONText.elements(of: value, in: input.span) else {
                return "is \(value.kind.phrase)"
            }
            guard range.contains(elements.count) else { return "has \(elements.count)" }
            return elements.first { $0.kind != .string }.map { "has \($0.kind.phrase) in it" }
        case .choice(let texts):
            guard let text = try? JSONText.string(value, in: input.span) else { return "is \(value.kind.phrase)" }
            return texts.contains(text) ? nil : "is \"\(oneLine(text, charactersMax: 40))\""
        }
    }
}

extension InputProblem {
    static func notAnObject(_ error: JSONTextError) -> InputProblem {
        let message =
            switch error.code {
            case .wrongKind: "is JSON but no object"
            case .tooDeep: "is nested deeper than \(JSONText.depthMax) levels"
            case .tooManyMembers: "has more than \(JSONText.membersMax) keys"
            default: "is not valid JSON at byte \(error.offset)"
            }
        return .error("", message, allowed: #"a JSON object, like {"prompt": "…"}"#)
    }
}

extension JSONKind {
    fileprivate var phrase: String {
        switch self {
        case .null: "null"
        case .boolean: "true or false"
        case .number: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}
