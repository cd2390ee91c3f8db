import FalQueue

extension EmulatedQueue {
    /// One request as the books have it.
    struct BookEntry: Equatable, Sendable {
        /// Its id.
        let id: String
        /// The endpoint it was posted to.
        let endpoint: EndpointID
        /// When it was accepted, in microseconds since 1970.
        let acceptedAt: Int64
        /// How often a run was started: what a client pays for.
        let runsStarted: Int
        /// How far it is.
        let status: StatusView.Status
        /// What went wrong, if something did.
        let errorType: String?
        /// The URL in `fal_webhook`, if there was one.
        let webhookURL: String?
        /// The input, if it was kept.
        let input: [UInt8]?

        /// The entry.
        var json: JSONTree {
            .object([
                ("request_id", .string(id)), ("endpoint", .string("\(endpoint)")),
                ("accepted_at", .string(LogLine.text(acceptedAt))), ("runs_started", .integer(runsStarted)),
                ("status", .string(status.rawValue)), ("error_type", errorType.map { .string($0) } ?? .null),
                ("webhook_url", webhookURL.map { .string($0) } ?? .null),
                ("input", input.flatMap { try? JSONTree($0) } ?? .null),
            ])
        }
    }

    /// Every remembered request in the order of acceptance.
    var books: [BookEntry] {
        requests.keys.sorted().compactMap { requests[$0] }.map { request in
            BookEntry(
                id: request.submission.id,
                endpoint: request.submission.endpoint,
                acceptedAt: request.acceptedAt,
                runsStarted: request.runsStarted,
                status: request.status,
                errorType: request.completion?.end.errorType,
                webhookURL: request.submission.webhookURL,
                input: request.input
            )
        }
    }

    /// What is known of a request as of the last ``advance(now:)``; nil for an unknown one.
    func status(_ id: String, now: Int64) -> StatusView? {
        guard let number = numbers[id], let request = requests[number] else { return nil }
        var view = StatusView(requestID: id, status: request.status, log: request.log(until: now))
        if case .queued = request.phase { view.queuePosition = queued.sortedIndex(of: number) }
        if request.isFlapped(now: now) {
            view.status = .inQueue
            view.queuePosition = 0
        }
        if let completion = request.completion {
            view.inferenceTime = request.startedAt.map { Double(completion.time - $0) / 1_000_000 }
            view.error = completion.end.error
            view.errorType = completion.end.errorType
        }
        return view
    }

    /// The answer to a request for a result.
    func result(_ id: String, now: Int64) -> ResultView {
        guard let number = numbers[id], let request = requests[number] else { return .notFound }
        guard let completion = request.completion else { return .inProgress }
        guard now < completion.expiresAt else { return .notFound }
        return completion.end.answer(for: request, video: video)
    }

    /// Where a request is found, by the base URL that the asking client uses; nil for an unknown one.
    func urls(of id: String, baseURL: String) -> RequestURLs? {
        guard let number = numbers[id], let request = requests[number] else { return nil }
        return RequestURLs(baseURL: baseURL, endpoint: request.submission.endpoint, requestID: id)
    }

    /// The webhook of a finished request, without faults, to be sent once more; nil where there is none.
    func redelivery(of id: String) -> WebhookDelivery? {
        guard let number = numbers[id], let request = requests[number] else { return nil }
        var delivery = delivery(of: request)
        delivery?.fault = .normal
        return delivery
    }

    func delivery(of request: EmulatedRequest) -> WebhookDelivery? {
        guard let completion = request.completion, let url = request.submission.webhookURL else { return nil }
        let payload = completion.end.payload(for: request, video: video)
        return WebhookDelivery(
            requestID: request.submission.id,
            url: url,
            body: WebhookBody(requestID: request.submission.id, end: completion.end, payload: payload).bytes,
            fault: request.submission.scenario.webhook,
            expiresAt: completion.expiresAt
        )
    }
}

extension EmulatedRequest {
    /// The word of fal's queue for it.
    fileprivate var status: StatusView.Status {
        switch phase {
        case .queued: .inQueue
        case .inProgress: .inProgress
        case .completed: .completed
        }
    }
}
