/// The errors of fal's own machinery, by their `error_type`
/// (docs.fal.ai/documentation/model-apis/request-errors).
package enum InfrastructureError: String, CaseIterable, Sendable {
    case requestTimeout = "request_timeout"
    case startupTimeout = "startup_timeout"
    case runnerSchedulingFailure = "runner_scheduling_failure"
    case runnerConnectionTimeout = "runner_connection_timeout"
    case runnerDisconnected = "runner_disconnected"
    case runnerConnectionRefused = "runner_connection_refused"
    case runnerConnectionError = "runner_connection_error"
    case runnerIncompleteResponse = "runner_incomplete_response"
    case runnerServerError = "runner_server_error"
    case internalError = "internal_error"
    case clientDisconnected = "client_disconnected"
    case clientCancelled = "client_cancelled"
    case badRequest = "bad_request"

    /// The HTTP status that goes with it.
    package var status: Int {
        switch self {
        case .requestTimeout, .startupTimeout: 504
        case .runnerSchedulingFailure, .runnerConnectionTimeout, .runnerDisconnected, .runnerConnectionRefused,
            .runnerConnectionError:
            503
        case .runnerIncompleteResponse: 502
        case .runnerServerError, .internalError: 500
        case .clientDisconnected, .clientCancelled: 499
        case .badRequest: 400
        }
    }

    /// The text for people; fal's own wording is not known.
    package var detail: String {
        switch self {
        case .requestTimeout: "Request timed out"
        case .startupTimeout: "Runner did not start in time"
        case .runnerSchedulingFailure: "No runner could be scheduled"
        case .runnerConnectionTimeout: "Connection to the runner timed out"
        case .runnerDisconnected: "Runner disconnected"
        case .runnerConnectionRefused: "Runner refused the connection"
        case .runnerConnectionError: "Connection to the runner failed"
        case .runnerIncompleteResponse: "Runner sent an incomplete response"
        case .runnerServerError: "Runner failed"
        case .internalError: "Internal error"
        case .clientDisconnected: "Client disconnected"
        case .clientCancelled: "Request was cancelled"
        case .badRequest: "Bad request"
        }
    }
}
