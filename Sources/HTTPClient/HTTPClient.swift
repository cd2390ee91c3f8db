import CCurl
import Synchronization

/// An HTTP/1.1 client over libcurl for one thread at a time, whose ``cancel()`` any thread may call.
///
/// **A request is sent at most once.** libcurl by itself re-sends a request, a POST too, when a *reused* connection ends
/// before the first byte of the answer (`Curl_retry_request`,
/// https://github.com/curl/curl/blob/curl-7_88_1/lib/transfer.c#L1748); for a submission that is a second, paid one that
/// nobody decided on. So a POST always goes on a new connection (https://curl.se/libcurl/c/CURLOPT_FRESH_CONNECT.html),
/// where that retry does not exist, and its body comes from a read callback without a seek function, which libcurl cannot
/// rewind. Refusing the rewind alone would not do: a body that had not begun yet needs none. Requests that may be repeated
/// use connections again.
///
/// Redirects are not followed, content is not decoded, cookies, `.netrc` and (unless asked for) proxies are not used.
@safe
package final class HTTPClient: HTTPTransport, @unchecked Sendable {  // `isBusy` admits one thread to the handles.
    private let options: HTTPClientOptions
    private let easy: UnsafeMutableRawPointer
    private let multi: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>
    private let isBusy = Atomic(false)
    private let isCancelled = Atomic(false)

    /// Makes a client; it connects when it sends.
    ///
    /// - Throws: ``HTTPClientError`` of kind `unavailable` when libcurl has no memory or no descriptors left.
    package init(_ options: HTTPClientOptions = HTTPClientOptions()) throws(HTTPClientError) {
        guard isCurlReady, let easy = unsafe curl_easy_init() else {
            throw HTTPClientError(.unavailable, .certainlyNotSent, "libcurl could not be started")
        }
        guard let multi = unsafe curl_multi_init() else {
            unsafe curl_easy_cleanup(easy)
            throw HTTPClientError(.unavailable, .certainlyNotSent, "libcurl could not be started")
        }
        self.options = options
        unsafe self.easy = unsafe easy
        unsafe self.multi = unsafe multi
        unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        unsafe curl_easy_cleanup(easy)
        unsafe curl_multi_cleanup(multi)
        unsafe errorText.deallocate()
    }

    /// Ends the exchange under way at once and refuses every later one.
    package func cancel() {
        isCancelled.store(true, ordering: .sequentiallyConsistent)
        // "This function can be called from any thread" (https://curl.se/libcurl/c/curl_multi_wakeup.html), and a wake-up
        // that comes before the wait is kept for it.
        _ = unsafe curl_multi_wakeup(multi)
    }

    /// Sends a request at most once and waits for the whole answer, whatever its status.
    ///
    /// - Throws: ``HTTPClientError`` when there is no complete answer.
    package func send(_ request: HTTPRequest) throws(HTTPClientError) -> HTTPResponse {
        try send(request, into: nil)
    }

    /// Sends a request at most once, and says as it goes how much of the body was handed over.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - progress: Called on this thread with the number of bytes of the body that libcurl has taken so far.
    /// - Returns: The whole answer, whatever its status.
    /// - Throws: ``HTTPClientError`` when there is no complete answer.
    package func send(
        _ request: HTTPRequest,
        reportingBody progress: @escaping (Int) -> Void
    ) throws(HTTPClientError) -> HTTPResponse {
        try send(request, into: nil, progress)
    }

    /// Sends a request at most once and hands the answer's body to a sink as it comes.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - sink: Called on this thread, in the order of ``HTTPResponseSink``.
    /// - Returns: The answer without its body.
    /// - Throws: ``HTTPClientError`` when there is no complete answer; of kind `cancelled` when the sink wanted no more of it.
    package func receive(
        _ request: HTTPRequest,
        into sink: any HTTPResponseSink
    ) throws(HTTPClientError) -> HTTPResponse {
        try send(request, into: sink)
    }

    private func send(
        _ request: HTTPRequest,
        into sink: (any HTTPResponseSink)?,
        _ progress: ((Int) -> Void)? = nil
    ) throws(HTTPClientError) -> HTTPResponse {
        precondition(!isBusy.exchange(true, ordering: .acquiring), "a client serves one thread at a time")
        defer { isBusy.store(false, ordering: .releasing) }
        try request.check()
        let exchange = CurlExchange(
            body: request.body ?? [],
            responseBytesMax: options.responseBytesMax,
            sink: sink,
            progress: progress
        )
        // Out of libcurl's hands before the exchange goes: every later send sets these pointers anew.
        defer { unsafe curl_easy_reset(easy) }
        let headers = try CurlLineList(request.headers, hasBody: request.body != nil)
        // Whatever the URL's host and port are, so that there is no way around it
        // (https://curl.se/libcurl/c/CURLOPT_CONNECT_TO.html).
        let detour = try CurlLineList(["::\(request.connectsTo ?? "")"])
        try configure(for: request, exchange, headers)
        if request.connectsTo != nil { try unsafe set(CURLOPT_CONNECT_TO, detour.pointer) }
        let code = withExtendedLifetime(headers) {
            withExtendedLifetime(detour) { withExtendedLifetime(exchange) { perform() } }
        }
        guard !exchange.isRefused else {
            throw HTTPClientError(.cancelled, .mayHaveArrived, "the answer was not wanted")
        }
        guard let code, code == CURLE_OK else { throw failure(code, exchange) }
        var status = 0
        _ = unsafe CCurl_getLong(easy, CURLINFO_RESPONSE_CODE, &status)
        // libcurl 7.88.1 calls a connection that ends in the middle of a head, or after an interim answer, a success.
        guard exchange.isHeadComplete, status >= 200 else {
            throw HTTPClientError(
                .receive,
                .mayHaveArrived,
                "the connection ended before the answer's head was complete"
            )
        }
        // One without a body has not been shown yet.
        guard exchange.beginSink() else {
            throw HTTPClientError(.cancelled, .mayHaveArrived, "the answer was not wanted")
        }
        return HTTPResponse(status: status, headers: exchange.headers, body: exchange.responseBody)
    }

    /// Runs the transfer to its end; nil when it was cancelled before.
    private func perform() -> CURLcode? {
        guard unsafe curl_multi_add_handle(multi, easy) == CURLM_OK else { return CURLE_OUT_OF_MEMORY }
        defer { _ = unsafe curl_multi_remove_handle(multi, easy) }
        var running: Int32 = 1
        while true {
            if isCancelled.load(ordering: .sequentiallyConsistent) { return nil }
            guard unsafe curl_multi_perform(multi, &running) == CURLM_OK else { return CURLE_OUT_OF_MEMORY }
            if running == 0 { break }
            guard unsafe curl_multi_poll(multi, nil, 0, pollMillisecondsMax, nil) == CURLM_OK else {
                return CURLE_OUT_OF_MEMORY
            }
        }
        var left: Int32 = 0
        guard let message = unsafe curl_multi_info_read(multi, &left) else { return CURLE_OUT_OF_MEMORY }
        return unsafe message.pointee.data.result
    }

    private func failure(_ code: CURLcode?, _ exchange: CurlExchange) -> HTTPClientError {
        var requestBytesSent = 0
        _ = unsafe CCurl_getLong(easy, CURLINFO_REQUEST_SIZE, &requestBytesSent)
        let evidence = CurlEvidence(
            requestBytesSent: requestBytesSent,
            isBodyIncomplete: exchange.hasBody && !exchange.isBodyTaken,
            hasAnswerBegun: exchange.hasAnswerBegun,
            isTooLarge: exchange.isTooLarge
        )
        guard let code else { return evidence.cancellation }
        let text = unsafe String(cString: errorText)
        return evidence.failure(code, text.isEmpty ? unsafe String(cString: curl_easy_strerror(code)) : text)
    }
}

