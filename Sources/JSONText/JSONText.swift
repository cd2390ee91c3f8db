/// JSON as bytes: a strict reading of RFC 8259 that says where things stand and changes nothing.
///
/// A delivered body is kept byte for byte, so it has to be known to be one valid text, on one line, before it is put
/// into a line of ours. All functions take one pass, do not recurse, and never trap on any input.
package enum JSONText {
    /// The deepest nesting of arrays and objects in a text from outside; `[]` is 1 deep.
    ///
    /// jq 1.6 stops at 256 (its `MAX_PARSING_DEPTH`), and a text must stay readable inside our own lines and frames.
    package static let depthMax = 200

    /// The deepest nesting in a text of ours that carries a text from outside within it.
    package static let envelopeDepthMax = 216

    /// The most members of an object, or elements of an array, that are listed.
    ///
    /// A bound on memory: a list entry is far larger than the two bytes an element can take. Validation has no such limit.
    package static let membersMax = 65_536

    /// Checks that the bytes are exactly one JSON text: grammar, UTF-8, no byte order mark, depth.
    ///
    /// - Parameters:
    ///   - bytes: The whole text.
    ///   - depthMax: The deepest nesting allowed, at most 256.
    /// - Returns: What the text is, and whether it is a single line.
    /// - Throws: ``JSONTextError`` with the first offence.
    package static func validate(
        _ bytes: Span<UInt8>,
        depthMax: Int = JSONText.depthMax
    ) throws(JSONTextError) -> JSONTextSummary {
        try unsafe bytes.withUnsafeBytes { (raw) throws(JSONTextError) in
            var scanner = unsafe JSONScanner(raw, from: 0, depthMax: depthMax)
            let value = try scanner.text(listing: .nothing)
            return JSONTextSummary(value: value, isSingleLine: scanner.isSingleLine)
        }
    }

    /// Checks the bytes as ``validate(_:depthMax:)`` does and lists the members of the object they are.
    ///
    /// - Parameters:
    ///   - bytes: The whole text.
    ///   - depthMax: The deepest nesting allowed, at most 256.
    /// - Returns: The top-level members, with ranges counted from the start of `bytes`.
    /// - Throws: ``JSONTextError``; with `wrongKind` if the text is valid and no object, with `tooManyMembers` past
    ///   ``membersMax``.
    package static func members(
        of bytes: Span<UInt8>,
        depthMax: Int = JSONText.depthMax
    ) throws(JSONTextError) -> JSONObjectMembers {
        try unsafe bytes.withUnsafeBytes { (raw) throws(JSONTextError) in
            var scanner = unsafe JSONScanner(raw, from: 0, depthMax: depthMax)
            let value = try scanner.text(listing: .members)
            guard value.kind == .object else { throw JSONTextError(.wrongKind, at: value.range.lowerBound) }
            return JSONObjectMembers(object: value, isSingleLine: scanner.isSingleLine, members: scanner.members)
        }
    }

    /// Lists the members of an object inside a text that was found valid.
    ///
    /// - Parameters:
    ///   - slice: The object.
    ///   - bytes: The whole text that `slice` was found in.
    /// - Returns: The members, with ranges counted from the start of `bytes`.
    /// - Throws: ``JSONTextError`` with `wrongKind` if it is no object, `tooManyMembers` past ``membersMax``.
    package static func members(
        of slice: JSONValueSlice,
        in bytes: Span<UInt8>
    ) throws(JSONTextError) -> JSONObjectMembers {
        guard slice.kind == .object else { throw JSONTextError(.wrongKind, at: slice.range.lowerBound) }
        precondition(slice.range.upperBound <= bytes.count, "a slice of another text")
        return try unsafe bytes.withUnsafeBytes { (raw) throws(JSONTextError) in
            let object = unsafe UnsafeRawBufferPointer(rebasing: raw[..<slice.range.upperBound])
            var scanner = unsafe JSONScanner(object, from: slice.range.lowerBound, depthMax: JSONScanner.depthLimit)
            let value = try scanner.text(listing: .members)
            return JSONObjectMembers(object: value, isSingleLine: scanner.isSingleLine, members: scanner.members)
        }
    }

    /// Lists the elements of an array inside a text that was found valid.
    ///
    /// - Parameters:
    ///   - slice: The array.
    ///   - bytes: The whole text that `slice` was found in.
    /// - Returns: The elements, with ranges counted from the start of `bytes`.
    /// - Throws: ``JSONTextError`` with `wrongKind` if it is no array, `tooManyMembers` past ``membersMax``.
    package static func elements(
        of slice: JSONValueSlice,
        in bytes: Span<UInt8>
    ) throws(JSONTextError) -> [JSONValueSlice] {
        guard slice.kind == .array else { throw JSONTextError(.wrongKind, at: slice.range.lowerBound) }
        precondition(slice.range.upperBound <= bytes.count, "a slice of another text")
        return try unsafe bytes.withUnsafeBytes { (raw) throws(JSONTextError) in
            let array = unsafe UnsafeRawBufferPointer(rebasing: raw[..<slice.range.upperBound])
            var scanner = unsafe JSONScanner(array, from: slice.range.lowerBound, depthMax: JSONScanner.depthLimit)
            _ = try scanner.text(listing: .elements)
            return scanner.elements
        }
    }
}
