import JSONText

/// A client of Falconer's event socket.
///
/// ```swift
/// let falconer = FalconerClient(socket: "/run/falconer/events.sock")
/// for try await event in falconer.events(from: .after(41)) {
///     print(event.id, event.type)
/// }
/// ```
///
/// It links nothing but the standard library and Glibc. What it speaks is described on the page "The protocol of the
/// socket". Any task may use it.
public struct FalconerClient: Sendable {
    /// The socket's path, which `falconer serve` prints.
    public let socket: String
    /// Told of what a person may want to know, on a thread of the client's own; must not wait.
    public var onNotice: @Sendable (FalconerNotice) -> Void = { _ in }

    /// A client of the service on that socket; nothing is connected yet.
    public init(socket: String) {
        self.socket = socket
    }

    /// Events in order and without a gap.
    ///
    /// - Parameters:
    ///   - start: Where they begin. Save the id of an event once it is dealt with, and begin behind it.
    ///   - end: Where they end.
    ///   - filter: Which events.
    /// - Returns: The events, to be iterated over.
    public func events(
        from start: EventStart = .new,
        until end: EventEnd = .never,
        filter: EventFilter = EventFilter()
    ) -> Events {
        Events(path: socket, goal: .events(start, end, filter), onNotice: onNotice)
    }

    /// Takes part in a named consumer, whose place the service keeps; it is made when there is none of that name.
    ///
    /// - Parameters:
    ///   - name: Its name, 1 to 64 letters, digits, `.`, `_`, `-`.
    ///   - options: What a new one is made with; one that exists must not differ from what is given.
    /// - Returns: The deliveries, to be iterated over once.
    /// - Throws: ``FalconerClientError`` when the process has no descriptor left. What the service refuses is thrown by the
    ///   iteration.
    public func consumer(
        _ name: String,
        options: ConsumerOptions = ConsumerOptions()
    ) throws(FalconerClientError) -> Consumer {
        let session = try FollowSession(path: socket, onNotice: onNotice)
        return Consumer(owner: SessionOwner(session, .consumer(name, options)))
    }

    /// Has a request sent to fal; returns once it is on disk.
    ///
    /// - Parameters:
    ///   - endpoint: The fal endpoint, `xai/grok-imagine-video/text-to-video`.
    ///   - input: The model's input, a JSON object.
    ///   - tag: What to call it, at most 256 bytes.
    ///   - timeout: How long to wait for a service that is away or busy.
    /// - Returns: The submission's id.
    /// - Throws: ``FalconerClientError``; with `unanswered` it may have been recorded: look for the tag before another try.
    public func submit(
        endpoint: String,
        input: [UInt8],
        tag: String? = nil,
        timeout: Duration = .seconds(30)
    ) async throws(FalconerClientError) -> String {
        let exchange = CommandExchange(
            path: socket,
            op: "submit",
            members: { writer in
                writer.member("endpoint", endpoint)
                writer.member("input", json: input)
                writer.member("tag", tag)
            },
            timeout: timeout
        )
        guard let submission = try await exchange.run().text("submission") else { throw Follower.malformed }
        return submission
    }

    /// What became of a submission.
    ///
    /// - Parameters:
    ///   - id: The submission's id, or fal's request id.
    ///   - timeout: How long to wait for a service that is away or busy.
    /// - Returns: What the service knows of it.
    /// - Throws: ``FalconerClientError``, with `not_found` when there is none.
    public func status(
        of id: String,
        timeout: Duration = .seconds(30)
    ) async throws(FalconerClientError) -> SubmissionStatus {
        let exchange = CommandExchange(
            path: socket,
            op: "status",
            members: { $0.member("submission", id) },
            timeout: timeout
        )
        guard let status = SubmissionStatus(try await exchange.run()) else { throw Follower.malformed }
        return status
    }
}
