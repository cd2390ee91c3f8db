internal import FalQueue
internal import HTTPServer
internal import Posix
internal import Threading

/// Answers as fal's queue does, and serves the keys, the files and the administration beside it.
struct EmulatorHandler: HTTPHandler {
    let core: EmulatorCore
    /// `http` or `https`, for the URLs in answers.
    let scheme: String
    /// The file that outputs point to.
    let video: [UInt8]

    func decide(on head: borrowing HTTPRequestHead, from peer: PeerAddress) -> HeadDecision {
        // Only files are that large.
        let isFile = head.method == "PUT" && head.path.hasPrefix("/files/") || head.path.hasPrefix("/storage/")
        return .receive(bodyBytesMax: isFile ? UploadStore.bodyBytesMax : ServerLimits.defaultBodyBytesMax)
    }

    func handle(_ request: HTTPRequest, _ exchange: consuming HTTPExchange) {
        guard let path = RequestPath.parse(request.head.path) else {
            return exchange.respond(.json(404, detail: "Path \(request.head.path) not found", id: newID()))
        }
        if path.isOfQueue, core.isAway {
            // The request arrived, and nobody knows.
            exchange.abandon()
            return
        }
        switch path {
        case .jwks:
            exchange.respond(only(["GET", "HEAD"], request) ?? keySet())
        case .file(let name):
            exchange.respond(only(["GET", "HEAD"], request) ?? file(name, request))
        case .platformRequests:
            exchange.respond(only(["GET"], request) ?? unauthorized(request) ?? platformRequests(request))
        case .modelDocument:
            exchange.respond(only(["GET", "HEAD"], request) ?? modelDocument(request))
        case .storage(.begin), .storage(.beginInParts):
            exchange.respond(only(["POST"], request) ?? unauthorized(request) ?? beginUpload(path, request))
        case .storage(let page):
            exchange.respond(store(page, request))
        case .admin(let admin):
            exchange.respond(administer(admin, request))
        case .submit(let endpoint):
            if let refusal = only(["POST"], request) ?? unauthorized(request) { return exchange.respond(refusal) }
            submit(endpoint, request, exchange)
        case .run(let endpoint):
            if let refusal = only(["POST"], request) ?? unauthorized(request) { return exchange.respond(refusal) }
            run(endpoint, request, exchange)
        case .status(let id):
            exchange.respond(only(["GET"], request) ?? unauthorized(request) ?? status(id, request))
        case .stream(let id):
            exchange.respond(only(["GET"], request) ?? unauthorized(request) ?? stream(id, request))
        case .result(let id):
            exchange.respond(only(["GET"], request) ?? unauthorized(request) ?? result(id))
        case .cancel(let id):
            exchange.respond(only(["PUT"], request) ?? unauthorized(request) ?? cancel(id))
        }
    }

    /// Scheme and authority as the client wrote them: fal's URLs are absolute, and must lead back here.
    func baseURL(_ request: HTTPRequest) -> String {
        "\(scheme)://\(request.head.headers.firstText(of: "Host") ?? "127.0.0.1")"
    }

    /// A new request id.
    func newID() -> String {
        RequestID.new(at: core.clock.now)
    }

    func only(_ methods: [String], _ request: HTTPRequest) -> HTTPResponse? {
        if methods.contains(request.head.method) { return nil }
        var response = HTTPResponse.json(405, detail: "Method Not Allowed", id: newID())
        response.headers.append("Allow", methods.joined(separator: ", "))
        return response
    }

    func unauthorized(_ request: HTTPRequest) -> HTTPResponse? {
        Authorization.refusal(of: request.head.headers.firstText(of: "Authorization"))
            .map { .json(401, detail: $0.rawValue, id: newID()) }
    }

    private func keySet() -> HTTPResponse {
        let isPadded = core.settings.padsKeys
        return .json(200, core.state.withLock { state in state.keys }.jwks(isPadded: isPadded))
    }

    private func file(_ name: String, _ request: HTTPRequest) -> HTTPResponse {
        guard name.hasSuffix(".mp4") else { return .json(404, detail: "Not Found") }
        return .file(video, SampleVideo.contentType, range: request.head.headers.firstText(of: "Range"))
    }
}

