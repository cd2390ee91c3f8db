import CCurl

/// What was seen of an exchange that failed, and what follows from it.
///
/// Whether the request may have arrived is decided by bytes alone, never by libcurl's error code: the same code can come
/// before and after the request was sent.
struct CurlEvidence {
    /// Bytes of the request's head, and perhaps of a body, that libcurl handed to the kernel or to TLS.
    let requestBytesSent: Int
    /// There is a body, and libcurl has not even taken all of it from us.
    let isBodyIncomplete: Bool
    /// At least a line of an answer came.
    let hasAnswerBegun: Bool
    /// We ended the exchange, because the answer was too long.
    let isTooLarge: Bool

    /// Not sent for certain: not a byte went out, or a body without its end did and nobody answered.
    ///
    /// libcurl takes up to 64 KiB at a time (https://curl.se/libcurl/c/CURLOPT_UPLOAD_BUFFERSIZE.html), so a body that was
    /// taken but not passed on counts as arrived. That is the safe side.
    var requestState: HTTPClientError.RequestState {
        if hasAnswerBegun { return .mayHaveArrived }
        return requestBytesSent == 0 || isBodyIncomplete ? .certainlyNotSent : .mayHaveArrived
    }

    var cancellation: HTTPClientError {
        HTTPClientError(.cancelled, requestState, "cancelled")
    }

    func failure(_ code: CURLcode, _ text: String) -> HTTPClientError {
        HTTPClientError(kind(code), requestState, isTooLarge ? "the answer is longer than is taken" : text)
    }

    private func kind(_ code: CURLcode) -> HTTPClientError.Kind {
        if isTooLarge { return .tooLarge }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            return .resolve
        case CURLE_COULDNT_CONNECT, CURLE_PROXY:
            return .connect
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CIPHER, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            return .tls
        case CURLE_URL_MALFORMAT, CURLE_LOGIN_DENIED:
            return .badURL
        case CURLE_UNSUPPORTED_PROTOCOL:
            // Also what libcurl says to an answer without a status line (HTTP/0.9).
            return requestBytesSent == 0 ? .badURL : .badResponse
        case CURLE_OPERATION_TIMEDOUT:
            return requestState == .certainlyNotSent ? .timeoutBeforeSent : .timeoutAfterSent
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_SEND_FAIL_REWIND:
            return isBodyIncomplete && !hasAnswerBegun ? .sendIncomplete : .receive
        case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_HTTP2:
            return .badResponse
        default:
            return .unavailable
        }
    }
}
