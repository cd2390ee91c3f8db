/// Reads the HTTP responses of a raw connection, one after the other.
package struct RawResponseReader {
    /// One response as it came.
    package struct Response: Equatable, Sendable {
        /// `HTTP/1.1 200 OK`.
        package var statusLine: String
        /// The status code.
        package var status: Int
        /// The header fields, names in lower case, in order.
        package var headers: [(name: String, value: String)]
        /// The body, without chunks.
        package var body: [UInt8]

        /// The body as text.
        package var text: String { String(decoding: body, as: UTF8.self) }

        /// The first value of a field.
        package func header(_ name: String) -> String? {
            headers.first { $0.name == name.lowercased() }?.value
        }

        package static func == (left: Response, right: Response) -> Bool {
            left.statusLine == right.statusLine && left.body == right.body
        }
    }

    private let connection: RawConnection
    private var buffer: [UInt8] = []

    /// Reads from the connection, from here on alone.
    package init(_ connection: RawConnection) {
        self.connection = connection
    }

    /// The next response, interim ones (100) too.
    ///
    /// - Parameter hasBody: False for the answer to HEAD, which announces a body that does not come.
    /// - Returns: The response, its body without chunks.
    /// - Throws: ``RawConnection/Failure`` when it does not come whole, in time, or is none.
    package mutating func next(hasBody: Bool = true) throws(RawConnection.Failure) -> Response {
        var response = try head()
        guard hasBody, response.status >= 200, response.status != 204, response.status != 304 else { return response }
        if response.header("transfer-encoding")?.lowercased() == "chunked" {
            while true {
                guard let count = Int(try line(), radix: 16) else { throw .malformed("no chunk size") }
                response.body += try take(count)
                let end = try line()
                guard end.isEmpty else { throw .malformed("a chunk of another length than announced") }
                if count == 0 { return response }
            }
        }
        if let length = response.header("content-length").flatMap({ Int($0) }) {
            response.body = try take(length)
        } else {
            response.body = buffer + (try connection.readToEnd())
            buffer = []
        }
        return response
    }

    /// The status line and the header fields.
    package mutating func head() throws(RawConnection.Failure) -> Response {
        let statusLine = try line()
        let parts = statusLine.split(separator: " ")
        guard parts.count >= 2, parts[0].hasPrefix("HTTP/1."), let status = Int(parts[1]) else {
            throw .malformed(statusLine)
        }
        var response = Response(statusLine: statusLine, status: status, headers: [], body: [])
        while true {
            let field = try line()
            if field.isEmpty { return response }
            guard let colon = field.firstIndex(of: ":") else { throw .malformed(field) }
            let value = field[field.index(after: colon)...].drop { $0 == " " }
            response.headers.append((field[..<colon].lowercased(), String(value)))
        }
    }

    /// Bytes of one chunk of a chunked body that is still being written, after ``head()``.
    package mutating func chunk() throws(RawConnection.Failure) -> [UInt8] {
        guard let count = Int(try line(), radix: 16) else { throw .malformed("no chunk size") }
        let bytes = try take(count)
        _ = try line()
        return bytes
    }

    private mutating func line() throws(RawConnection.Failure) -> String {
        while true {
            if let end = buffer.firstIndex(of: 0x0A) {
                let line = buffer[..<end].last == 0x0D ? buffer[..<(end - 1)] : buffer[..<end]
                buffer.removeSubrange(...end)
                return String(decoding: line, as: UTF8.self)
            }
            try fill()
        }
    }

    private mutating func take(_ count: Int) throws(RawConnection.Failure) -> [UInt8] {
        while buffer.count < count { try fill() }
        defer { buffer.removeFirst(count) }
        return Array(buffer.prefix(count))
    }

    private mutating func fill() throws(RawConnection.Failure) {
        let block: [UInt8]
        do {
            block = try connection.read()
        } catch {
            throw .timedOut(buffer)
        }
        if block.isEmpty { throw .closed(buffer) }
        buffer += block
    }
}
