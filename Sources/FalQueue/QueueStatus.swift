/// How far a request is.
package enum QueueStatus: Sendable, Hashable {
    /// It waits behind so many others, if fal says how many.
    case inQueue(position: Int?)
    /// It runs.
    case inProgress
    /// It ended, well or not: a failed run is completed too.
    case completed(CompletedRun)
    /// A word that is not known here, as fal wrote it, cut to 64 characters.
    case unknown(String)
}

/// The end of a run.
package struct CompletedRun: Sendable, Hashable {
    /// What went wrong; nil for a run that went well.
    package let error: FalError?
    /// How long the model ran, if fal says so.
    package let inferenceSeconds: Double?
}

/// One answer about a request's status.
package struct QueueStatusAnswer: Sendable, Hashable {
    /// One line of the run's log.
    package struct LogEntry: Sendable, Hashable {
        /// When, as fal wrote it; sometimes without a time zone.
        package let timestamp: String?
        /// What was said.
        package let message: String
        /// How important, as fal wrote it.
        package let level: String?
    }

    /// The most log entries kept of one answer, the newest.
    package static let logEntriesMax = 1000

    /// How far the request is.
    package let status: QueueStatus
    /// The log lines in this answer: a moving window, not all that were ever there; empty when not asked for.
    package let logs: [LogEntry]
    /// The answer as it came.
    package let body: [UInt8]

    /// Reads an answer (https://fal.ai/docs/inference-api/queue/status); nil when it is no status.
    package init?(body: [UInt8]) {
        guard let object = JSONObjectReader(body), let word = object.string("status") else { return nil }
        status =
            switch word {
            case "IN_QUEUE": .inQueue(position: object.integer("queue_position"))
            case "IN_PROGRESS": .inProgress
            case "COMPLETED": .completed(Self.completedRun(object))
            default: .unknown(oneLine(word, charactersMax: 64))
            }
        logs = (object.objects("logs") ?? []).suffix(Self.logEntriesMax).map { entry in
            LogEntry(
                timestamp: entry.string("timestamp"),
                message: entry.string("message") ?? "",
                level: entry.string("level")
            )
        }
        self.body = body
    }

    private static func completedRun(_ object: JSONObjectReader) -> CompletedRun {
        let text = object.string("error")
        let type = object.string("error_type")
        return CompletedRun(
            error: text == nil && type == nil ? nil : FalError(detail: text, type: type),
            inferenceSeconds: object.object("metrics")?.double("inference_time")
        )
    }
}
