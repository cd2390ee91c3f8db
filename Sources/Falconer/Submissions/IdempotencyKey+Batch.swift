package import FalQueue

extension IdempotencyKey {
    /// The longest name of a batch, bytes.
    package static let batchNameBytesMax = 128

    /// The key of one line of a batch: the same whenever the batch is run again, wherever in the file the line stands.
    ///
    /// - Parameters:
    ///   - endpoint: Where the line is submitted to.
    ///   - input: The line's input; white space between tokens and the order of its keys do not count.
    ///   - occurrence: Which of several equal lines it is, from 1.
    ///   - name: Sets one batch apart from another with the same lines; at most ``batchNameBytesMax`` bytes.
    /// - Returns: The key; nil when the name is too long.
    package static func line(
        to endpoint: EndpointID,
        input: [UInt8],
        occurrence: Int,
        of name: String
    ) -> IdempotencyKey? {
        guard name.utf8.count <= batchNameBytesMax else { return nil }
        let content = SubmissionContent(endpoint: endpoint.description, input: input)
        return IdempotencyKey("batch:\(name):\(content.hex):\(occurrence)")
    }
}
