/// A JSON value that the emulator writes, members in the order they are given.
indirect enum JSONTree: Sendable {
    case null
    case boolean(Bool)
    case integer(Int)
    /// A finite number, written as Python writes a float.
    case double(Double)
    /// A number that is written as it stands.
    case number(String)
    case string(String)
    case array([JSONTree])
    case object([(String, JSONTree)])

    /// The value without spaces, non-ASCII characters as they are.
    var compact: [UInt8] { bytes(.compact) }

    /// The value as `json.dumps(value)` writes it.
    var python: [UInt8] { bytes(.python) }

    /// The value as `json.dumps(value, sort_keys=True)` writes it.
    var pythonSorted: [UInt8] { bytes(.pythonSorted) }

    private func bytes(_ style: Style) -> [UInt8] {
        var output: [UInt8] = []
        append(to: &output, style)
        return output
    }
}

extension JSONTree: Equatable {
    /// Whether two values are written the same.
    static func == (left: JSONTree, right: JSONTree) -> Bool { left.compact == right.compact }
}
