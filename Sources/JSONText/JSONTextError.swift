/// Why bytes are not the JSON text that was asked for, and where.
package struct JSONTextError: Error, Equatable, Sendable {
    /// The reasons there are; the raw value is fit for a log or a metric's label.
    package enum Code: String, CaseIterable, Sendable {
        /// The text stops in the middle; more bytes could make it valid.
        case unexpectedEnd = "unexpected_end"
        /// A byte stands where the grammar allows no such byte.
        case unexpectedByte = "unexpected_byte"
        /// A value is complete and something other than white space follows.
        case trailingBytes = "trailing_bytes"
        /// The text begins with a byte order mark (RFC 8259 §8.1 lets a parser refuse it).
        case byteOrderMark = "byte_order_mark"
        /// A string holds bytes that are not UTF-8.
        case invalidUTF8 = "invalid_utf8"
        /// A string holds a raw byte below 0x20.
        case controlCharacter = "control_character"
        /// A backslash is followed by something that is not an escape.
        case invalidEscape = "invalid_escape"
        /// A number is not of the form of RFC 8259 §6.
        case invalidNumber = "invalid_number"
        /// Arrays and objects are nested deeper than the limit.
        case tooDeep = "too_deep"
        /// The object or array asked for has more than ``JSONText/membersMax`` entries.
        case tooManyMembers = "too_many_members"
        /// The value is valid and of another kind than the one asked for.
        case wrongKind = "wrong_kind"
        /// A string is valid JSON and no Unicode text: it escapes one half of a surrogate pair.
        case loneSurrogate = "lone_surrogate"
    }

    /// What is wrong.
    package let code: Code

    /// The offset in bytes from the start of the whole text; for ``Code/unexpectedEnd`` the text's length.
    package let offset: Int

    /// Makes the error.
    package init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }
}
