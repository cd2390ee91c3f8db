/// What one client, and all of them together, may use; every number has a default and can be set.
package struct EventStreamLimits: Equatable, Sendable {
    /// Connections at a time; one more is told `too_many_connections` and closed.
    package var connectionsMax = 1024
    /// Connections at a time of one user; one more is told `too_many_connections_of_user` and closed.
    package var connectionsPerUserMax = 256
    /// Bytes of one line of a client, without the line feed.
    package var commandLineBytesMax = 1 << 20
    /// Bytes of lines that are not complete yet, of all clients together.
    package var inputBytesMax = 64 << 20
    /// Commands of one connection that wait for their reply; further ones are not read until one has it.
    package var pendingCommandsMax = 64
    /// Bytes of replies of one connection that wait to be sent; one that lets more pile up is closed.
    package var replyBytesMax = 16 << 20
    /// Bytes that wait in one connection's buffer before nothing more is read for it, a single longer event excepted.
    package var bufferBytesMax = 256 << 10
    /// Bytes that are read for one subscriber before the next has its turn.
    package var turnBytesMax = 128 << 10
    /// Bytes that a filter skips before the subscriber is told its position.
    package var skippedBytesMax = 16 << 20
    /// The least time between two position frames, unless ``skippedBytesMax`` is reached.
    package var positionInterval: Duration = .seconds(1)
    /// How long a client may say nothing before it is taken to want every event from now on.
    package var firstLineTime: Duration = .seconds(1)
    /// How long a line that was begun may take to be complete.
    package var lineTime: Duration = .seconds(30)
    /// How long nothing is sent to a subscriber before it has a heartbeat.
    package var heartbeatInterval: Duration = .seconds(15)
    /// How long a client may take nothing that waits for it before it is closed.
    package var stallTime: Duration = .seconds(60)
    /// How long the last frames may take to be taken, when the service or a client ends.
    package var farewellTime: Duration = .seconds(1)

    /// Named consumers at a time.
    package var consumersMax = 1_000
    /// How far a consumer's file may be behind, unless an acknowledgement asks for more.
    package var consumerSaveInterval: Duration = .seconds(1)

    /// The defaults.
    package init() {}
}
