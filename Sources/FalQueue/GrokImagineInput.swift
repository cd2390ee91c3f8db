/// The input of one of the Grok Imagine models; what is nil in it is left to the model.
///
/// ``ModelCatalog/check(_:_:)`` is what looks at the values.
package protocol GrokImagineInput: Sendable, Hashable {
    /// The endpoint's id.
    static var endpoint: String { get }

    /// Sets the keys that have a value.
    func set(in builder: inout InputBuilder)
}

extension GrokImagineInput {
    /// The input as it is sent.
    ///
    /// - Throws: ``InputBuilderError`` when it is too long.
    package func encoded() throws(InputBuilderError) -> [UInt8] {
        var builder = InputBuilder()
        set(in: &builder)
        return try builder.encoded()
    }
}

extension InputBuilder {
    /// Sets a key, unless there is no value.
    mutating func set(_ key: String, optional text: String?) {
        if let text { set(key, text: text) }
    }

    /// Sets a key, unless there is no value.
    mutating func set(_ key: String, optional integer: Int?) {
        if let integer { set(key, integer: integer) }
    }
}
