import Glibc
import TestSupport
import Testing

/// What `listen` says of the service behind the socket.
@Suite(.blocking) struct ListenTests {
    @Test(arguments: [[], ["--consumer", "worker", "--exec", "echo {id}"]])
    func missingHeartbeatsAreSaidAndSoIsTheirReturn(_ more: [String]) throws {
        let service = try Service(in: TemporaryDirectory(), ["--heartbeat", "1"])
        #expect(try Subscriber(service.socket, "").nextLine()?.contains(#""heartbeat_ms":1000"#) == true)
        #expect(try service.deliver(Delivery("first")).status == 200)
        let listener = try Program.start(["listen", "--from", "first", "--socket", service.socket] + more)
        #expect(listener.line { $0.contains("1") } != nil)
        service.process.signal(SIGSTOP)
        #expect(listener.line(of: .standardError) { $0.contains("no heartbeat of the service for 3 s") } != nil)
        service.process.signal(SIGCONT)
        #expect(listener.line(of: .standardError) { $0.contains("the service is heard again") } != nil)
        listener.signal(SIGKILL)
        #expect(service.stop() == .code(0))
    }

    @Test func aServiceThatIsGoneIsSaidOnceForEachPause() throws {
        let directory = TemporaryDirectory()
        let service = try Service(in: directory)
        #expect(try service.deliver(Delivery("first")).status == 200)
        let listener = try Program.start(["listen", "--from", "first", "--socket", service.socket])
        #expect(listener.line { $0.contains("first") } != nil)
        service.process.signal(SIGKILL)
        #expect(listener.line(of: .standardError) { $0.contains("trying again in 1.6 s") } != nil)
        let again = try Service(in: directory)
        #expect(listener.line(of: .standardError) { $0.contains("connected again") } != nil)
        let pauses = listener.text(.standardError).split(separator: "\n").filter { $0.contains("trying again") }
        #expect(Set(pauses).count == pauses.count, "\(pauses)")
        listener.signal(SIGKILL)
        #expect(again.stop() == .code(0))
    }

    @Test func theTimeBetweenHeartbeatsHasBounds() throws {
        for (value, code) in [("0", Int32(64)), ("3601", 64), ("3600", 0)] {
            #expect(try Program.run(["config", "show", "--heartbeat", value]).exit == .code(code), "\(value)")
        }
    }
}
