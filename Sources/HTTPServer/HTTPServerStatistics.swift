/// What a server has done so far; one moment's numbers, not exactly of the same instant.
package struct HTTPServerStatistics: Equatable, Sendable {
    /// Connections open now.
    package var connectionsOpen = 0
    /// Connections taken since the start.
    package var connectionsAccepted = 0
    /// Connections closed at once because ``ServerLimits/connectionsMax`` were open.
    package var refusedOverTotal = 0
    /// Connections closed at once because their address had ``ServerLimits/connectionsPerAddressMax`` open.
    package var refusedOverAddress = 0
    /// Connections closed at once because the process had no descriptor left.
    package var refusedWithoutDescriptor = 0
    /// Requests whose head was received.
    package var requests = 0
    /// Requests begun and not yet answered and forgotten.
    package var requestsInFlight = 0
    /// Connections cut because a request took longer than ``ServerLimits/requestDeadline``.
    package var deadlineClosed = 0
    /// Connections closed because nothing was asked for ``ServerLimits/idleTimeout``.
    package var idleClosed = 0
}
