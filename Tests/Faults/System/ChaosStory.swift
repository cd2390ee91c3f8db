/// What `falconer show` tells of a submission, and whether that explains where it stands.
struct ChaosStory: Decodable {
    /// One event of it.
    struct Entry: Decodable {
        let type: String
        let detail: String?
    }

    let state: String
    let timeline: [Entry]

    /// States that have a reason, which has to be told.
    private static let reasoned: Set = ["failed", "refused", "lost", "uncertain", "waiting"]

    /// What is missing in it.
    ///
    /// - Parameter end: The state that the journal has it in.
    /// - Returns: A sentence; nil when it explains everything.
    func gap(explaining end: String) -> String? {
        if state != end { return "show has it as \(state), and the journal as \(end)" }
        if timeline.first?.type != "fal.submission.created" { return "show does not tell its beginning" }
        guard let last = timeline.last(where: { ChaosOracle.ends[$0.type] == end }) else {
            return "show tells no event that makes it \(end)"
        }
        if Self.reasoned.contains(end), (last.detail ?? "").isEmpty { return "show does not say why it is \(end)" }
        return nil
    }
}
