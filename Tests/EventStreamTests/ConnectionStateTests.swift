import Testing

@testable import EventStream

@Suite struct ConnectionStateTests {
    private typealias Action = ConnectionState.Action
    private let begin = ContinuousClock.now

    private func makeState(_ change: (inout EventStreamLimits) -> Void = { _ in }) -> ConnectionState {
        var limits = EventStreamLimits()
        change(&limits)
        return ConnectionState(limits: limits, operations: ["status"], now: begin)
    }

    private let subscribe = data(#"{"op":"subscribe"}"#)
    private let command = data(#"{"op":"status","ref":1}"#)
    private let everything = Action.subscribe(SubscriptionRequest())

    @Test func silenceSubscribesAfterASecondAndNotBefore() {
        var state = makeState()
        #expect(state.deadline == begin + .seconds(1))
        #expect(state.timePassed(now: begin + .milliseconds(999)) == nil)
        #expect(state.timePassed(now: begin + .seconds(1)) == everything)
        #expect(state.timePassed(now: begin + .seconds(100)) == nil && state.deadline == nil)
    }

    @Test func aLineThatIsBegunCountsAsSayingSomethingAndHasADeadline() {
        var state = makeState()
        state.holdsPartOfALine(true, now: begin)
        #expect(state.timePassed(now: begin + .seconds(29)) == nil)
        // More of the same line does not put the deadline off.
        state.holdsPartOfALine(true, now: begin + .seconds(29))
        guard case .refuseAndClose(let refusal) = state.timePassed(now: begin + .seconds(30)) else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.code == .lineTimeout && state.isClosing)
    }

    @Test func onlyAnEmptyFirstLineSubscribes() {
        var state = makeState()
        #expect(state.received([]) == everything)
        var other = makeState()
        #expect(other.received(command) == .command(op: "status", reference: [UInt8(ascii: "1")]))
        #expect(other.received([]) == nil && !other.isSubscribed)
        #expect(other.timePassed(now: begin + .seconds(9)) == nil)
        #expect(other.received(subscribe) == everything)
    }

    @Test func commandsAreTakenUpToTheLimit() {
        var state = makeState { $0.pendingCommandsMax = 2 }
        _ = state.received(command)
        #expect(state.wantsLine)
        _ = state.received(command)
        #expect(!state.wantsLine)
        #expect(state.commandsEnded(1) == nil && state.wantsLine)
    }

    @Test func theConnectionClosesWhenNothingMoreIsOwed() {
        var state = makeState()
        _ = state.received(command)
        _ = state.received(subscribe)
        #expect(state.inputEnded() == nil)
        #expect(state.subscriptionEnded() == nil)
        #expect(state.commandsEnded(1) == .close)
        #expect(state.received(command) == nil)
    }

    @Test func aRefusedSubscriptionCanBeAskedForAgain() {
        var state = makeState()
        _ = state.received(subscribe)
        #expect(state.subscriptionEnded(wasRefused: true) == nil)
        #expect(state.received(subscribe) == everything)
        #expect(state.inputEnded() == nil)
        #expect(state.subscriptionEnded(wasRefused: true) == .close)
    }

    @Test func anySequenceEndsInAtMostOneSubscriptionAtATimeAndOneClose() {
        for seed in UInt64(1)...300 {
            var generator = SplitMix(state: seed)
            var state = makeState { $0.pendingCommandsMax = 3 }
            var now = begin
            var (pending, closes, active) = (0, 0, false)
            for _ in 0..<60 {
                now += .milliseconds(Int64.random(in: 0...700, using: &generator))
                let action: Action? =
                    switch Int.random(in: 0...7, using: &generator) {
                    case 0 where state.wantsLine: state.received(subscribe)
                    case 1 where state.wantsLine: state.received(command)
                    case 2 where state.wantsLine: state.received(data("nonsense"))
                    case 3 where state.wantsLine: state.received([])
                    case 4 where pending > 0:
                        { () -> Action? in
                            pending -= 1
                            return state.commandsEnded(1)
                        }()
                    case 5 where active:
                        { () -> Action? in
                            active = false
                            return state.subscriptionEnded(wasRefused: Bool.random(using: &generator))
                        }()
                    case 6: state.timePassed(now: now)
                    case 7 where Int.random(in: 0...9, using: &generator) == 0: state.inputEnded()
                    default: nil
                    }
                switch action {
                case .subscribe:
                    #expect(!active, "seed \(seed)")
                    active = true
                case .command:
                    pending += 1
                    #expect(pending <= 3, "seed \(seed)")
                case .close, .refuseAndClose:
                    closes += 1
                    #expect(!active && pending == 0, "seed \(seed)")
                case .refuse, .consumer, nil: break
                }
                #expect(state.isSubscribed == active && state.pendingCommands == pending, "seed \(seed)")
            }
            #expect(closes <= 1, "seed \(seed)")
        }
    }
}

/// Random numbers that are the same for the same seed (https://prng.di.unimi.it/splitmix64.c).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
