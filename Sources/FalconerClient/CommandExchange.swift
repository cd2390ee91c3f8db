import JSONText
import Posix
import Threading

/// One command and its answer, on a connection of its own.
struct CommandExchange: Sendable {
    let path: String
    /// The command without its `ref`: a JSON object.
    let op: String
    let members: @Sendable (inout JSONObjectWriter) -> Void
    let timeout: Duration

    private static let reference = 1

    /// Carries it out on a thread of its own, so that nobody else's is held up.
    ///
    /// It waits for a service that is not there yet. Once the command was sent, it is not sent again.
    func run() async throws(FalconerClientError) -> ClientFrame {
        let (results, continuation) = AsyncStream.makeStream(of: Result<[UInt8], FalconerClientError>.self)
        let thread = WorkerThread(name: "falconer") {
            continuation.yield(perform())
            continuation.finish()
        }
        var result: Result<[UInt8], FalconerClientError> = .failure(Follower.malformed)
        // Not ended by a cancelled task: what the answer says matters more.
        for await found in results { result = found }
        thread.join()
        guard let frame = ClientFrame(try result.get()) else { throw Follower.malformed }
        return frame
    }

    private func perform() -> Result<[UInt8], FalconerClientError> {
        do throws(FalconerClientError) {
            let deadline = ContinuousClock.now + timeout
            let connection = try connect(until: deadline)
            var writer = JSONObjectWriter()
            writer.member("op", op)
            writer.member("ref", Self.reference)
            members(&writer)
            connection.send(writer.line)
            while true {
                guard case .line(let line) = connection.wait(until: deadline) else {
                    throw FalconerClientError(
                        code: .unanswered,
                        message: "\(op) may have been carried out: look before you ask again"
                    )
                }
                guard let frame = ClientFrame(line) else { throw Follower.malformed }
                if frame.kind == "reply", frame.number("ref") == Self.reference { return .success(line) }
                if frame.kind == "error" { throw Follower.failure(frame) }
            }
        } catch {
            return .failure(error)
        }
    }

    private func connect(until deadline: ContinuousClock.Instant) throws(FalconerClientError) -> ClientConnection {
        let wake: WakeUp
        do throws(SystemCallError) {
            wake = try WakeUp()
        } catch {
            throw FalconerClientError(code: .unreachable, message: "\(error)")
        }
        var backoff = Backoff()
        while true {
            do throws(FalconerClientError) {
                let connection = try ClientConnection(path: path, wake: wake)
                guard case .line(let line) = connection.wait(until: deadline) else {
                    throw FalconerClientError(code: .unreachable, message: "the service did not say hello")
                }
                guard let frame = ClientFrame(line) else { throw Follower.malformed }
                guard frame.kind == "hello" else { throw Follower.failure(frame) }
                return connection
            } catch {
                let pause = backoff.next(random: .random(in: 0...1))
                guard error.isPassing, ContinuousClock.now + pause < deadline else { throw error }
                wake.wait(until: .now + pause)
            }
        }
    }
}
