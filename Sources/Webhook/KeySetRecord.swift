internal import JSONText

/// A key set as it came, and when: what is kept on disk so that a restart during an outage still verifies.
package struct KeySetRecord: Equatable, Sendable {
    /// The keys.
    package let keySet: KeySet

    /// The JSON Web Key Set as it came.
    package let source: [UInt8]

    /// When it came, since 1970, in whole seconds.
    package let fetchedAt: Duration

    /// Reads a key set that came just now.
    ///
    /// - Parameters:
    ///   - source: The JSON Web Key Set.
    ///   - fetchedAt: The present, since 1970.
    /// - Throws: ``KeySetError``.
    package init(source: [UInt8], fetchedAt: Duration) throws(KeySetError) {
        keySet = try KeySet(parsing: source.span)
        self.source = source
        self.fetchedAt = .seconds(fetchedAt.components.seconds)
    }

    /// Reads what ``encoded()`` wrote.
    ///
    /// - Parameter bytes: The file's content.
    /// - Throws: ``KeySetError``, with `malformed` if it is not what we write.
    package init(decoding bytes: [UInt8]) throws(KeySetError) {
        guard let members = try? JSONText.members(of: bytes.span, depthMax: JSONText.envelopeDepthMax),
            let time = members.value(of: "fetched_at"), let seconds = JSONText.integer(time, in: bytes.span),
            let keySet = members.value(of: "key_set")
        else { throw KeySetError(.malformed) }
        try self.init(source: Array(bytes[keySet.range]), fetchedAt: .seconds(seconds))
    }

    /// The content of the file: a JSON object with `fetched_at`, in seconds since 1970, and `key_set`, as it came.
    package func encoded() -> [UInt8] {
        Array(#"{"fetched_at":\#(fetchedAt.components.seconds),"key_set":"#.utf8) + source + Array("}\n".utf8)
    }
}
