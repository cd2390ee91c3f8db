import CCurl

/// One exchange as libcurl's callbacks see it: what they take the request's body from and put the answer into.
///
/// Lives for one ``HTTPClient/send(_:)``, on the thread of that call: libcurl calls back only inside
/// `curl_multi_perform`, on the thread that calls it (https://curl.se/libcurl/c/curl_multi_perform.html).
final class CurlExchange {
    private let body: [UInt8]
    private let bodyBytesMax: Int
    private var bodyBytesTaken = 0
    private var headerBytes = 0
    private(set) var headers = HTTPHeaders()
    private(set) var responseBody: [UInt8] = []
    private(set) var isTooLarge = false
    private(set) var hasAnswerBegun = false
    private(set) var isHeadComplete = false
    private let sink: (any HTTPResponseSink)?
    private let progress: ((Int) -> Void)?
    private var hasSinkBegun = false
    private var statusLine = ""
    /// The sink did not want the body, or no more of it.
    private(set) var isRefused = false

    init(
        body: [UInt8],
        responseBytesMax: Int,
        sink: (any HTTPResponseSink)? = nil,
        progress: ((Int) -> Void)? = nil
    ) {
        self.body = body
        self.sink = sink
        self.progress = progress
        bodyBytesMax = responseBytesMax
    }

    /// The status of the last status line, 0 before there is one (RFC 9112 §4).
    private var status: Int {
        statusLine.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    }

    /// Shows the sink the answer's head, once; says whether it wants what follows.
    func beginSink() -> Bool {
        guard let sink, !hasSinkBegun else { return true }
        hasSinkBegun = true
        isRefused = !sink.begin(status: status, headers: headers)
        return !isRefused
    }

    /// Whether libcurl has been given every byte of the body; until then not all can have reached the kernel.
    var isBodyTaken: Bool { bodyBytesTaken == body.count }

    /// Whether there is a body at all, so that ``isBodyTaken`` says something.
    var hasBody: Bool { !body.isEmpty }

    fileprivate func takeBody(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, body.count - bodyBytesTaken)
        unsafe body.withUnsafeBytes { bytes in
            unsafe buffer.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: bytes[bodyBytesTaken..<bodyBytesTaken + count])
            )
        }
        bodyBytesTaken += count
        progress?(bodyBytesTaken)
        return count
    }

    /// Takes one line of the answer's head; says whether to go on.
    fileprivate func takeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        hasAnswerBegun = true
        headerBytes += line.count
        guard headerBytes <= HTTPClientOptions.responseHeaderBytesMax else {
            isTooLarge = true
            return false
        }
        // libcurl also passes on trailers, after the body (https://curl.se/libcurl/c/CURLOPT_HEADERFUNCTION.html).
        guard responseBody.isEmpty, !hasSinkBegun else { return true }
        let text = unsafe String(decoding: line, as: UTF8.self)
        if text.hasPrefix("HTTP/") {
            // Each status line begins a new answer: the one before it was an interim one.
            headers = HTTPHeaders()
            isHeadComplete = false
            statusLine = text
        } else if text == "\r\n" || text == "\n" {
            isHeadComplete = true
            // Now, and not when the first byte of a body comes: it may be long in coming.
            if status >= 200 { return beginSink() }
        } else if let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) {
            let value = text[colon...].dropFirst().drop { $0.isWhitespace }
            headers.add(String(text[..<colon]), String(value.reversed().drop { $0.isWhitespace }.reversed()))
        }
        return true
    }

    /// Takes a piece of the answer's body; says whether to go on.
    fileprivate func takeResponseBody(_ piece: UnsafeRawBufferPointer) -> Bool {
        hasAnswerBegun = true
        if let sink {
            guard beginSink() else { return false }
            isRefused = unsafe !sink.take(Array(piece))
            return !isRefused
        }
        guard piece.count <= bodyBytesMax - responseBody.count else {
            isTooLarge = true
            return false
        }
        unsafe responseBody.append(contentsOf: piece)
        return true
    }
}

// The user pointer of each callback is the exchange, unretained: `HTTPClient.send` keeps it alive until libcurl has let
// go of the transfer.

/// Gives libcurl the next bytes of the body (https://curl.se/libcurl/c/CURLOPT_READFUNCTION.html).
func exchangeRead(
    _ buffer: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let buffer = unsafe buffer, let context = unsafe context else { return Int(CURL_READFUNC_ABORT) }
    let exchange = unsafe Unmanaged<CurlExchange>.fromOpaque(context).takeUnretainedValue()
    return unsafe exchange.takeBody(into: UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
}

/// Takes one line of the answer's head (https://curl.se/libcurl/c/CURLOPT_HEADERFUNCTION.html).
func exchangeHeader(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
    let exchange = unsafe Unmanaged<CurlExchange>.fromOpaque(context).takeUnretainedValue()
    let goesOn = unsafe exchange.takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
    // Any other number than was given ends the transfer with CURLE_WRITE_ERROR.
    return goesOn ? size * count : size * count + 1
}

/// Takes a piece of the answer's body (https://curl.se/libcurl/c/CURLOPT_WRITEFUNCTION.html).
func exchangeWrite(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
    let exchange = unsafe Unmanaged<CurlExchange>.fromOpaque(context).takeUnretainedValue()
    let goesOn = unsafe exchange.takeResponseBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
    return goesOn ? size * count : size * count + 1
}