extension HTTPClient {
    private func configure(
        for request: HTTPRequest,
        _ exchange: CurlExchange,
        _ headers: borrowing CurlLineList
    ) throws(HTTPClientError) {
        unsafe errorText.pointee = 0
        try unsafe set(CURLOPT_ERRORBUFFER, UnsafeMutableRawPointer(errorText))
        try set(CURLOPT_URL, request.url)
        try unsafe set(CURLOPT_HTTPHEADER, headers.pointer)
        try setConnection(for: request)
        try setMethod(of: request)
        // Unretained: the exchange outlives the transfer in `send`.
        let context = unsafe Unmanaged.passUnretained(exchange).toOpaque()
        try check(unsafe CCurl_setReadFunction(easy, CURLOPT_READFUNCTION, exchangeRead))
        try unsafe set(CURLOPT_READDATA, context)
        try check(unsafe CCurl_setWriteFunction(easy, CURLOPT_HEADERFUNCTION, exchangeHeader))
        try unsafe set(CURLOPT_HEADERDATA, context)
        try check(unsafe CCurl_setWriteFunction(easy, CURLOPT_WRITEFUNCTION, exchangeWrite))
        try unsafe set(CURLOPT_WRITEDATA, context)
    }

    private func setConnection(for request: HTTPRequest) throws(HTTPClientError) {
        // No signal handlers in a program with threads (https://curl.se/libcurl/c/threadsafe.html).
        try set(CURLOPT_NOSIGNAL, 1)
        // A cancelled or timed-out exchange does not wait for getaddrinfo to come back
        // (https://curl.se/libcurl/c/CURLOPT_QUICK_EXIT.html).
        try set(CURLOPT_QUICK_EXIT, 1)
        try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        try set(CURLOPT_FOLLOWLOCATION, 0)
        // The path goes out as it was given: libcurl would otherwise take "../" out of it.
        try set(CURLOPT_PATH_AS_IS, 1)
        try set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        try set(CURLOPT_PROTOCOLS_STR, options.schemes.curlNames)
        try set(CURLOPT_CONNECTTIMEOUT_MS, options.connectTimeout.wholeMilliseconds)
        try set(CURLOPT_TIMEOUT_MS, (request.totalTimeout ?? options.totalTimeout).wholeMilliseconds)
        if let stallTimeout = options.stallTimeout {
            try set(CURLOPT_LOW_SPEED_LIMIT, HTTPClientOptions.stallBytesPerSecond)
            try set(CURLOPT_LOW_SPEED_TIME, max(1, stallTimeout.wholeMilliseconds / 1000))
        }
        try set(CURLOPT_USERAGENT, options.userAgent)
        if options.proxy == .none {
            // "Setting the proxy string to "" explicitly disables the use of a proxy, even if there is an environment
            // variable set for it" (https://curl.se/libcurl/c/CURLOPT_PROXY.html).
            try set(CURLOPT_PROXY, "")
        }
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        if let caFile = options.caFile {
            try set(CURLOPT_CAINFO, caFile)
        }
        if !request.method.isIdempotent {
            try set(CURLOPT_FRESH_CONNECT, 1)
        }
        if options.connectionReuse == .never {
            try set(CURLOPT_FORBID_REUSE, 1)
        }
    }

