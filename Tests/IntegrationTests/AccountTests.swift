import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

/// Whose deliveries are taken, and to which submission they belong.
@Suite(.blocking) struct AccountTests {
    @Test func theAccountIsLearnedFromTheFirstDeliveryThatCarriesATokenOfOurs() async throws {
        let queue = LoopbackPeer { connection, _ in
            while connection.readRequest() != nil {
                let body = #"{"request_id":"r-1","status":"IN_QUEUE","queue_position":0}"#
                connection.write(KeySetServer.response(200, body, "Content-Type: application/json\r\n"))
            }
        }
        defer { queue.stop() }
        let directory = TemporaryDirectory()
        let options = ["--fal-queue-url", queue.url(""), "--public-url", "auto"]
        let environment = ["FAL_KEY": "id:secret"]
        let service = try await Service.ready(in: directory, options, environment: environment)
        // Before that, anybody whose delivery fal signed.
        #expect(try service.deliver(Delivery("any", account: "auth0|anybody")).status == 200)
        let submitted = try Program.run(["submit", "fal-ai/flux/dev", "--prompt", "dog", "--socket", service.socket])
        #expect(submitted.exit == .code(0), "\(submitted.error)")
        let submission = try #require(try object(submitted.output)["submission"]?.string)
        #expect(await eventually { queue.requests.count == 1 })
        let hook = try #require(queue.requests.first?.target.split(separator: "fal_webhook=").last)
        let url = hook.replacing("%3A", with: ":").replacing("%2F", with: "/")
        let token = String(url[try #require(url.firstRange(of: "/fal/")).lowerBound...])

        #expect(try service.deliver(Delivery("r-1", account: "auth0|us").to(token)).status == 200)
        let last = try #require(try service.events().last { $0["type"]?.string == "fal.request.succeeded" })
        #expect(last["submission"]?.string == submission)
        #expect(last["endpoint"]?.string == "fal-ai/flux/dev")
        #expect(try service.deliver(Delivery("late", account: "auth0|anybody")).status == 401)
        #expect(try service.deliver(Delivery("ours", account: "auth0|us")).status == 200)
        #expect(service.stop() == .code(0))

        // A restart remembers it.
        let restarted = try await Service.ready(in: directory, options, environment: environment)
        #expect(try restarted.deliver(Delivery("later", account: "auth0|anybody")).status == 401)
        #expect(try restarted.deliver(Delivery("ours-too", account: "auth0|us")).status == 200)
        #expect(restarted.stop() == .code(0))

        // And also when the delivery it was learned from is gone.
        try FileManager.default.removeItem(atPath: directory.file("data/journal").string)
        let emptied = try await Service.ready(in: directory, options, environment: environment)
        #expect(try emptied.deliver(Delivery("again", account: "auth0|anybody")).status == 401)
    }
}
