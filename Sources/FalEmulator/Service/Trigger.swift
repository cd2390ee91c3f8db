internal import Crypto
internal import FalQueue
internal import HTTPClient
package import SystemPackage

/// One signed delivery, made up and posted straight to a hook: no queue, no retries.
package struct Trigger: Sendable {
    /// What the delivery says of the run.
    package enum Event: String, Sendable, CaseIterable {
        /// It ended with an output.
        case completed
        /// It ended with the model's error.
        case failed
        /// It ended with an output that fal cannot put into the webhook.
        case payloadError = "payload-error"
    }

    /// What the hook answered.
    package struct Answer: Sendable, Equatable {
        /// The status code.
        package let status: Int
        /// The body.
        package let body: [UInt8]
        /// The request id that was sent.
        package let requestID: String
    }

    /// Why there is no answer.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        /// Whether it is the hook's doing, and not that of the options or the keys.
        package let isUnreachable: Bool
        /// Why, in one line.
        package let description: String
    }

    /// How long the hook has, as fal's first attempt gives it.
    package static let timeout: Duration = .seconds(15)

    /// Where it goes.
    package var hookURL: String
    /// What it says.
    package var event: Event
    /// The keys, as `emulate --keys-file` shares them.
    package var keysFile: FilePath
    /// The request it is about; a new id when nil.
    package var requestID: String?
    /// The user id it carries.
    package var account = EmulatorConfiguration.defaultAccount
    /// The body as it is, instead of a made-up one.
    package var body: [UInt8]?
    /// Whether the signature is wrong.
    package var isSignatureBad = false
    /// Whether the timestamp is too old.
    package var isStale = false

    /// Sets one up.
    package init(_ event: Event, hookURL: String, keysFile: FilePath) {
        self.event = event
        self.hookURL = hookURL
        self.keysFile = keysFile
    }

    /// Posts it, and waits for the answer; blocks.
    ///
    /// - Throws: ``Failure`` when there is no answer.
    package func send() throws(Failure) -> Answer {
        let keys: EmulatorKeys
        do throws(EmulatorStartFailure) {
            keys = try KeysFile.loadOrMake(keysFile)
        } catch {
            throw Failure(isUnreachable: false, description: error.description)
        }
        let now = EmulatorClock().now
        do {
            let id = requestID ?? RequestID.new(at: now)
            let body = body ?? event.body(requestID: id)
            let fault = DeliverySigner.Fault(isSignatureBad: isSignatureBad, isTimestampStale: isStale)
            let signer = DeliverySigner(account: account)
            let headers = try signer.headers(for: body, requestID: id, now: now, key: keys.signing, fault: fault)
            var options = HTTPClientOptions()
            options.totalTimeout = Self.timeout
            options.userAgent = "falconer-trigger"
            let request = HTTPRequest(method: .post, url: hookURL, headers: headers, body: body)
            let response = try HTTPClient(options).send(request)
            return Answer(status: response.status, body: response.body, requestID: id)
        } catch let error as HTTPClientError {
            throw Failure(isUnreachable: error.kind != .badURL, description: "\(error.kind.rawValue): \(error.detail)")
        } catch {
            throw Failure(isUnreachable: false, description: "\(error)")
        }
    }
}

extension Trigger.Event {
    /// The body that a video model's run with this end has.
    ///
    /// Played by the queue itself, so that it is what the emulator would send.
    fileprivate func body(requestID: String) -> [UInt8] {
        guard let endpoint = try? EndpointID.parse("xai/grok-imagine-video/text-to-video") else { return [] }
        var scenario = Scenario()
        // It is delivered at the submission, so that nothing has to be waited for.
        scenario.webhook = .beforeAnswer
        switch self {
        case .completed: scenario.outcome = .ok
        case .failed: scenario.outcome = .modelError(status: 422, type: "content_policy_violation")
        case .payloadError: scenario.outcome = .payloadError
        }
        let submission = EmulatedQueue.Submission(
            id: requestID,
            endpoint: endpoint,
            input: Array(#"{"prompt":"a falcon dives"}"#.utf8),
            webhookURL: "https://hook.invalid",
            baseURL: "http://\(EmulatorConfiguration.defaultListen)",
            scenario: scenario
        )
        let byteCount = Base64.decode(SampleVideo.base64)?.count ?? 0
        var queue = EmulatedQueue(EmulatedQueue.Configuration(), video: SampleVideo.facts(byteCount: byteCount))
        for case .deliver(let delivery) in queue.submit(submission, now: 0) { return delivery.body }
        return []
    }
}
