import Synchronization

/// The way back to the client that gave a command; any thread may use it, at any time.
///
/// Replies of one command keep their order. When the last reference goes and nothing has ended the reply, the client is
/// told that there was no answer, so a forgotten reply never leaves a client waiting.
package final class CommandReply: Sendable {
    /// The command.
    package let op: String

    private let reference: [UInt8]
    private let connection: UInt64
    private let outbox: Outbox
    private let ended = Atomic(false)

    init(op: String, reference: [UInt8], connection: UInt64, outbox: Outbox) {
        self.op = op
        self.reference = reference
        self.connection = connection
        self.outbox = outbox
    }

    deinit {
        if !ended.load(ordering: .relaxed) {
            post(noAnswer, isLast: true)
        }
    }

    /// Whether the client is still there and waits for more.
    package var isOpen: Bool { !ended.load(ordering: .relaxed) && outbox.isOpen(connection) }

    /// Sends a part of the answer, after which there is more; its frame says `"more":true`.
    ///
    /// - Parameter object: A JSON object; its members become the frame's, behind `frame`, `op`, `ref` and `more`.
    /// - Returns: Whether the client is still there.
    @discardableResult
    package func send(_ object: [UInt8]) -> Bool {
        guard !ended.load(ordering: .relaxed) else { return false }
        return post(Frames.reply(op: op, reference: reference, object: object, isLast: false), isLast: false)
    }

    /// Sends the answer, or its last part.
    ///
    /// - Parameter object: A JSON object; its members become the frame's, behind `frame`, `op` and `ref`.
    /// - Returns: Whether the client is still there; false as well when the reply has ended before.
    @discardableResult
    package func finish(_ object: [UInt8]) -> Bool {
        guard !ended.exchange(true, ordering: .relaxed) else { return false }
        return post(Frames.reply(op: op, reference: reference, object: object, isLast: true), isLast: true)
    }

    /// Sends an `error` frame as the answer.
    ///
    /// - Parameters:
    ///   - code: A word of a fixed list, `invalid_input`.
    ///   - message: What went wrong and what to do next.
    ///   - details: A JSON object whose members are added to the frame; empty for none.
    /// - Returns: Whether the client is still there; false as well when the reply has ended before.
    @discardableResult
    package func fail(code: String, message: String, details: [UInt8] = []) -> Bool {
        guard !ended.exchange(true, ordering: .relaxed) else { return false }
        let frame = Frames.error(code: code, message: message, op: op, reference: reference, details: details)
        return post(frame, isLast: true)
    }

    private var noAnswer: [UInt8] {
        Frames.error(
            code: StreamErrorCode.noAnswer.rawValue,
            message: "the command ended without an answer; ask for the status before trying again",
            op: op,
            reference: reference
        )
    }

    @discardableResult
    private func post(_ frame: [UInt8], isLast: Bool) -> Bool {
        outbox.post(frame, isLast: isLast, to: connection)
    }
}
