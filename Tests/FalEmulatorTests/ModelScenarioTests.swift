import FalQueue
import Testing

@testable import FalEmulator

@Suite("Scenarios and rules")
struct ModelScenarioTests {
    static let settings: [(String, String, @Sendable (inout Scenario) -> Void)] = [
        ("X-Emulator-Outcome", "ok", { _ in }),
        (
            "x-emulator-outcome", "error-422",
            { $0.outcome = .modelError(status: 422, type: "content_policy_violation") }
        ),
        ("X-Emulator-Outcome", "ERROR-500", { $0.outcome = .modelError(status: 500, type: "internal_server_error") }),
        ("X-Emulator-Outcome", "error-504", { $0.outcome = .modelError(status: 504, type: "generation_timeout") }),
        ("X-Emulator-Outcome", "error-422:one_of", { $0.outcome = .modelError(status: 422, type: "one_of") }),
        ("X-Emulator-Outcome", "payload-error", { $0.outcome = .payloadError }),
        ("X-Emulator-Outcome", "runner-server-error", { $0.outcome = .infrastructureError(.runnerServerError) }),
        ("X-Emulator-Outcome", "runner_server_error", { $0.outcome = .infrastructureError(.runnerServerError) }),
        ("X-Emulator-Webhook", "drop", { $0.webhook = .drop }),
        ("X-Emulator-Webhook", "late:30", { $0.webhook = .late(seconds: 30) }),
        ("X-Emulator-Webhook", "late:86400", { $0.webhook = .late(seconds: 86_400) }),
        ("X-Emulator-Webhook", "before-answer", { $0.webhook = .beforeAnswer }),
        ("X-Emulator-Webhook", "stale-timestamp", { $0.webhook = .staleTimestamp }),
        ("X-Emulator-Reply", "lost", { $0.reply = .lost }),
        ("X-Emulator-Reply", "500", { $0.reply = .status(500, retryAfterSeconds: nil) }),
        ("X-Emulator-Reply", "429:5", { $0.reply = .status(429, retryAfterSeconds: 5) }),
        ("X-Emulator-Queue-Ms", "1500", { $0.queueTime = 1_500_000 }),
        ("X-Emulator-Run-Ms", "86400000", { $0.runTime = 86_400_000_000 }),
        ("X-Emulator-Flaps", "0", { _ in }),
        ("X-Emulator-Flaps", "100", { $0.flaps = 100 }),
        ("X-Emulator-Big-Integer", "1", { $0.bigInteger = true }),
        ("X-Emulator-Rotate-Keys", "true", { $0.keyRotation = true }),
        ("X-Fal-Queue-Priority", "whatever", { _ in }),
    ]

    @Test("a header sets its part of the scenario", arguments: settings)
    func header(name: String, value: String, change: @Sendable (inout Scenario) -> Void) throws {
        var expected = Scenario()
        change(&expected)
        #expect(try Scenario.parse(headers: [(name: name, value: value)]) == expected)
    }

    @Test("every word that is offered is taken")
    func offered() throws {
        let offered: [(Scenario.Setting, [String])] = [
            (.outcome, Scenario.Outcome.known), (.webhook, Scenario.WebhookFault.known),
            (.reply, Scenario.ReplyFault.known),
        ]
        for (setting, words) in offered {
            for word in words {
                let forms = [
                    String(word.prefix { $0 != "[" }), word.filter { !"[]".contains($0) },
                ].map { form in
                    form.replacing("RETRY_AFTER_SECONDS", with: "1").replacing("SECONDS", with: "1")
                        .replacing("TYPE", with: "one_of")
                }
                for form in forms {
                    var scenario = Scenario()
                    #expect(throws: Never.self, "\(form)") { try scenario.set(setting, form) }
                }
            }
        }
    }

