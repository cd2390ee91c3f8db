import JSONText

/// The options as an object: what a client of the service writes, and what the journal keeps with a submission.
extension SubmitOptions {
    /// What is wrong with the object.
    package struct JSONProblem: Error, Sendable, Hashable, CustomStringConvertible {
        /// The option, as it is written.
        package let name: String
        /// What it takes.
        package let allowed: String

        /// One line for people.
        package var description: String {
            "the option \(oneLine(name, charactersMax: 80)) is wrong; allowed: \(allowed)"
        }
    }

    /// The names there are.
    package static let names = [
        "priority", "start_timeout", "no_retry", "lifecycle", "hint", "no_store", "max_queue_length", "headers",
    ]

    /// Reads the object.
    ///
    /// - Parameter json: The bytes of one JSON object.
    /// - Throws: ``JSONProblem`` for a name or value that is not known.
    package init(json: [UInt8]) throws(JSONProblem) {
        self.init()
        let members: JSONObjectMembers
        do {
            members = try JSONText.members(of: json.span)
        } catch {
            throw JSONProblem(name: "options", allowed: "an object")
        }
        for member in members {
            try set(member.name ?? "", member.value, in: json)
        }
        if let problem = problems.first { throw JSONProblem(name: problem.field, allowed: problem.allowed) }
    }

    private mutating func set(_ name: String, _ value: JSONValueSlice, in json: [UInt8]) throws(JSONProblem) {
        func wrong(_ allowed: String) -> JSONProblem { JSONProblem(name: name, allowed: allowed) }
        func flag() throws(JSONProblem) -> Bool {
            guard let flag = JSONText.boolean(value, in: json.span) else { throw wrong("true or false") }
            return flag
        }
        func integer() throws(JSONProblem) -> Int {
            guard let number = JSONText.integer(value, in: json.span) else { throw wrong("a whole number") }
            return number
        }
        let text = try? JSONText.string(value, in: json.span)
        switch name {
        case "priority":
            guard let priority = text.flatMap({ Priority(rawValue: $0) }) else { throw wrong("normal, low") }
            self.priority = priority
        case "start_timeout":
            guard value.kind == .number, let seconds = Double(String(decoding: json[value.range], as: UTF8.self)) else {
                throw wrong("a number of seconds")
            }
            startTimeoutSeconds = seconds
        case "no_retry": serverRetry = try flag() ? .never : .asUsual
        case "lifecycle": filesExpireAfterSeconds = try integer()
        case "hint":
            guard let text else { throw wrong("a text") }
            runnerHint = text
        case "no_store": payloadStorage = try flag() ? .never : .asUsual
        case "max_queue_length": queueLengthMax = try integer()
        case "headers":
            guard let headers = try? JSONText.members(of: value, in: json.span) else { throw wrong("an object") }
            for header in headers {
                guard let content = try? JSONText.string(header.value, in: json.span) else {
                    throw wrong("texts by the headers' names")
                }
                extraHeaders.append(Header(name: header.name ?? "", value: content))
            }
        default: throw wrong("only " + Self.names.joined(separator: ", "))
        }
    }

    /// The object; nil when nothing special is asked for.
    package var json: [UInt8]? {
        guard self != SubmitOptions() else { return nil }
        var writer = JSONObjectWriter()
        writer.member("priority", priority?.rawValue)
        if let startTimeoutSeconds { writer.member("start_timeout", json: "\(startTimeoutSeconds)".utf8) }
        if serverRetry == .never { writer.member("no_retry", true) }
        writer.member("lifecycle", filesExpireAfterSeconds)
        writer.member("hint", runnerHint)
        if payloadStorage == .never { writer.member("no_store", true) }
        writer.member("max_queue_length", queueLengthMax)
        if !extraHeaders.isEmpty {
            var headers = JSONObjectWriter()
            for header in extraHeaders { headers.member(header.name, header.value) }
            writer.member("headers", json: headers.bytes)
        }
        return writer.bytes
    }
}
