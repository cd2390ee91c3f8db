internal import FalQueue
internal import HTTPServer
internal import JSONText
internal import Posix
internal import Threading

extension EmulatorHandler {
    /// The most requests on a page of the platform API.
    static let pageMax = 100

    /// Lists requests of an endpoint, oldest first, as fal's platform API does
    /// (https://fal.ai/docs/platform-apis/v1/models/requests/by-endpoint).
    func platformRequests(_ request: HTTPRequest) -> HTTPResponse {
        var query: [String: String] = [:]
        for item in request.head.queryItems { query[item.name] = item.value }
        guard let endpoint = query["endpoint_id"] else { return .json(422, detail: "endpoint_id is missing") }
        let start = query["start"].flatMap { WallTime(rfc3339: $0) }?.microseconds ?? core.clock.now - 86_400_000_000
        let end = query["end"].flatMap { WallTime(rfc3339: $0) }?.microseconds ?? .max
        let limit = min(Self.pageMax, max(1, query["limit"].flatMap { Int($0) } ?? 50))
        let first = max(0, query["cursor"].flatMap { Int($0) } ?? 0)
        let found = core.state.withLock { state in
            state.queue.books.filter { entry in
                "\(entry.endpoint)" == endpoint && entry.acceptedAt >= start && entry.acceptedAt < end
            }
        }
        let page = found.dropFirst(first).prefix(limit)
        let hasMore = first + page.count < found.count
        var writer = JSONObjectWriter()
        writer.member("items", array: page.map { $0.listed(withPayloads: query["expand"] == "payloads").compact })
        if hasMore {
            writer.member("next_cursor", "\(first + page.count)")
        } else {
            writer.member("next_cursor", json: "null".utf8)
        }
        writer.member("has_more", hasMore)
        return .json(200, writer.bytes)
    }
}

extension EmulatorHandler {
    /// The OpenAPI document of a model that is built in.
    func modelDocument(_ request: HTTPRequest) -> HTTPResponse {
        let id = request.head.queryItems.first { $0.name == "endpoint_id" }?.value ?? ""
        guard let endpoint = try? EndpointID.parse(id), let document = JSONTree(documentOf: endpoint) else {
            return .json(404, detail: "Endpoint \(id) not found")
        }
        return .json(200, document.compact)
    }
}

extension EmulatedQueue.BookEntry {
    /// The entry as the platform API has it.
    func listed(withPayloads: Bool) -> JSONTree {
        var members: [(String, JSONTree)] = [
            ("request_id", .string(id)), ("endpoint_id", .string("\(endpoint)")),
            ("sent_at", .string(LogLine.text(acceptedAt))),
            ("status_code", status == .completed ? .integer(errorType == nil ? 200 : 422) : .null),
        ]
        if withPayloads { members.append(("json_input", input.flatMap { try? JSONTree($0) } ?? .null)) }
        return .object(members)
    }
}

extension RequestPath {
    /// Whether it is fal's that goes away in an outage, rather than the keys, the files and the emulator's own pages.
    var isOfQueue: Bool {
        switch self {
        case .submit, .run, .status, .stream, .result, .cancel, .platformRequests: true
        case .jwks, .file, .modelDocument, .storage, .admin: false
        }
    }
}
