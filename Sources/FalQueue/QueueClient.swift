package import HTTPClient

/// fal's queue API over a transport: each call is one request, blocks the thread, and is never repeated from here.
package struct QueueClient: Sendable {
    private let transport: any HTTPTransport
    /// Where the queue is.
    package let queue: QueueURL
    private let key: FalKey?

    /// Makes a client of one queue for one key.
    package init(transport: any HTTPTransport, queue: QueueURL, key: FalKey?) {
        self.transport = transport
        self.queue = queue
        self.key = key
    }

    /// Submits once and says what is known afterwards.
    package func submit(_ request: SubmitRequest) -> SubmitOutcome {
        do {
            return .classify(.success(try transport.send(request.httpRequest(to: queue, key: key))))
        } catch {
            return .classify(.failure(error))
        }
    }

    /// Whether the log lines are asked for.
    package enum Logs: Sendable {
        case include
        case leaveOut
    }

    /// Asks how far a request is.
    ///
    /// fal answers 202 until it has ended and then 200; the body decides here, since not every answer keeps to that.
    ///
    /// - Throws: ``QueueError``.
    package func status(of address: RequestAddress, logs: Logs = .leaveOut) throws(QueueError) -> QueueStatusAnswer {
        let mark = address.statusURL.contains("?") ? "&" : "?"
        let url = logs == .include ? "\(address.statusURL)\(mark)logs=1" : address.statusURL
        let response = try send(.get, url)
        guard (200..<300).contains(response.status) else { throw error(of: response) }
        guard let answer = QueueStatusAnswer(body: response.body) else { throw .unreadable(status: response.status) }
        return answer
    }

    /// Fetches a request's result as fal stored it, an error of the app's included.
    ///
    /// - Throws: ``QueueError``: `notReady` before the end, `notFound` for a request that is not known or has expired.
    package func result(of address: RequestAddress) throws(QueueError) -> QueueResult {
        let response = try send(.get, address.resultURL)
        switch response.status {
        case 202:
            throw .notReady
        case 400 where isStillRunning(response.body):
            throw .notReady
        case 404 where isUnknownRequest(response.body):
            throw .notFound
        case 401, 403, 429, 300..<400:
            throw error(of: response)
        default:
            return QueueResult(
                status: response.status,
                body: response.body,
                requestID: response.headers["X-Fal-Request-Id"]
            )
        }
    }

    /// Asks fal to cancel a request.
    ///
    /// - Throws: ``QueueError`` for any answer but the four documented ones.
    package func cancel(_ address: RequestAddress) throws(QueueError) -> CancelOutcome {
        let response = try send(.put, address.cancelURL)
        let word = JSONObjectReader(response.body)?.string("status")
        switch (response.status, word) {
        case (202, _), (200, "CANCELLATION_REQUESTED"): return .requested
        case (200, _): return .cancelled
        case (400, "ALREADY_COMPLETED"): return .alreadyCompleted
        case (404, _): return .notFound
        default: throw error(of: response)
        }
    }

    /// Fetches something that is answered with 200.
    func get(_ url: String) throws(QueueError) -> [UInt8] {
        let response = try send(.get, url)
        guard response.status == 200 else { throw error(of: response) }
        return response.body
    }

    private func send(_ method: HTTPMethod, _ url: String) throws(QueueError) -> HTTPResponse {
        var headers = HTTPHeaders()
        if let key {
            headers.add("Authorization", key.authorization)
        }
        headers.add("Accept", "application/json")
        do {
            return try transport.send(HTTPRequest(method: method, url: url, headers: headers))
        } catch {
            throw .transport(error.kind, detail: oneLine(error.detail, charactersMax: FalError.messageCharactersMax))
        }
    }

    private func error(of response: HTTPResponse) -> QueueError {
        let said = FalError.parse(response.body)
        return switch response.status {
        case 401, 403: .keyRefused(status: response.status, said)
        case 404: .notFound
        default: .unexpected(status: response.status, said)
        }
    }

    /// fal's 400 before the end, told from an app's own 400: only the text of it is known ("Request is still in progress").
    private func isStillRunning(_ body: [UInt8]) -> Bool {
        FalError.parse(body).detail?.lowercased().contains("still in progress") ?? false
    }

    /// fal's 404, told from an app's own (`{"detail": "Path /x not found"}`), which is a result.
    private func isUnknownRequest(_ body: [UInt8]) -> Bool {
        guard let object = JSONObjectReader(body) else { return true }
        return object.string("status") == "NOT_FOUND" || FalError.parse(body).detail?.hasPrefix("Path ") != true
    }
}
