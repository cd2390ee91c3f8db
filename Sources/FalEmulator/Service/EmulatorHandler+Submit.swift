internal import FalQueue
internal import HTTPServer
internal import Threading

extension EmulatorHandler {
    /// Accepts a submission, or refuses it as its scenario says, and answers.
    func submit(_ endpoint: EndpointID, _ request: HTTPRequest, _ exchange: consuming HTTPExchange) {
        let id = newID()
        let submission: EmulatedQueue.Submission
        do throws(SubmissionRefusal) {
            submission = try read(endpoint, request, id: id)
        } catch {
            return exchange.respond(error.response(id: id))
        }
        switch submission.scenario.reply {
        case .status(let status, let retryAfterSeconds):
            // Without x-fal-request-id: nothing was accepted, as when a gateway in front of fal answers.
            var response = HTTPResponse.json(status, detail: "Refused by the scenario")
            if let retryAfterSeconds {
                response.headers.append("Retry-After", "\(retryAfterSeconds)")
            }
            exchange.respond(response)
        case .lost:
            _ = accept(submission)
            exchange.abandon()
        case .normal:
            let waits = submission.scenario.webhook == .beforeAnswer && submission.webhookURL != nil
            guard waits else {
                let position = accept(submission)
                return exchange.respond(answer(to: submission, position: position))
            }
            let parked = ParkedAnswer(exchange.suspend(), answer(to: submission, position: 0))
            let isStopping = core.state.withLock { state in
                state.parked[id] = parked
                return state.isStopping
            }
            if isStopping { return parked.send() }
            _ = accept(submission)
        }
    }

    /// Accepts a request and answers with its result, as fal.run does.
    func run(_ endpoint: EndpointID, _ request: HTTPRequest, _ exchange: consuming HTTPExchange) {
        let id = newID()
        let submission: EmulatedQueue.Submission
        do throws(SubmissionRefusal) {
            submission = try read(endpoint, request, id: id)
        } catch {
            return exchange.respond(error.response(id: id))
        }
        switch submission.scenario.reply {
        case .status(let status, _): exchange.respond(.json(status, detail: "Refused by the scenario"))
        case .lost:
            _ = accept(submission)
            exchange.abandon()
        case .normal:
            let stopped = HTTPResponse.json(503, detail: "The emulator is stopping", id: id)
            let parked = ParkedAnswer(exchange.suspend(), stopped)
            let isStopping = core.state.withLock { state in
                state.runs[id] = parked
                return state.isStopping
            }
            if isStopping { return parked.send() }
            _ = accept(submission)
        }
    }

    /// Takes it into the queue, and says how many are ahead of it.
    private func accept(_ submission: EmulatedQueue.Submission) -> Int {
        core.change { state, now in
            let actions = state.queue.submit(submission, now: now)
            return (state.queue.status(submission.id, now: now)?.queuePosition ?? 0, actions)
        }
    }

    private func answer(to submission: EmulatedQueue.Submission, position: Int) -> HTTPResponse {
        let urls = RequestURLs(baseURL: submission.baseURL, endpoint: submission.endpoint, requestID: submission.id)
        let answer = SubmitAnswer(requestID: submission.id, urls: urls, queuePosition: position)
        return .json(200, answer.body, id: submission.id)
    }

    private func read(
        _ endpoint: EndpointID,
        _ request: HTTPRequest,
        id: String
    ) throws(SubmissionRefusal) -> EmulatedQueue.Submission {
        var webhookURL: String?
        for item in request.head.queryItems {
            switch item.name {
            case "fal_webhook":
                webhookURL = item.value
            case "fal_max_queue_length":
                guard let limit = Int(item.value), limit >= 0 else {
                    throw .invalid(field: item.name, "Input should be a valid integer")
                }
                let length = core.state.withLock { state in state.queue.queueLength }
                if length > limit { throw .queueFull(length) }
            default:
                break
            }
        }
        if let webhookURL, !["http://", "https://"].contains(where: webhookURL.lowercased().hasPrefix) {
            throw .invalid(field: "fal_webhook", "Input should be a valid URL")
        }
        return EmulatedQueue.Submission(
            id: id,
            endpoint: endpoint,
            input: request.body,
            webhookURL: webhookURL,
            baseURL: baseURL(request),
            scenario: try scenario(endpoint, request),
            startTimeout: startTimeout(request)
        )
    }

    private func scenario(_ endpoint: EndpointID, _ request: HTTPRequest) throws(SubmissionRefusal) -> Scenario {
        let headers = request.head.headers.map { (name: $0.name, value: String(decoding: $0.value, as: UTF8.self)) }
        do throws(ScenarioError) {
            let byRules = core.state.withLock { state in
                state.rules.scenario(endpoint: endpoint, input: request.body)
            }
            return try Scenario.parse(headers: headers, over: byRules)
        } catch {
            throw .scenario("\(error)")
        }
    }

    /// `X-Fal-Request-Start-Timeout` wins over the older `X-Fal-Request-Timeout`; both are seconds.
    private func startTimeout(_ request: HTTPRequest) -> Int64? {
        for name in ["X-Fal-Request-Start-Timeout", "X-Fal-Request-Timeout"] {
            guard let text = request.head.headers.firstText(of: name) else { continue }
            guard let seconds = Double(text), seconds > 0.1, seconds < 1e9 else { return nil }
            return Int64(seconds * 1_000_000)
        }
        return nil
    }
}

/// Why a submission never enters the queue.
enum SubmissionRefusal: Error, Equatable {
    /// Something about the query is wrong; said in the form that fal's errors have.
    case invalid(field: String, String)
    /// More requests wait than the client put up with.
    case queueFull(Int)
    /// The scenario is not one; only the emulator knows this error.
    case scenario(String)

    /// The answer.
    func response(id: String) -> HTTPResponse {
        switch self {
        case .invalid(let field, let message):
            let problem = JSONTree.object([
                ("loc", .array([.string("query"), .string(field)])),
                ("msg", .string(message)),
                ("type", .string("value_error")),
            ])
            return .json(422, JSONTree.object([("detail", .array([problem]))]).compact, id: id)
        case .queueFull(let length):
            return .json(429, detail: "\(length) requests are in the queue already", id: id)
        case .scenario(let message):
            return .json(400, detail: message, id: id)
        }
    }
}