    @Test(
        "an unknown value is refused with what there is",
        arguments: [
            ("X-Emulator-Outcome", "error-418"), ("X-Emulator-Outcome", "ok:x"), ("X-Emulator-Outcome", "error-422:"),
            ("X-Emulator-Outcome", "internal_error:x"), ("X-Emulator-Webhook", "late"),
            ("X-Emulator-Webhook", "late:-1"),
            ("X-Emulator-Webhook", "late:86401"), ("X-Emulator-Flaps", "101"), ("X-Emulator-Webhook", "drop:1"),
            ("X-Emulator-Reply", "200"),
            ("X-Emulator-Reply", "429:"), ("X-Emulator-Reply", "429:x"), ("X-Emulator-Reply", "lost:1"),
            ("X-Emulator-Queue-Ms", "+1"), ("X-Emulator-Queue-Ms", ""), ("X-Emulator-Run-Ms", "86400001"),
            ("X-Emulator-Big-Integer", "yes"), ("X-Emulator-Webhook", ""),
        ]
    )
    func unknownValue(name: String, value: String) throws {
        let error = #expect(throws: ScenarioError.self) {
            try Scenario.parse(headers: [(name: name, value: value)])
        }
        #expect(error?.code == .unknownValue)
        #expect(error?.text == value)
        #expect(error?.known.isEmpty == false)
    }

    @Test("an unknown header of the emulator's is refused with the list of those there are")
    func unknownName() throws {
        let error = #expect(throws: ScenarioError.self) {
            try Scenario.parse(headers: [(name: "X-Emulator-Colour", value: "red")])
        }
        #expect(error?.code == .unknownName)
        #expect(
            error?.description
                == "the emulator knows no setting 'X-Emulator-Colour'; write one of: X-Emulator-Outcome, "
                + "X-Emulator-Webhook, X-Emulator-Reply, X-Emulator-Queue-Ms, X-Emulator-Run-Ms, X-Emulator-Flaps, "
                + "X-Emulator-Big-Integer, X-Emulator-Rotate-Keys"
        )
    }

    @Test("only a refused submission is not accepted")
    func isAccepted() {
        var scenario = Scenario()
        #expect(scenario.isAccepted)
        scenario.reply = .lost
        #expect(scenario.isAccepted)
        scenario.reply = .status(500, retryAfterSeconds: nil)
        #expect(!scenario.isAccepted)
    }

    private func rules(_ text: String) throws -> RuleFile { try RuleFile(Array(text.utf8)) }

    @Test("the first rule that holds is taken, and headers win over it")
    func firstRule() throws {
        var rules = try rules(
            #"""
            [{"endpoint": "xai/*-to-video", "prompt_contains": "falcon", "outcome": "error-422", "run_ms": 5},
             {"endpoint": "xai/*", "webhook": "drop", "big_integer": true}]
            """#
        )
        let video = try EndpointID.parse("xai/grok-imagine-video/text-to-video")
        let falcon = rules.scenario(endpoint: video, input: Array(#"{"prompt":"a falcon"}"#.utf8))
        #expect(falcon.outcome == .modelError(status: 422, type: "content_policy_violation"))
        #expect(falcon.runTime == 5_000)
        #expect(falcon.webhook == .normal)
        let other = rules.scenario(endpoint: video, input: Array(#"{"prompt":"a hawk"}"#.utf8))
        #expect(other.webhook == .drop)
        #expect(other.bigInteger)
        #expect(rules.scenario(endpoint: try EndpointID.parse("fal-ai/flux"), input: []) == Scenario())
        let merged = try Scenario.parse(headers: [(name: "X-Emulator-Outcome", value: "ok")], over: falcon)
        #expect(merged.outcome == .ok)
        #expect(merged.runTime == 5_000)
    }

    @Test("nth counts the submissions that fulfil the other conditions")
    func nth() throws {
        var rules = try rules(
            #"[{"endpoint": "a/*", "nth": 2, "reply": "lost"}, {"endpoint": "a/*", "nth": 3, "reply": 503}]"#
        )
        let app = try EndpointID.parse("a/b")
        let elsewhere = try EndpointID.parse("c/d")
        var replies: [Scenario.ReplyFault] = []
        for endpoint in [app, elsewhere, app, app, app] {
            replies.append(rules.scenario(endpoint: endpoint, input: []).reply)
        }
        #expect(replies == [.normal, .normal, .lost, .status(503, retryAfterSeconds: nil), .normal])
    }

    @Test(
        "a file that is no rule file is refused, with the rule's number",
        arguments: [
            ("{}", RuleFileError.Code.noList), ("nonsense", .noList), ("[1]", .noObject),
            (#"[{}, {"colour": "red"}]"#, .unknownName), (#"[{"outcome": "maybe"}]"#, .badValue),
            (#"[{"nth": 0}]"#, .badValue), (#"[{"endpoint": 1}]"#, .badValue), (#"[{"webhook": null}]"#, .badValue),
        ]
    )
    func badRules(text: String, code: RuleFileError.Code) throws {
        let error = #expect(throws: RuleFileError.self) { try rules(text) }
        #expect(error?.code == code)
        if code == .unknownName { #expect(error?.description.hasPrefix("rule 2: there is no 'colour'") == true) }
    }

    @Test("the most rules are taken, and one more is not")
    func rulesMax() throws {
        func list(_ count: Int) -> String { "[" + Array(repeating: "{}", count: count).joined(separator: ",") + "]" }
        #expect(throws: Never.self) { try rules(list(RuleFile.rulesMax)) }
        let error = #expect(throws: RuleFileError.self) { try rules(list(RuleFile.rulesMax + 1)) }
        #expect(error?.code == .tooMany)
    }

    @Test(
        "a star in a pattern stands for any text",
        arguments: [
            ("*", "", true), ("a*", "a", true), ("a*c", "abbc", true), ("a*c", "abcb", false),
            ("a*b*c", "axbxbxc", true),
            ("a", "ab", false), ("", "", true), ("", "a", false), ("*a", "ba", true), ("**", "x/y", true),
        ]
    )
    func wildcard(pattern: String, text: String, matches: Bool) {
        #expect(WildcardPattern(pattern).matches(text) == matches)
    }
}
