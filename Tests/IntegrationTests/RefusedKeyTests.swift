import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

/// What is submitted while fal refuses the key is neither lost nor refused, and goes out once the key is taken.
@Suite(.blocking) struct RefusedKeyTests {
    private static let endpoint = "xai/grok-imagine-video/text-to-video"

    private func start(_ rules: String, in directory: TemporaryDirectory) throws -> (Emulator, Service) {
        let file = directory.file("rules.json").string
        try "[\(rules)]".write(toFile: file)
        let emulator = try Emulator(in: directory, ["--rules", file, "--concurrency", "40"])
        return (emulator, try Service(in: directory, submittingTo: emulator))
    }

    private func submit(_ service: Service, _ prompt: String) throws -> String {
        let result = try Program.run(
            ["submit", Self.endpoint, "--prompt", prompt, "--socket", service.socket, "--format", "json"]
        )
        return try #require(try object(result.output)["submission"]?.string, "\(result.error)")
    }

    private func status(_ service: Service, _ id: String) throws -> [String: JSONValue] {
        try object(try Program.run(["status", id, "--socket", service.socket, "--format", "json"]).output)
    }

    private func types(_ service: Service, _ id: String) throws -> [String] {
        try service.journalLines.map { try object($0) }.filter { $0["submission"]?.string == id }
            .compactMap { $0["type"]?.string }
    }

    @Test(arguments: ["401", "403"])
    func whatIsHeldSaysWhyAndGoesOutByItselfOnceTheKeyIsTaken(status refusal: String) async throws {
        let directory = TemporaryDirectory()
        // The first three attempts at anything are refused, the first of each of these rules.
        let rules = (1...3).map { "{\"nth\": \($0), \"reply\": \"\(refusal)\"}" }.joined(separator: ",")
        let (emulator, service) = try start(rules, in: directory)
        let ids = try ["one", "two", "three"].map { try submit(service, $0) }
        #expect(
            try await eventually { try ids.contains { try types(service, $0).contains("fal.submission.waiting") } }
        )
        for id in ids {
            #expect(
                try await eventually { try status(service, id)["state"]?.string == "succeeded" }
            )
        }
        let held = try ids.flatMap { try types(service, $0) }.filter { $0 == "fal.submission.waiting" }
        #expect(held.count == 3)
        #expect(try !ids.flatMap { try types(service, $0) }.contains("fal.submission.refused"))
        #expect(try emulator.books().components(separatedBy: "\"request_id\"").count - 1 == 3)
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func aWrongKeyHoldsEverythingIsNamedByStatusAndDoctorAndARestartWithAGoodOneSendsIt() async throws {
        let directory = TemporaryDirectory()
        let (emulator, service) = try start("{\"reply\": \"401\"}", in: directory)
        let ids = try (1...12).map { try submit(service, "number \($0)") }
        #expect(try await eventually { try status(service, ids[0])["why"]?.string?.contains("key") == true })
        // Those that were not tried are told of as well.
        #expect(try status(service, ids[11])["trouble"]?.string?.contains("--fal-key-file") == true)
        let tried = try ids.flatMap { try types(service, $0) }.filter { $0 == "fal.submission.sending" }.count
        #expect(tried < ids.count)
        let people = try Program.run(["status", ids[0], "--socket", service.socket, "--format", "human"])
        #expect(people.output.contains("why: fal refused the key (HTTP 401)"))
        let list = try Program.run(["list", "--state", "created", "--socket", service.socket])
        #expect(list.error.contains("nothing is sent to fal at the moment: fal refused the key (HTTP 401)"))
        let doctor = try Program.run(
            ["doctor", "--format", "json", "--socket", service.socket, "--data", service.data.string]
                + emulator.serveOptions.dropLast(2),
            environment: ["FAL_KEY": "emulator:secret"]
        )
        let sending = try doctor.output.split(separator: "\n").map { try object(String($0)) }
            .first { $0["check"]?.string == "sending" }
        #expect(sending?["verdict"]?.string == "wrong")
        #expect(sending?["detail"]?.string?.contains("HTTP 401") == true)
        #expect(doctor.exit == .code(1))
        #expect(service.stop() == .code(0))
        // fal knows the key again.
        #expect(emulator.stop() == .code(0))
        let good = try Emulator(in: directory, ["--concurrency", "40"])
        let restarted = try Service(in: directory, submittingTo: good)
        for id in ids {
            #expect(
                try await eventually {
                    try status(restarted, id)["state"]?.string == "succeeded"
                }
            )
        }
        #expect(try status(restarted, ids[0])["trouble"] == nil)
        #expect(try good.books().components(separatedBy: "\"request_id\"").count - 1 == ids.count)
        #expect(restarted.stop() == .code(0))
        #expect(good.stop() == .code(0))
    }
}
