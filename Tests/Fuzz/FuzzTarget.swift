/// What is fuzzed: each a function of bytes, with properties that hold for any bytes.
///
/// libFuzzer calls it with inputs of its own, the ordinary tests with those that are kept in `Corpus`.
enum FuzzTarget: String, CaseIterable {
    /// The journal's recovery: segments of whole, torn, flipped, repeated and missing lines.
    case recovery
    /// The index beside a segment, damaged.
    case index
    /// One line of the journal, written and read by both of its readers.
    case line
    /// The JSON scanner.
    case json
    /// The four headers of a delivery.
    case headers
    /// A delivery's body, on its way into a line.
    case body
    /// The key set.
    case keys
    /// What a client writes to the socket.
    case command
    /// A client's `submit`.
    case submit
    /// The file of a named consumer.
    case consumer
    /// What the server writes to the socket, read by the client.
    case frame
    /// What fal's queue answers.
    case answer
    /// Times, endpoint ids and URLs.
    case text

    /// Runs one input.
    ///
    /// - Throws: ``Violation`` when a property does not hold.
    func run(_ bytes: [UInt8]) throws(Violation) {
        switch self {
        case .recovery: try checkRecovery(bytes)
        case .index: try checkIndex(bytes)
        case .line: try checkLine(bytes)
        case .json: try checkJSON(bytes)
        case .headers: try checkHeaders(bytes)
        case .body: try checkBody(bytes)
        case .keys: try checkKeys(bytes)
        case .command: try checkCommands(bytes)
        case .submit: try checkSubmit(bytes)
        case .consumer: try checkConsumer(bytes)
        case .frame: try checkFrame(bytes)
        case .answer: try checkAnswer(bytes)
        case .text: try checkText(bytes)
        }
    }
}

/// A property that did not hold.
struct Violation: Error, CustomStringConvertible {
    let description: String
}

/// Holds the code under test to a property.
func require(_ condition: Bool, _ property: @autoclosure () -> String) throws(Violation) {
    guard condition else { throw Violation(description: property()) }
}

/// The value, which a property says is there.
func require<Value>(_ value: Value?, _ property: @autoclosure () -> String) throws(Violation) -> Value {
    guard let value else { throw Violation(description: property()) }
    return value
}
