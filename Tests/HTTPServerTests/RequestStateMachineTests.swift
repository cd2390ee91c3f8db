import Testing

@testable import HTTPServer

@Suite struct RequestStateMachineTests {
    private enum Event: CaseIterable {
        case headReceive, headAnswer, headAnswerBody, body, bigBody, hugeBody, proceeded, answered, suspended, completed
    }

    private func apply(_ event: Event, to machine: inout RequestStateMachine) -> RequestStateMachine.Action? {
        switch event {
        case .headReceive: return machine.headArrived(.receive(bodyBytesMax: 10))
        case .headAnswer: return machine.headArrived(.answer(hasBody: false))
        case .headAnswerBody: return machine.headArrived(.answer(hasBody: true))
        case .body: return machine.bodyArrived(byteCount: 10)
        case .bigBody: return machine.bodyArrived(byteCount: 11)
        case .hugeBody: return machine.bodyArrived(byteCount: RequestStateMachine.swallowedBytesMax + 1)
        case .proceeded: return machine.proceeded()
        case .answered: return machine.handlerAnswered()
        case .suspended: return machine.handlerSuspended()
        case .completed:
            machine.completed()
            return nil
        }
    }

    private func actions(_ events: [Event]) -> [RequestStateMachine.Action?] {
        var machine = RequestStateMachine()
        return events.map { apply($0, to: &machine) }
    }

    @Test func givesTheWholeRequestToTheHandlerAndQueuesItsAnswer() {
        #expect(
            actions([.headReceive, .body, .proceeded, .answered, .completed])
                == [.proceed, .append, .callHandler, .queueOutcome, nil]
        )
        #expect(actions([.headReceive, .proceeded, .answered]) == [.proceed, .callHandler, .queueOutcome])
    }

    @Test func queuesTheAnswerOfASuspendedRequestWhenItGoesOn() {
        #expect(
            actions([.headReceive, .proceeded, .suspended, .proceeded, .completed])
                == [.proceed, .callHandler, .proceed, .queueOutcome, nil]
        )
    }

    @Test func answersAtTheHeadOnlyWhereABodyWouldCome() {
        #expect(actions([.headAnswerBody, .completed]) == [.queueDecided, nil])
        #expect(actions([.headAnswer, .proceeded, .completed]) == [.proceed, .queueDecided, nil])
    }

    @Test func swallowsABodyOverTheLimitThatFarAndNoFurther() {
        #expect(actions([.headReceive, .bigBody, .proceeded]) == [.proceed, .discardAll, .queueNotKept])
        #expect(actions([.headReceive, .body, .body]) == [.proceed, .append, .discardAll])
        #expect(
            actions([.headReceive, .bigBody, .body, .hugeBody]) == [.proceed, .discardAll, .discard, .cutOverLimit]
        )
        var machine = RequestStateMachine()
        _ = machine.headArrived(.receive(bodyBytesMax: 0))
        #expect(machine.bodyArrived(byteCount: 1) == .discardAll)
        #expect(machine.bodyArrived(byteCount: RequestStateMachine.swallowedBytesMax) == .discard)
        #expect(machine.bodyArrived(byteCount: 1) == .cutOverLimit)
    }

    /// Every sequence of up to five events: an answer is queued at most once, the handler called at most once, and
    /// nothing happens any more once the connection was to be cut.
    @Test func keepsItsPromisesInEverySequence() {
        var sequences = 0
        func explore(_ machine: RequestStateMachine, _ past: [RequestStateMachine.Action], depth: Int) {
            sequences += 1
            let isCut = past.last.map { $0 == .cut || $0 == .cutOverLimit } ?? false
            for event in Event.allCases where depth > 0 {
                var machine = machine
                guard let action = apply(event, to: &machine) else { continue }
                let all = past + [action]
                let queued = all.filter { $0 == .queueDecided || $0 == .queueNotKept || $0 == .queueOutcome }.count
                let handled = all.filter { $0 == .callHandler }.count
                let isBroken = queued > 1 || handled > 1 || (isCut && action != .cut)
                if isBroken { Issue.record("after \(past): \(event) gives \(action)") }
                explore(machine, all, depth: depth - 1)
            }
        }
        explore(RequestStateMachine(), [], depth: 5)
        #expect(sequences > 50_000)
    }
}
