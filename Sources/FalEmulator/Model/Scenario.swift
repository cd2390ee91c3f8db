/// How the emulator plays one request: how the run ends, how long it takes, and what goes wrong on the way.
package struct Scenario: Equatable, Sendable {
    /// How a run ends.
    package enum Outcome: Equatable, Sendable {
        /// With the model's output.
        case ok
        /// With an error of the model: its HTTP status and the `type` in its `detail`.
        case modelError(status: Int, type: String)
        /// With an output that fal cannot put into the webhook (`payload_error`).
        case payloadError
        /// With an error of fal's own.
        case infrastructureError(InfrastructureError)
    }

    /// What happens to the webhook.
    package enum WebhookFault: Equatable, Sendable {
        /// It is sent as fal sends it.
        case normal
        /// It is never sent.
        case drop
        /// It is sent twice.
        case duplicate
        /// It is sent that many seconds after the end of the run.
        case late(seconds: Int)
        /// It is sent before the submission is answered; the run takes no time.
        case beforeAnswer
        /// Its signature is not of the body.
        case badSignature
        /// It is signed with a time too long ago.
        case staleTimestamp
        /// It is signed for another account.
        case wrongAccount
        /// It has no signature headers.
        case unsigned
        /// It ends in the middle of the body.
        case truncated
    }

    /// What happens to the answer to the submission.
    package enum ReplyFault: Equatable, Sendable {
        /// It is sent.
        case normal
        /// The request is accepted and the connection closed without an answer.
        case lost
        /// The request is refused with that status and, if there is one, that `Retry-After`.
        case status(Int, retryAfterSeconds: Int?)
    }

    /// How the run ends.
    package var outcome = Outcome.ok
    /// The least time in the queue, in microseconds; nil for the emulator's default.
    package var queueTime: Int64?
    /// The time of the run, in microseconds; nil for the emulator's default.
    package var runTime: Int64?
    /// How often the run is said to be back in the queue, and then to run again.
    ///
    /// It stands for a runner that fal takes away and replaces: one run that is paid for once.
    package var flaps = 0
    /// Whether the output's `seed` is larger than 2^53.
    package var bigInteger = false
    /// What happens to the webhook.
    package var webhook = WebhookFault.normal
    /// Whether a new signing key is taken right before the webhook.
    package var keyRotation = false
    /// What happens to the answer to the submission.
    package var reply = ReplyFault.normal

    /// A request that goes well.
    package init() {}

    /// Whether the request is accepted; one whose answer is lost is.
    package var isAccepted: Bool {
        if case .status = reply { false } else { true }
    }
}
