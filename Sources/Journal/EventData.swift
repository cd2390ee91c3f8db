import JSONText

/// The bytes an event carries, and the form in which a line holds them.
package struct EventData: Equatable, Sendable {
    /// The two forms CloudEvents has
    /// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md#31-handling-of-data).
    package enum Form: Sendable {
        /// In `data`, byte for byte.
        case verbatim
        /// In `data_base64`.
        case base64
    }

    /// The bytes as they were delivered.
    package let bytes: [UInt8]
    /// How the line holds them.
    package let form: Form

    /// Bytes of any kind: kept verbatim when they are one single-line JSON text in UTF-8, in base 64 otherwise.
    ///
    /// Nested deeper than ``JSONText/JSONText/depthMax`` they go in base 64 too, because readers give up on the line.
    package init(_ bytes: [UInt8]) {
        let summary = try? JSONText.validate(bytes.span)
        self.bytes = bytes
        self.form = summary?.isSingleLine == true ? .verbatim : .base64
    }

    /// Bytes that the caller has already validated as one JSON text.
    ///
    /// A line break is looked for all the same and sends them to base 64: a mistake there would cost the line.
    ///
    /// - Parameters:
    ///   - bytes: One valid JSON text in UTF-8, nested no deeper than ``JSONText/JSONText/depthMax``.
    ///   - isSingleLine: Whether it holds no line feed and no carriage return.
    package init(validated bytes: [UInt8], isSingleLine: Bool) {
        let hasBreak = unsafe bytes.withUnsafeBytes { all in
            unsafe all.offset(of: UInt8(ascii: "\n"), in: 0..<all.count) != nil
                || all.offset(of: UInt8(ascii: "\r"), in: 0..<all.count) != nil
        }
        self.bytes = bytes
        self.form = isSingleLine && !hasBreak ? .verbatim : .base64
    }
}