    private func setMethod(of request: HTTPRequest) throws(HTTPClientError) {
        switch request.method {
        case .get:
            try set(CURLOPT_HTTPGET, 1)
        case .head:
            try set(CURLOPT_NOBODY, 1)
        case .post, .put, .delete:
            // A POST under another name: a body of known length from the read callback.
            try set(CURLOPT_POST, 1)
            try check(unsafe CCurl_setOffset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body?.count ?? 0)))
            try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
    }

    private func set(_ option: CURLoption, _ value: Int) throws(HTTPClientError) {
        try check(unsafe CCurl_setLong(easy, option, value))
    }

    /// libcurl copies the string (https://curl.se/libcurl/c/curl_easy_setopt.html).
    private func set(_ option: CURLoption, _ value: String) throws(HTTPClientError) {
        try check(unsafe CCurl_setString(easy, option, value))
    }

    private func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer?) throws(HTTPClientError) {
        try check(unsafe CCurl_setPointer(easy, option, value))
    }

    private func check(_ code: CURLcode) throws(HTTPClientError) {
        guard code == CURLE_OK else {
            throw HTTPClientError(.unavailable, .certainlyNotSent, unsafe String(cString: curl_easy_strerror(code)))
        }
    }
}

extension HTTPClientOptions.Schemes {
    fileprivate var curlNames: String {
        switch self {
        case .http: "http"
        case .https: "https"
        case .httpAndHTTPS: "http,https"
        }
    }
}

extension Duration {
    /// At least 1, because 0 means no limit to libcurl.
    fileprivate var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        let bounded = min(max(seconds, 0), 1_000_000)
        return max(1, Int(bounded) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}

/// How long a wait lasts before the deadlines are looked at again; a cancellation does not wait for it.
private let pollMillisecondsMax: Int32 = 1000

/// Whether libcurl's process-wide part is set up, which Swift does once, at the first use
/// (https://curl.se/libcurl/c/curl_global_init.html).
private let isCurlReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK
