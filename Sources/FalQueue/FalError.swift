/// What fal said about a failure, from either of the two bodies it uses.
///
/// The model's (`detail` is an array of objects, https://docs.fal.ai/errors) and the infrastructure's (`detail` is a text,
/// with `error_type`, https://docs.fal.ai/documentation/model-apis/request-errors).
package struct FalError: Sendable, Hashable {
    /// The longest line made of it, in characters.
    package static let messageCharactersMax = 500
    /// The most single complaints kept.
    package static let itemsMax = 20

    /// One complaint of the model's.
    package struct Item: Sendable, Hashable {
        /// Where in the request: `body`, then keys and indices.
        package let location: [String]
        /// What is wrong, as fal says it.
        package let message: String
        /// Which kind of complaint, like `content_policy_violation`.
        package let type: String?

        /// The field without the leading `body`, like `prompt` or `images.0.url`; nil when it is about the whole request.
        package var field: String? {
            let path = location.first == "body" ? location.dropFirst() : location[...]
            return path.isEmpty ? nil : path.joined(separator: ".")
        }
    }

    /// The text in `detail`, when it is one.
    package let detail: String?
    /// The complaints in `detail`, when it is an array.
    package let items: [Item]
    /// fal's word for the failure: `error_type`, else the type of the first complaint.
    package let type: String?

    /// Reads a body; of one that is neither form, nothing is known but that.
    package static func parse(_ body: [UInt8]) -> FalError {
        guard let object = JSONObjectReader(body) else { return FalError(detail: nil, items: [], type: nil) }
        let items = (object.objects("detail") ?? []).prefix(itemsMax).map { item in
            Item(
                location: item.texts("loc") ?? [],
                message: item.string("msg") ?? "no message",
                type: item.string("type")
            )
        }
        return FalError(
            detail: object.string("detail") ?? object.string("error") ?? object.string("message"),
            items: items,
            type: object.string("error_type") ?? items.first?.type
        )
    }

    /// The error of a run that ended, as its status has it.
    package init(detail: String?, items: [Item] = [], type: String?) {
        self.detail = detail
        self.items = items
        self.type = type
    }

    /// One line for people, without control characters, at most ``messageCharactersMax`` long; nil when fal said nothing readable.
    package var message: String? {
        let complaints = items.map { item in item.field.map { "\($0): \(item.message)" } ?? item.message }
        let text = detail ?? (complaints.isEmpty ? type : complaints.joined(separator: "; "))
        return text.map { oneLine($0, charactersMax: Self.messageCharactersMax) }
    }
}

/// A text from outside made fit for one line on a terminal: no control characters, cut where it is too long.
func oneLine(_ text: String, charactersMax: Int) -> String {
    let cut = text.prefix(charactersMax)
    let scalars = cut.unicodeScalars.map { scalar in
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || (0x2028...0x202e).contains(scalar.value)
            || (0x2066...0x2069).contains(scalar.value) ? " " : Character(scalar)
    }
    return String(scalars) + (cut.endIndex < text.endIndex ? "…" : "")
}
