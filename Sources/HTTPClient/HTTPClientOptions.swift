/// How a client connects, how long it waits and how much it takes.
package struct HTTPClientOptions: Sendable, Equatable {
    /// The longest answer body taken when nothing else is said: 16 MiB.
    package static let responseBytesMaxDefault = 16 * 1024 * 1024
    /// The most header bytes taken from one answer: 64 KiB (fal's own limit is 16 KB for all of them).
    package static let responseHeaderBytesMax = 64 * 1024
    /// Bytes a second below which an exchange counts as stalled.
    package static let stallBytesPerSecond = 1024

    /// Which URLs a request may have.
    package enum Schemes: Sendable {
        case http
        case https
        case httpAndHTTPS
    }

    /// What becomes of a connection after its answer.
    package enum ConnectionReuse: Sendable {
        /// It is kept for the next GET, HEAD, PUT or DELETE to the same host; a POST always makes a new one.
        case keep
        /// It is closed.
        case never
    }

    /// Whether `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` are followed.
    package enum Proxy: Sendable {
        /// They are not: a variable left in an environment must not reroute a key.
        case none
        /// They are, as https://curl.se/libcurl/c/CURLOPT_PROXY.html says.
        case environment
    }

    /// How long resolving, connecting and the TLS handshake may take together; at least a millisecond.
    package var connectTimeout: Duration = .seconds(10)
    /// How long the whole exchange may take; at least a millisecond.
    package var totalTimeout: Duration = .seconds(120)
    /// How long an exchange may be slower than ``stallBytesPerSecond``; whole seconds, nil for no such limit
    /// (https://curl.se/libcurl/c/CURLOPT_LOW_SPEED_TIME.html).
    package var stallTimeout: Duration?
    /// The longest answer body taken; a longer one is an error of kind `tooLarge`.
    package var responseBytesMax: Int = Self.responseBytesMaxDefault
    /// Which URLs a request may have.
    package var schemes: Schemes = .httpAndHTTPS
    /// The PEM file of the authorities trusted; nil trusts the system's.
    package var caFile: String?
    /// What is said in `User-Agent`.
    package var userAgent: String = "falconer"
    /// What becomes of a connection after its answer.
    package var connectionReuse: ConnectionReuse = .keep
    /// Whether a proxy named in the environment is used.
    package var proxy: Proxy = .none

    /// Makes the options with every default.
    package init() {}
}
