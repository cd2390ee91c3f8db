import ArgumentParser

/// A lie that is told to the oracle at the end of a run, to show that it sees what a broken service would do.
enum ChaosPlant: String, CaseIterable, ExpressibleByArgument {
    /// A submission that is at fal twice, as if it had been sent again.
    case sentTwice = "sent-twice"
    /// A request whose run was started twice.
    case runTwice = "run-twice"
    /// An acknowledged submission that the journal does not have.
    case forgotten
    /// A submission that is lost although fal has its result.
    case lost
    /// A submission that has not ended.
    case open
    /// A submission that ended twice.
    case endedTwice = "ended-twice"
    /// A submission that succeeded although its run failed.
    case otherOutcome = "other-outcome"
    /// A submission with the outcome of another one's request.
    case otherRequest = "other-request"
    /// A submission that `show` has no reason for.
    case unexplained

    /// What the violation that it has to lead to says.
    var mark: String {
        switch self {
        case .sentTwice: "sent 2 times"
        case .runTwice: "run 2 times"
        case .forgotten: "not in the journal"
        case .lost: "and fal has it"
        case .open: "ended 0 times"
        case .endedTwice: "ended 2 times"
        case .otherOutcome: "and fal says otherwise"
        case .otherRequest: "the outcome of another request"
        case .unexplained: "show does not say why"
        }
    }

    /// Changes what the oracle is about to compare, for one submission.
    ///
    /// - Returns: Whether the run had a submission that it fits.
    func falsify(_ oracle: inout ChaosOracle, _ books: inout [ChaosBookEntry], _ stories: inout [String: ChaosStory])
        -> Bool
    {
        func first(_ state: String) -> String? {
            oracle.submissions.filter { $0.value.ends == [state] }.keys.min()
        }
        guard let id = first(self == .otherOutcome || self == .unexplained ? "failed" : "succeeded"),
            let place = books.firstIndex(where: { $0.requestID == oracle.submissions[id]?.subject })
        else { return false }
        switch self {
        case .sentTwice:
            var again = books[place]
            again.requestID += "-again"
            books.append(again)
        case .runTwice: books[place].runsStarted += 1
        case .forgotten: oracle.submissions[id] = nil
        case .lost: oracle.submissions[id]?.ends = ["lost"]
        case .open: oracle.submissions[id]?.ends = []
        case .endedTwice: oracle.submissions[id]?.ends.append("failed")
        case .otherOutcome: oracle.submissions[id]?.ends = ["succeeded"]
        case .otherRequest: oracle.submissions[id]?.subject = "another"
        case .unexplained:
            let told = stories[id]?.timeline.map { ChaosStory.Entry(type: $0.type, detail: nil) } ?? []
            stories[id] = ChaosStory(state: "failed", timeline: told)
        }
        return true
    }
}
