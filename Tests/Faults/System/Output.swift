import Glibc

/// Where lines for people and for programs go.
enum Output {
    /// Writes a line to standard output.
    static func line(_ text: String) {
        write(text, to: STDOUT_FILENO)
    }

    /// Writes a line about progress to standard error.
    static func progress(_ text: String) {
        write(text, to: STDERR_FILENO)
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var line = text + "\n"
        line.withUTF8 { bytes in _ = Glibc.write(descriptor, bytes.baseAddress, bytes.count) }
    }
}

/// A line of JSON that is written member by member; values are numbers and plain words.
struct ResultLine {
    private var members: [String] = []

    mutating func add(_ name: String, _ value: String) {
        members.append("\"\(name)\":\"\(value)\"")
    }

    mutating func add(_ name: String, _ value: some BinaryInteger) {
        members.append("\"\(name)\":\(value)")
    }

    /// The line.
    var text: String { "{\(members.joined(separator: ","))}" }
}
