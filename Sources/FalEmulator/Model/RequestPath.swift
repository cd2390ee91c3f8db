import FalQueue

/// What a path means to the emulator.
///
/// A request is found below its app, as fal's answers say, below the whole endpoint id, as fal's OpenAPI files say, and with
/// `/response` or a slash at the end, as other pages and clients have it.
enum RequestPath: Equatable, Sendable {
    /// Pages of the emulator's own.
    enum Admin: Equatable, Sendable {
        /// `/emulator/requests`
        case requests
        /// `/emulator/requests/{id}/redeliver`
        case redeliver(String)
        /// `/emulator/requests/{id}/step`
        case step(String)
        /// `/emulator/rules`
        case rules
        /// `/emulator/deliveries`
        case deliveries
        /// `/emulator/keys/rotate`
        case rotateKeys
        /// `/emulator/outage`
        case outage
    }

    /// Pages of the storage that inputs' files go to.
    enum Storage: Equatable, Sendable {
        /// `/storage/upload/initiate`
        case begin
        /// `/storage/upload/initiate-multipart`
        case beginInParts
        /// `/files/upload/{id}/{name}`: put once, and read from then on.
        case whole(String)
        /// `/storage/upload/multipart/{id}/{number}`
        case part(String, Int)
        /// `/storage/upload/multipart/{id}/complete`
        case complete(String)
    }

    /// An endpoint, to which inputs are posted.
    case submit(EndpointID)
    /// An endpoint, to which inputs are posted and which answers with the result, as fal.run does: `/run/{endpoint}`.
    case run(EndpointID)
    /// The status of a request.
    case status(String)
    /// The stream of a request's statuses.
    case stream(String)
    /// The result of a request.
    case result(String)
    /// The cancellation of a request.
    case cancel(String)
    /// The public keys.
    case jwks
    /// A file, by its name.
    case file(String)
    /// The platform API's list of requests.
    case platformRequests
    /// A model's OpenAPI document: `/api/openapi/queue/openapi.json`.
    case modelDocument
    /// A page of the storage.
    case storage(Storage)
    /// A page of the emulator's own.
    case admin(Admin)

    /// Reads a path; a query is passed over.
    ///
    /// - Returns: What it means; nil when nothing.
    static func parse(_ path: String) -> RequestPath? {
        let path = path.prefix { $0 != "?" && $0 != "#" }
        guard path.hasPrefix("/") else { return nil }
        var parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts.count > 1, parts.last == "" { parts.removeLast() }
        switch parts.first {
        case ".well-known": return parts.dropFirst() == ["jwks.json"] ? .jwks : nil
        case "files": return file(parts.dropFirst())
        case "storage" where parts.count > 1 && parts[1] == "upload":
            return storage(parts.dropFirst(2)).map { .storage($0) }
        case "v1" where parts == ["v1", "models", "requests", "by-endpoint"]: return .platformRequests
        case "api" where parts == ["api", "openapi", "queue", "openapi.json"]: return .modelDocument
        case "emulator": return admin(parts.dropFirst())
        case "run":
            return (try? EndpointID.parse(parts.dropFirst().joined(separator: "/"))).map { .run($0) }
        default: return request(parts) ?? submission(parts)
        }
    }

    private static func file(_ parts: ArraySlice<String>) -> RequestPath? {
        guard let name = parts.last, !name.isEmpty, !parts.contains("..") else { return nil }
        if parts.count == 3, parts.first == "upload" { return .storage(.whole(parts[parts.startIndex + 1])) }
        return .file(name)
    }

    private static func storage(_ parts: ArraySlice<String>) -> Storage? {
        switch Array(parts) {
        case ["initiate"]: .begin
        case ["initiate-multipart"]: .beginInParts
        case let parts where parts.count == 3 && parts[0] == "multipart":
            parts[2] == "complete" ? .complete(parts[1]) : Int(parts[2]).map { .part(parts[1], $0) }
        default: nil
        }
    }

    private static func admin(_ parts: ArraySlice<String>) -> RequestPath? {
        switch Array(parts) {
        case ["requests"]: .admin(.requests)
        case ["deliveries"]: .admin(.deliveries)
        case ["keys", "rotate"]: .admin(.rotateKeys)
        case ["outage"]: .admin(.outage)
        case ["rules"]: .admin(.rules)
        case let parts where parts.count == 3 && parts[0] == "requests" && parts[2] == "redeliver":
            .admin(.redeliver(parts[1]))
        case let parts where parts.count == 3 && parts[0] == "requests" && parts[2] == "step":
            .admin(.step(parts[1]))
        default: nil
        }
    }

    private static func submission(_ parts: [String]) -> RequestPath? {
        (try? EndpointID.parse(parts.joined(separator: "/"))).map { .submit($0) }
    }

    private static func request(_ parts: [String]) -> RequestPath? {
        guard let index = parts.lastIndex(of: "requests"), index + 1 < parts.count, !parts[index + 1].isEmpty,
            (try? EndpointID.parse(parts[..<index].joined(separator: "/"))) != nil
        else { return nil }
        let id = parts[index + 1]
        switch Array(parts[(index + 2)...]) {
        case [], ["response"]: return .result(id)
        case ["status"]: return .status(id)
        case ["status", "stream"]: return .stream(id)
        case ["cancel"]: return .cancel(id)
        default: return nil
        }
    }
}
