import FalQueue

/// How a request ends.
enum RunEnd: Equatable, Sendable {
    /// With the model's output.
    case output
    /// With an output that the webhook cannot hold.
    case payloadError
    /// With the model's error.
    case modelError(status: Int, [ModelErrorDetail])
    /// With an error of fal's own.
    case infrastructureError(InfrastructureError)
    /// Its run did not start within the time that the client gave it.
    case startTimeout

    /// The end that a scenario and an input lead to: what a model finds wrong counts only where the scenario lets it run.
    init(planned outcome: Scenario.Outcome, endpoint: EndpointID, input: ModelInput) {
        let problems = ModelErrorDetail.problems(of: input, endpoint: endpoint)
        switch outcome {
        case .infrastructureError(let error): self = .infrastructureError(error)
        case .modelError(let status, let type):
            let detail = ModelErrorDetail(member: "prompt", message: "The emulator was told to fail", type: type)
            self = .modelError(status: status, [detail])
        case .ok where problems.isEmpty: self = .output
        case .payloadError where problems.isEmpty: self = .payloadError
        case .ok, .payloadError: self = .modelError(status: 422, problems)
        }
    }

    /// Whether the result is the model's output.
    var isOutput: Bool { self == .output || self == .payloadError }

    /// The status `error` text; nil when all went well.
    var error: String? {
        switch self {
        case .output, .payloadError: nil
        case .modelError(let status, _): "Invalid status code: \(status)"
        case .infrastructureError(let error): error.detail
        case .startTimeout: InfrastructureError.requestTimeout.detail
        }
    }

    /// The status `error_type`; nil when all went well.
    var errorType: String? {
        switch self {
        case .output, .payloadError: nil
        case .modelError(_, let details): details.first?.type
        case .infrastructureError(let error): error.rawValue
        case .startTimeout: InfrastructureError.requestTimeout.rawValue
        }
    }

    /// The last line of the log.
    var logMessage: String {
        error.map { "Run failed: \($0)" } ?? "Run finished"
    }

    /// The body of the result, as a webhook's payload has it too.
    func payload(for request: EmulatedRequest, video: VideoFacts) -> JSONTree {
        switch self {
        case .output, .payloadError:
            ModelOutput.json(for: request, video: video)
        case .modelError(_, let details):
            .object([("detail", .array(details.map(\.json)))])
        case .infrastructureError(let error):
            .object([("detail", .string(error.detail)), ("error_type", .string(error.rawValue))])
        case .startTimeout:
            RunEnd.infrastructureError(.requestTimeout).payload(for: request, video: video)
        }
    }

    /// The answer to a `GET` of the result (docs.fal.ai/errors and …/deployment/requests).
    func answer(for request: EmulatedRequest, video: VideoFacts) -> ResultView {
        let body = payload(for: request, video: video).compact
        switch self {
        case .output, .payloadError:
            return ResultView(status: 200, body: body)
        case .modelError(let status, let details):
            var answer = ResultView(status: status, body: body)
            answer.headers.append(.init("X-Fal-Retryable", status >= 500 ? "true" : "false"))
            if let type = details.first?.type { answer.headers.append(.init("X-Fal-Error-Type", type)) }
            return answer
        case .infrastructureError(let error):
            let header = ResultView.Header("X-Fal-Error-Type", error.rawValue)
            return ResultView(status: error.status, body: body, headers: [header])
        case .startTimeout:
            var answer = RunEnd.infrastructureError(.requestTimeout).answer(for: request, video: video)
            answer.headers.append(.init("X-Fal-Request-Timeout-Type", "user"))
            return answer
        }
    }
}
