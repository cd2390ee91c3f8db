import CCurl

/// Lines as libcurl wants them, a request's headers for one, freed with their owner.
@safe
struct CurlLineList: ~Copyable {
    private let list: UnsafeMutablePointer<curl_slist>

    /// The list as an option's argument; only while the owner lives.
    var pointer: UnsafeMutableRawPointer { unsafe UnsafeMutableRawPointer(list) }

    /// Copies checked headers.
    init(_ headers: HTTPHeaders, hasBody: Bool) throws(HTTPClientError) {
        // "Expect:" takes out a header of libcurl's own (https://curl.se/libcurl/c/CURLOPT_HTTPHEADER.html): without it a
        // body over 1 MiB would wait for a 100 that many servers never send.
        var lines = ["Expect:"]
        if headers["Content-Type"] == nil {
            lines.append("Content-Type:")
        }
        for (name, value) in headers {
            // A header without a value is written with a semicolon (same page), or it would be taken out.
            lines.append(value.allSatisfy(\.isWhitespace) ? "\(name);" : "\(name): \(value)")
        }
        try self.init(lines)
    }

    /// Copies lines.
    init(_ lines: [String]) throws(HTTPClientError) {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = unsafe curl_slist_append(list, line) else {
                unsafe curl_slist_free_all(list)
                throw HTTPClientError(.unavailable, .certainlyNotSent, "out of memory")
            }
            unsafe list = unsafe longer
        }
        guard let list = unsafe list else {
            throw HTTPClientError(.unavailable, .certainlyNotSent, "out of memory")
        }
        unsafe self.list = unsafe list
    }

    deinit {
        unsafe curl_slist_free_all(list)
    }
}