// MARK: - What follows a submission

extension EmulatorHandler {
    private func status(_ id: String, _ request: HTTPRequest) -> HTTPResponse {
        let base = baseURL(request)
        let found = core.change { state, now in
            let view = state.queue.status(id, now: now)
            let urls = state.queue.urls(of: id, baseURL: base)
            return (view.flatMap { view in urls.map { (view, $0) } }, [])
        }
        guard let (view, urls) = found else { return .notFound(id) }
        return .json(view.httpStatus, view.body(urls: urls, logs: wantsLogs(request) ? view.log : nil), id: id)
    }

    private func stream(_ id: String, _ request: HTTPRequest) -> HTTPResponse {
        let stream = ResponseStream()
        let base = baseURL(request)
        let hasLogs = wantsLogs(request)
        let pingInterval = core.settings.pingInterval.microseconds
        let isKnown = core.change { state, now in
            guard state.queue.status(id, now: now) != nil, !state.isStopping else { return (false, []) }
            state.streams[state.nextStream] = StatusStream(
                stream: stream,
                requestID: id,
                baseURL: base,
                hasLogs: hasLogs,
                pingAt: now + pingInterval
            )
            state.nextStream += 1
            return (true, [])
        }
        guard isKnown else { return .notFound(id) }
        let headers: HeaderFields = [
            "Content-Type": "text/event-stream", "Cache-Control": "no-store", "x-fal-request-id": id,
        ]
        return HTTPResponse(status: 200, headers: headers, body: .stream(stream))
    }

    private func result(_ id: String) -> HTTPResponse {
        .result(core.change { state, now in (state.queue.result(id, now: now), []) }, id: id)
    }

    private func cancel(_ id: String) -> HTTPResponse {
        let answer = core.change { state, now in state.queue.cancel(id, now: now) }
        return .json(answer.status, answer.body, id: id)
    }

    private func wantsLogs(_ request: HTTPRequest) -> Bool {
        request.head.queryItems.contains { $0.name == "logs" && ["1", "true", "True"].contains($0.value) }
    }
}

extension HTTPResponse {
    /// An answer of JSON.
    static func json(_ status: Int, _ body: [UInt8], id: String? = nil) -> HTTPResponse {
        var headers: HeaderFields = ["Content-Type": "application/json"]
        if let id {
            headers.append("x-fal-request-id", id)
        }
        return HTTPResponse(status: status, headers: headers, body: .bytes(body))
    }

    /// A file, or the range of it that was asked for.
    static func file(_ bytes: [UInt8], _ contentType: String, range: String?) -> HTTPResponse {
        var headers: HeaderFields = ["Content-Type": contentType, "Accept-Ranges": "bytes"]
        switch ByteRange(bytes.isEmpty ? nil : range, count: bytes.count) {
        case .whole:
            return HTTPResponse(status: 200, headers: headers, body: .bytes(bytes))
        case .part(let range):
            headers.append("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(bytes.count)")
            return HTTPResponse(status: 206, headers: headers, body: .bytes(Array(bytes[range])))
        case .unsatisfiable:
            headers.append("Content-Range", "bytes */\(bytes.count)")
            return HTTPResponse(status: 416, headers: headers)
        }
    }

    /// The answer to a request for a result.
    static func result(_ view: ResultView, id: String) -> HTTPResponse {
        var response = HTTPResponse.json(view.status, view.body, id: id)
        for header in view.headers {
            response.headers.append(header.name, header.value)
        }
        return response
    }

    /// An answer of fal's gateway, with a text for people.
    static func json(_ status: Int, detail: String, id: String? = nil) -> HTTPResponse {
        json(status, JSONTree.object([("detail", .string(detail))]).compact, id: id)
    }

    /// What is said of a request that is not known.
    static func notFound(_ id: String) -> HTTPResponse {
        json(ResultView.notFound.status, ResultView.notFound.body, id: id)
    }
}

extension RequestID {
    /// A new id.
    static func new(at time: Int64) -> String {
        make(time: time, random: (0..<randomBytes).map { _ in UInt8.random(in: .min ... .max) })
    }
}
