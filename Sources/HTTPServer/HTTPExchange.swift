/// The obligation to answer one request, on the loop's thread: now, or suspended for later.
///
/// It must be used up inside ``HTTPHandler/handle(_:_:)``; to drop it is a bug, and stops the process.
@safe
package struct HTTPExchange: ~Copyable {
    // Retained by init, released by the one function that uses the exchange up.
    private let context: Unmanaged<RequestContext>
    private let isAnswered = false

    init(_ context: RequestContext) {
        unsafe self.context = .passRetained(context)
    }

    deinit {
        precondition(isAnswered, "an exchange was dropped without an answer: respond, or suspend it")
    }

    /// Answers now.
    package consuming func respond(_ response: HTTPResponse) {
        let context = unsafe context.takeRetainedValue()
        discard self
        context.answerNow(response)
    }

    /// Ends the connection without an answer, as a server that fails right then does; the emulator plays that.
    package consuming func abandon() {
        unsafe context.release()
        discard self
    }

    /// Parks the connection, and gives the handle to answer it later, from any thread.
    ///
    /// The connection is parked when this returns, so the handle may be given away at once.
    package consuming func suspend() -> SuspendedExchange {
        let context = unsafe context.takeRetainedValue()
        discard self
        context.suspend()
        return SuspendedExchange(context)
    }
}

@available(*, unavailable)
extension HTTPExchange: Sendable {}

/// The obligation to answer one request whose connection is parked, from any thread.
///
/// Exactly one answer: a second is a compile error, and to drop it is a bug that stops the process. A parked connection
/// has no deadline, and that its client has gone is seen only after the answer.
@safe
package struct SuspendedExchange: ~Copyable, @unchecked Sendable {  // the context takes an answer from any thread.
    // Retained by init, released by `resume`.
    private let context: Unmanaged<RequestContext>
    private let isAnswered = false

    init(_ context: RequestContext) {
        unsafe self.context = .passRetained(context)
    }

    deinit {
        precondition(isAnswered, "a suspended exchange was dropped without an answer: resume it")
    }

    /// Answers, and lets the connection go on.
    package consuming func resume(with response: HTTPResponse) {
        let context = unsafe context.takeRetainedValue()
        discard self
        context.resume(with: response)
    }
}
