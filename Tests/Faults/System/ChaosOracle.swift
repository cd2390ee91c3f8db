import FoundationEssentials

/// What the journal says of every submission, read by its documented form alone, and held against the emulator's books.
struct ChaosOracle {
    /// One submission, as its events have it.
    struct Submission {
        var prompt = ""
        var ends: [String] = []
        var subject: String?
        var origin: String?
        var code: String?
        var lastType = ""

        /// Its one final state; nil when it has none, or more than one.
        ///
        /// What is lost may still succeed or fail, once a callback comes after all.
        var end: String? {
            let isFoundAgain = ends.count == 2 && ends[0] == "lost" && (ends[1] == "succeeded" || ends[1] == "failed")
            return ends.count == 1 || isFoundAgain ? ends.last : nil
        }
    }

    private struct Event: Decodable {
        struct Content: Decodable {
            struct Input: Decodable {
                let prompt: String?
            }
            let input: Input?
            let code: String?
        }
        let type: String
        let subject: String?
        let submission: String?
        let origin: String?
        let data: Content?
    }

    static let ends: [String: String] = [
        "fal.request.succeeded": "succeeded", "fal.request.failed": "failed", "fal.submission.refused": "refused",
        "fal.submission.cancelled": "cancelled", "fal.submission.lost": "lost",
    ]

    /// Changed only by a ``ChaosPlant``.
    var submissions: [String: Submission] = [:]
    private(set) var conflicts = 0
    private(set) var violations: [String] = []

    /// Reads the journal anew.
    init(journal: String) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: journal).filter { $0.hasSuffix(".jsonl") }
        for name in names.sorted() {
            let bytes = try Data(contentsOf: URL(filePath: "\(journal)/\(name)"))
            for line in bytes.split(separator: 0x0A) {
                // A line that is just being written is not there yet.
                guard let event = try? JSONDecoder().decode(Event.self, from: line) else { continue }
                take(event)
            }
        }
    }

    /// How many have not ended.
    var openCount: Int { submissions.values.count { $0.ends.isEmpty } }

    /// How many are in each state, and by which way it became known.
    var table: [(String, Int)] {
        var counts: [String: Int] = [:]
        for one in submissions.values {
            let detail = one.origin ?? one.code
            counts[(one.ends.last ?? "open") + (detail.map { "_\($0)" } ?? ""), default: 0] += 1
        }
        return counts.sorted { $0.key < $1.key }
    }

    /// Holds everything against the books, and against what `show` tells of each.
    mutating func compare(
        with books: [ChaosBookEntry],
        stories: [String: ChaosStory],
        acknowledged: Set<String>,
        plan: ChaosPlan,
        polling: Bool
    ) {
        var byPrompt: [String: [ChaosBookEntry]] = [:]
        for entry in books { byPrompt[entry.input?.prompt ?? "", default: []].append(entry) }
        for (prompt, entries) in byPrompt {
            if entries.count > 1 { violations.append("sent \(entries.count) times: \(prompt)") }
            let runs = entries.reduce(0) { $0 + $1.runsStarted }
            if runs > entries.count { violations.append("run \(runs) times: \(prompt)") }
        }
        for id in acknowledged where submissions[id] == nil {
            violations.append("acknowledged and not in the journal: \(id)")
        }
        let known = Set(submissions.values.map(\.prompt))
        for prompt in byPrompt.keys where !known.contains(prompt) {
            violations.append("at fal and not in the journal: \(prompt)")
        }
        for (id, one) in submissions {
            compare(id, one, byPrompt[one.prompt]?.first, plan, polling)
            guard let end = one.end else { continue }
            if let gap = stories[id].map({ $0.gap(explaining: end) }) ?? "show does not know it" {
                violations.append("\(id) (\(one.prompt)): \(gap)")
            }
        }
    }

    private mutating func compare(
        _ id: String,
        _ one: Submission,
        _ entry: ChaosBookEntry?,
        _ plan: ChaosPlan,
        _ polling: Bool
    ) {
        func violated(_ text: String) { violations.append("\(id) (\(one.prompt)): \(text)") }
        guard let end = one.end else {
            return violated("ended \(one.ends.count) times: \(one.ends), last \(one.lastType)")
        }
        let fate = ChaosPlan.number(of: one.prompt).map { plan.fates[$0] }
        switch end {
        case "succeeded", "failed":
            guard let entry else { return violated("\(end), and fal does not have it") }
            if entry.requestID != one.subject { violated("the outcome of another request") }
            if entry.status != "COMPLETED" { violated("\(end), and fal has it as \(entry.status)") }
            // A callback without its payload says ERROR where nobody fetches what it lacks.
            let isUnclear = fate?.outcome == "payload-error" && !polling
            if (end == "failed") != (entry.errorType != nil), !isUnclear { violated("\(end), and fal says otherwise") }
            if (end == "failed") != (fate?.outcome == "error-422"), !isUnclear {
                violated("\(end), and not as planned")
            }
        case "lost":
            guard let entry else { return }
            if polling || fate?.isSilent != true {
                violated("lost (\(one.code ?? "")), and fal has it: \(entry.requestID)")
            }
        default:
            if entry != nil { violated("\(end), and fal has it") }
        }
    }

    private mutating func take(_ event: Event) {
        if event.type == "fal.request.conflict" {
            conflicts += 1
            violations.append("a conflict for request \(event.subject ?? "")")
        }
        guard let id = event.submission else { return }
        var one = submissions[id, default: Submission()]
        one.lastType = event.type
        if let prompt = event.data?.input?.prompt { one.prompt = prompt }
        if let end = Self.ends[event.type] {
            one.ends.append(end)
            one.subject = event.subject
            one.origin = event.origin
            one.code = event.data?.code
        }
        submissions[id] = one
    }
}
