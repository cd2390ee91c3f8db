/// Writes one compact JSON object, member by member, in the order they are given.
package struct JSONObjectWriter: Sendable {
    private var output: [UInt8] = []

    /// Begins an object.
    package init() {
        // Most are short, and grow no further than this.
        output.reserveCapacity(96)
        output.append(UInt8(ascii: "{"))
    }

    /// The object, closed.
    package var bytes: [UInt8] { output + [UInt8(ascii: "}")] }

    /// The object, closed, and a newline.
    package var line: [UInt8] { output + [UInt8(ascii: "}"), UInt8(ascii: "\n")] }

    /// Adds a string; without a value nothing is added.
    package mutating func member(_ name: String, _ value: String?) {
        guard let value else { return }
        begin(name)
        JSONText.appendString(value, to: &output)
    }

    /// Adds a whole number; without a value nothing is added.
    package mutating func member(_ name: String, _ value: Int?) {
        guard let value else { return }
        begin(name)
        output.append(contentsOf: "\(value)".utf8)
    }

    /// Adds `true` or `false`.
    package mutating func member(_ name: String, _ value: Bool) {
        begin(name)
        output.append(contentsOf: (value ? "true" : "false").utf8)
    }

    /// Adds a value that is JSON already, as it is.
    package mutating func member(_ name: String, json: some Sequence<UInt8>) {
        begin(name)
        output.append(contentsOf: json)
    }

    /// Adds an array of values that are JSON already.
    package mutating func member(_ name: String, array elements: some Sequence<[UInt8]>) {
        begin(name)
        output.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            output.append(contentsOf: element)
        }
        output.append(UInt8(ascii: "]"))
    }

    private mutating func begin(_ name: String) {
        if output.count > 1 { output.append(UInt8(ascii: ",")) }
        JSONText.appendString(name, to: &output)
        output.append(UInt8(ascii: ":"))
    }
}
