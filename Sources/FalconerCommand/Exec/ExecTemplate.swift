/// The command of `--exec`: words, and in them what is filled in from the event.
///
/// Nothing here goes through a shell, so what an event holds cannot become a command.
struct ExecTemplate: Equatable, Sendable {
    /// What is wrong with a command.
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    /// Something that can be filled in.
    struct Field: Equatable, Sendable {
        /// Where it comes from.
        enum Source: Equatable, Sendable {
            /// An attribute of the event, which may have none of that name.
            case attribute(String)
            /// How often the event was delivered, this time included.
            case deliveryNumber
        }

        let name: String
        let source: Source
    }

    /// What can be filled in.
    static let fields = [
        Field(name: "id", source: .attribute("id")), Field(name: "type", source: .attribute("type")),
        Field(name: "request_id", source: .attribute("subject")),
        Field(name: "submission", source: .attribute("submission")),
        Field(name: "endpoint", source: .attribute("endpoint")), Field(name: "tag", source: .attribute("tag")),
        Field(name: "time", source: .attribute("time")), Field(name: "delivery", source: .deliveryNumber),
    ]

    private enum Piece: Equatable {
        case text(String)
        /// What is filled in; nothing when the event has none.
        case field(Field)
    }

    private let words: [[Piece]]

    /// Splits a command at blanks outside of quotes, and finds what is to be filled in: `{request_id}`; `{{` is a brace.
    ///
    /// - Throws: ``Problem`` when it is empty, a quote is not closed, or a name is not known.
    init(_ command: String) throws {
        var words: [[Piece]] = []
        for word in try Self.split(command) { words.append(try Self.pieces(of: word)) }
        guard !words.isEmpty else { throw Problem(description: "the command is empty") }
        self.words = words
    }

    /// The program and its arguments for an event.
    func arguments(_ value: (Field) -> String?) -> [String] {
        words.map { word in
            word.map { piece in
                switch piece {
                case .text(let text): text
                case .field(let field): value(field) ?? ""
                }
            }.joined()
        }
    }

    private static func split(_ command: String) throws -> [String] {
        var words: [String] = []
        var word = ""
        var isWord = false
        var quote: Character?
        for character in command {
            if let open = quote {
                if character == open { quote = nil } else { word.append(character) }
            } else if character == "'" || character == "\"" {
                quote = character
                isWord = true
            } else if character == " " || character == "\t" || character == "\n" {
                if isWord { words.append(word) }
                word = ""
                isWord = false
            } else {
                word.append(character)
                isWord = true
            }
        }
        guard quote == nil else { throw Problem(description: "a quote is not closed") }
        if isWord { words.append(word) }
        return words
    }

    private static func pieces(of word: String) throws -> [Piece] {
        var pieces: [Piece] = []
        var text = ""
        var rest = word[...]
        while let character = rest.first {
            if character != "{" {
                text.append(character)
                rest.removeFirst()
            } else if rest.hasPrefix("{{") {
                text.append("{")
                rest.removeFirst(2)
            } else {
                guard let end = rest.firstIndex(of: "}") else {
                    throw Problem(description: "a { is not closed; {{ stands for a brace")
                }
                let name = String(rest[rest.index(after: rest.startIndex)..<end])
                guard let field = fields.first(where: { $0.name == name }) else {
                    let known = fields.map { "{\($0.name)}" }.joined(separator: ", ")
                    throw Problem(description: "there is no {\(name)}; there is \(known)")
                }
                if !text.isEmpty { pieces.append(.text(text)) }
                text = ""
                pieces.append(.field(field))
                rest = rest[rest.index(after: end)...]
            }
        }
        if !text.isEmpty || pieces.isEmpty { pieces.append(.text(text)) }
        return pieces
    }
}
