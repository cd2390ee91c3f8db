/// What a server takes from its clients before it says no.
package struct ServerLimits: Equatable, Sendable {
    /// 8 MiB.
    package static let defaultBodyBytesMax = 8 * 1024 * 1024
    /// 256 MiB.
    package static let defaultBodiesBytesMax = 256 * 1024 * 1024
    /// The first bytes of each body, 64 KiB, which count for nothing: a few large bodies keep no small one out.
    package static let freeBodyBytes = 64 * 1024
    /// 16 KiB.
    package static let defaultHeaderBytesMax = 16 * 1024
    /// 1024 connections.
    package static let defaultConnectionsMax = 1024
    /// 512 connections.
    package static let defaultConnectionsPerAddressMax = 512
    /// One minute.
    package static let defaultIdleTimeout: Duration = .seconds(60)
    /// Half a minute.
    package static let defaultRequestDeadline: Duration = .seconds(30)

    /// The largest body taken, in bytes; a larger one is answered 413.
    package var bodyBytesMax = defaultBodyBytesMax
    /// The most bytes of bodies held for all requests together, but for ``freeBodyBytes`` of each; what goes beyond is
    /// answered 503, to come again.
    package var bodiesBytesMax = defaultBodiesBytesMax
    /// The largest head taken, in bytes: the request line, and name + value + 4 for each field; a larger one is 431.
    package var headerBytesMax = defaultHeaderBytesMax
    /// How many connections may be open; one more is accepted and closed at once.
    package var connectionsMax = defaultConnectionsMax
    /// How many connections one IP address may have open; one more is accepted and closed at once.
    package var connectionsPerAddressMax = defaultConnectionsPerAddressMax
    /// How long a connection may take, in all, to begin a request (to complete its request line), from its opening or
    /// its last answer; also how long it may take nothing of an answer.
    package var idleTimeout = defaultIdleTimeout
    /// How long a request may take, in all, from its request line until it is wholly received.
    package var requestDeadline = defaultRequestDeadline

    /// The defaults.
    package init() {}
}
