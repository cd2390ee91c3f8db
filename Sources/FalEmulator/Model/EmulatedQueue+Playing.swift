extension EmulatedQueue {
    /// A stored answer of this size is kept for the shorter time (fal.ai/docs/inference-api/queue/result).
    static let largeAnswerBytes = 10 * 1024
    /// How long a small answer is kept, in microseconds.
    static let smallAnswerRetention: Int64 = 3_600_000_000
    /// How long a large answer is kept, in microseconds.
    static let largeAnswerRetention: Int64 = 360_000_000

    mutating func play(_ due: DueTimes.Entry) -> [Action] {
        guard let request = requests[due.number] else { return [] }
        switch (due.kind, request.phase) {
        case (.eligible, .queued):
            makeReady(due.number)
            startReady(at: due.time)
            return []
        case (.startTimeout, .queued):
            return finish(due.number, at: due.time, end: .startTimeout)
        case (.stop, .inProgress):
            return finish(due.number, at: due.time, end: .infrastructureError(.clientCancelled))
        case (.runEnd, .inProgress):
            return finish(due.number, at: due.time, end: nil)
        case (.logLine, _), (.eligible, _), (.startTimeout, _), (.stop, _), (.runEnd, _):
            // A line in the log is there by itself; the others were overtaken by something that was due earlier.
            return []
        }
    }

    mutating func start(_ number: Int, at time: Int64) {
        guard let submission = requests[number]?.submission else { return }
        queued.removeSorted(number)
        ready.removeSorted(number)
        inProgress += 1
        if let limit = limit(of: number) { inProgressByLimit[limit, default: 0] += 1 }
        let runTime =
            submission.scenario.webhook == .beforeAnswer ? 0 : submission.scenario.runTime ?? configuration.runTime
        requests[number]?.start(at: time, runTime: runTime)
        guard submission.scenario.webhook != .beforeAnswer else { return }
        due.insert(time + runTime / 2, number, .logLine)
        due.insert(time + runTime, number, .runEnd)
        // Those who follow its status want to know.
        for flap in requests[number]?.flapTimes ?? [] { due.insert(flap, number, .logLine) }
    }

    /// Takes a request one step on, whatever it waits for: from the queue into its run, from there to its end.
    ///
    /// - Returns: Whether there was such a step, and what to do.
    mutating func step(_ id: String, now: Int64) -> (hasStepped: Bool, actions: [Action]) {
        let actions = advance(now: now)
        guard let number = numbers[id], let request = requests[number] else { return (false, actions) }
        switch request.phase {
        case .queued:
            start(number, at: now)
            return (true, actions)
        case .inProgress: return (true, actions + finish(number, at: now, end: nil))
        case .completed: return (false, actions)
        }
    }

    /// Ends a request; without an `end` it is the one its scenario and its input lead to.
    mutating func finish(_ number: Int, at time: Int64, end: RunEnd?) -> [Action] {
        guard let request = requests[number] else { return [] }
        if case .inProgress = request.phase {
            inProgress -= 1
            if let limit = limit(of: number) { inProgressByLimit[limit, default: 0] -= 1 }
        } else {
            queued.removeSorted(number)
            ready.removeSorted(number)
        }
        let end = end ?? request.plannedEnd
        let retention = retention(of: end, for: request)
        requests[number]?.finish(at: time, end: end, retention: retention)
        startReady(at: time)
        return request.submission.scenario.keyRotation
            ? [.rotateKeys] + deliveries(of: number) : deliveries(of: number)
    }

    private func deliveries(of number: Int) -> [Action] {
        guard let request = requests[number], let delivery = delivery(of: request) else { return [] }
        if case .completed(let completion) = request.phase, completion.end == .infrastructureError(.clientCancelled),
            !request.isPlannedToEndCancelled, !configuration.sendsWebhookWhenCancelled
        {
            return []
        }
        return [.deliver(delivery)]
    }

    private func retention(of end: RunEnd, for request: EmulatedRequest) -> Int64 {
        let bytes = end.answer(for: request, video: video).body.count
        let retention = bytes < Self.largeAnswerBytes ? Self.smallAnswerRetention : Self.largeAnswerRetention
        return Int64(Double(retention) / configuration.speed)
    }

    private mutating func makeReady(_ number: Int) {
        ready.insertSorted(number)
    }

    private mutating func startReady(at time: Int64) {
        while inProgress < configuration.concurrency, let number = ready.first(where: { hasPlace($0) }) {
            start(number, at: time)
        }
    }

    /// Whether no limit of its endpoint keeps a request from running.
    private func hasPlace(_ number: Int) -> Bool {
        guard let limit = limit(of: number) else { return true }
        return inProgressByLimit[limit, default: 0] < configuration.endpointLimits[limit].concurrency
    }

    /// Which of the limits of endpoints holds for a request: the first that fits; nil when none does.
    private func limit(of number: Int) -> Int? {
        guard !configuration.endpointLimits.isEmpty, let request = requests[number] else { return nil }
        let name = "\(request.submission.endpoint)"
        return configuration.endpointLimits.firstIndex { $0.matches(name) }
    }

    /// Makes place for one more request, unless all of them are still going on.
    mutating func forgetOldest() {
        while requests.count >= configuration.requestsMax, let number = oldestFinished() {
            guard let request = requests.removeValue(forKey: number) else { return }
            let id = request.submission.id
            if numbers[id] == number { numbers[id] = nil }
        }
    }

    private mutating func oldestFinished() -> Int? {
        while oldestNumber < nextNumber, requests[oldestNumber] == nil { oldestNumber += 1 }
        return (oldestNumber..<nextNumber).first { requests[$0]?.isFinished == true }
    }
}

extension [Int] {
    /// Where a number stands in an ascending array, or would.
    func sortedIndex(of number: Int) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    fileprivate mutating func insertSorted(_ number: Int) {
        insert(number, at: sortedIndex(of: number))
    }

    fileprivate mutating func removeSorted(_ number: Int) {
        let index = sortedIndex(of: number)
        if index < count, self[index] == number { remove(at: index) }
    }
}
