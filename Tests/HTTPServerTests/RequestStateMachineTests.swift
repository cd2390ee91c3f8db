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
        #expect(actions([.headReceive, .bigBody, .proceeded]) == [.proceed, .discardAll, .queueTooLarge])
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

    /// Every sequence of six events: an answer is queued at most once, the handler called at most once and only for a
    /// request that is wholly there, and nothing happens any more once the connection was to be cut.
    @Test func keepsItsPromisesInEverySequence() {
        var sequences: [[Event]] = [[]]
        for _ in 0..<5 {
            sequences = sequences.flatMap { sequence in Event.allCases.map { sequence + [$0] } }
        }
        var broken: [[Event]] = []
        for sequence in sequences {
            let actions = actions(sequence).compactMap(\.self)
            let queued = actions.filter { [.queueDecided, .queueTooLarge, .queueOutcome].contains($0) }.count
            let handled = actions.filter { $0 == .callHandler }.count
            let end = actions.firstIndex { $0 == .cut || $0 == .cutOverLimit } ?? actions.endIndex
            let afterwards = actions[end...].allSatisfy { $0 == .cut || $0 == .cutOverLimit }
            if queued > 1 || handled > 1 || !afterwards { broken.append(sequence) }
        }
        #expect(broken.isEmpty)
    }
}
