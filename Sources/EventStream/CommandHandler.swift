package import Posix

/// Carries out the commands of clients, everything but subscribing.
package protocol CommandHandler: Sendable {
    /// The commands it knows, for instance `submit`; any other is refused before it gets here.
    var operations: Set<String> { get }

    /// Begins a command; the answer can come later and from any thread.
    ///
    /// The stream's thread calls, and all clients wait until it returns: hand the work to another thread.
    ///
    /// - Parameters:
    ///   - op: Which command, one of ``operations``.
    ///   - line: The client's whole line without its line feed, valid JSON, an object.
    ///   - peer: Who asks, as of the connect.
    ///   - reply: Where the answer goes.
    func handle(op: String, line: [UInt8], peer: PeerCredentials, reply: CommandReply)
}
