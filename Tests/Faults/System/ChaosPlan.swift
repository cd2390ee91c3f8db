/// What goes wrong with each submission of a chaos run, decided by a seed.
struct ChaosPlan {
    /// One submission's share.
    struct Fate {
        var answerIsLost = false
        /// The status that the first attempt is refused with.
        var refusal: Int?
        var webhook = "normal"
        var outcome = "ok"

        /// A word in the prompt by which the emulator's rules know it.
        var word: String { "k:\(answerIsLost ? "lost" : "said"),\(webhook),\(outcome);" }

        /// Whether no callback that counts comes before the service has given up.
        var isSilent: Bool { webhook == "drop" || webhook == "stale-timestamp" || webhook == "late:310" }
    }

    /// The most refused submissions: each has a rule of its own, and an emulator takes 1,000.
    static let refusalsMax = 800

    private(set) var fates: [Fate] = []

    /// Decides.
    ///
    /// - Parameters:
    ///   - count: How many submissions there are.
    ///   - seed: What all decisions follow from.
    ///   - lateSeconds: How late a late callback is sent.
    init(count: Int, seed: UInt64, lateSeconds: Int) {
        var random = SplitMix(seed: seed)
        var refusals = 0
        for _ in 0..<count {
            var fate = Fate()
            fate.answerIsLost = random.percent(5)
            if !fate.answerIsLost, refusals < Self.refusalsMax, random.percent(5) {
                fate.refusal = random.percent(50) ? 429 : 503
                refusals += 1
            }
            let webhook = random.next() % 100
            switch webhook {
            case 0..<10: fate.webhook = "drop"
            case 10..<20: fate.webhook = "duplicate"
            // Signed more than 300 s before it comes.
            case 20..<23: fate.webhook = "stale-timestamp"
            case 23..<26: fate.webhook = "late:\(lateSeconds)"
            default: break
            }
            let outcome = random.next() % 100
            switch outcome {
            case 0..<5: fate.outcome = "error-422"
            case 5..<7: fate.outcome = "payload-error"
            default: break
            }
            fates.append(fate)
        }
    }

    /// The prompt of an attempt to hand in a submission; no two are the same.
    func prompt(_ number: Int, attempt: Int) -> String { "chaos #\(number)# \(attempt) \(fates[number].word)" }

    /// The submission that a prompt belongs to.
    static func number(of prompt: String) -> Int? {
        let parts = prompt.split(separator: "#")
        return parts.count > 1 ? Int(parts[1]) : nil
    }

    /// The emulator's rules.
    var rules: String {
        var rules: [String] = []
        for (number, fate) in fates.enumerated() {
            guard let refusal = fate.refusal else { continue }
            rules.append("{\"prompt_contains\":\"#\(number)#\",\"nth\":1,\"reply\":\"\(refusal):1\"}")
        }
        var seen: Set<String> = []
        for fate in fates where seen.insert(fate.word).inserted {
            // Long enough that whoever sent it again would have done so before its callback comes.
            let runTime = fate.answerIsLost ? ",\"run_ms\":3000" : ""
            rules.append(
                "{\"prompt_contains\":\"\(fate.word)\",\"reply\":\"\(fate.answerIsLost ? "lost" : "normal")\","
                    + "\"webhook\":\"\(fate.webhook)\",\"outcome\":\"\(fate.outcome)\"\(runTime)}"
            )
        }
        return "[\(rules.joined(separator: ","))]"
    }
}

extension SplitMix {
    /// Whether something happens that does so in so many of a hundred cases.
    fileprivate mutating func percent(_ share: UInt64) -> Bool { next() % 100 < share }
}
