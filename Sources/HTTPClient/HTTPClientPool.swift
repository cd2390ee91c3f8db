import Threading

/// Clients that several threads share: each exchange has one of its own while it lasts.
package final class HTTPClientPool: HTTPTransport {
    private struct State {
        var idle: [HTTPClient] = []
        var busy: [HTTPClient] = []
        var isCancelled = false
    }

    private let options: HTTPClientOptions
    private let idleClientsMax: Int
    private let state = Monitor(State())

    /// Makes an empty pool; clients are made when they are needed.
    ///
    /// - Parameters:
    ///   - options: For every client.
    ///   - idleClientsMax: How many are kept, with their connections, for a later exchange. How many exchanges run at once
    ///     is the callers' to bound: each holds a thread of theirs.
    package init(_ options: HTTPClientOptions = HTTPClientOptions(), idleClientsMax: Int = 4) {
        self.options = options
        self.idleClientsMax = idleClientsMax
    }

    /// Sends a request at most once and waits for the whole answer, whatever its status.
    ///
    /// - Throws: ``HTTPClientError`` when there is no complete answer.
    package func send(_ request: HTTPRequest) throws(HTTPClientError) -> HTTPResponse {
        let client = try take()
        defer { giveBack(client) }
        return try client.send(request)
    }

    /// Ends every exchange under way at once and refuses every later one.
    package func cancel() {
        let clients = state.withLock { state in
            state.isCancelled = true
            return state.busy
        }
        for client in clients {
            client.cancel()
        }
    }

    private func take() throws(HTTPClientError) -> HTTPClient {
        let idle = state.withLock { state in state.idle.popLast() }
        let client = if let idle { idle } else { try HTTPClient(options) }
        let isCancelled = state.withLock { state in
            state.busy.append(client)
            return state.isCancelled
        }
        // Cancelled before it was known as busy: ``cancel()`` has not seen it.
        if isCancelled {
            client.cancel()
        }
        return client
    }

    private func giveBack(_ client: HTTPClient) {
        state.withLock { state in
            state.busy.removeAll { $0 === client }
            if state.idle.count < idleClientsMax, !state.isCancelled {
                state.idle.append(client)
            }
        }
    }
}
