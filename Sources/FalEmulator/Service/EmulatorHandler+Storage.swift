internal import FalQueue
internal import HTTPServer
internal import JSONText
internal import Threading

extension EmulatorHandler {
    /// Says where a file goes and where it is then, as fal's REST API does
    /// (https://github.com/fal-ai/fal-js/blob/main/libs/client/src/storage.ts).
    func beginUpload(_ path: RequestPath, _ request: HTTPRequest) -> HTTPResponse {
        let body = try? JSONTree(request.body)
        guard let name = body?.text("file_name"), let contentType = body?.text("content_type"),
            contentType.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { return .json(422, detail: "file_name and content_type have to be there") }
        let id = newID()
        let isInParts = path == .storage(.beginInParts)
        let upload = UploadStore.Upload(name: name, contentType: contentType, token: newID(), isInParts: isInParts)
        let query = "?token=\(upload.token)"
        let fileURL = "\(baseURL(request))/files/upload/\(id)/\(PercentEncoding.encode(name))"
        let target = isInParts ? "\(baseURL(request))/storage/upload/multipart/\(id)" : fileURL
        return answer {
            try $0.begin(id, upload)
            var writer = JSONObjectWriter()
            writer.member("file_url", fileURL)
            writer.member("upload_url", target + query)
            return writer.bytes
        }
    }

    /// Takes a file or a part of one, or serves a file that is there.
    func store(_ page: RequestPath.Storage, _ request: HTTPRequest) -> HTTPResponse {
        let token = request.head.queryItems.first { $0.name == "token" }?.value
        switch page {
        case .begin, .beginInParts:
            return .json(404, detail: "Not Found")
        case .whole(let id) where request.head.method == "PUT":
            return answer {
                try $0.put(request.body, to: id, token: token)
                return Array("{}".utf8)
            }
        case .whole(let id):
            if let refusal = only(["GET", "HEAD", "PUT"], request) { return refusal }
            guard let file = core.state.withLock({ state in state.uploads.file(id) }) else {
                return .json(404, detail: "Not Found")
            }
            return .file(file.bytes, file.contentType, range: request.head.headers.firstText(of: "Range"))
        case .part(let id, let number):
            return only(["PUT"], request)
                ?? answer {
                    try $0.put(request.body, to: id, part: number, token: token)
                    var writer = JSONObjectWriter()
                    writer.member("partNumber", number)
                    writer.member("etag", UploadStore.tag(of: number, in: id))
                    return writer.bytes
                }
        case .complete(let id):
            return only(["POST"], request)
                ?? answer {
                    try $0.complete(id, parts: Self.parts(in: request.body), token: token)
                    return Array("{}".utf8)
                }
        }
    }

    private static func parts(in body: [UInt8]) -> [(number: Int, tag: String)] {
        guard case .array(let parts) = (try? JSONTree(body))?["parts"] else { return [] }
        return parts.compactMap { part in
            guard let number = part.integer("partNumber"), let tag = part.text("etag") else { return nil }
            return (number, tag)
        }
    }

    /// Answers with what an operation on the store says.
    private func answer(_ operation: (inout UploadStore) throws -> [UInt8]) -> HTTPResponse {
        do {
            return .json(200, try core.state.withLock { state in try operation(&state.uploads) })
        } catch {
            let status = (error as? UploadStore.Refusal)?.rawValue ?? 500
            return .json(status, detail: "Upload refused: \(error)")
        }
    }
}

extension JSONTree {
    /// A member of an object.
    fileprivate subscript(name: String) -> JSONTree? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.0 == name }?.1
    }

    /// A member that is a text.
    fileprivate func text(_ name: String) -> String? {
        guard case .string(let text) = self[name] else { return nil }
        return text
    }

    /// A member that is a whole number.
    fileprivate func integer(_ name: String) -> Int? {
        guard case .number(let text) = self[name] else { return nil }
        return Int(text)
    }
}
