import Glibc
import TestSupport
import Testing

/// `falconer listen --exec` while everything around the commands is killed.
@Suite(.blocking) struct ExecCrashTests {
    /// When something is killed, as seen from the command for the third event.
    enum Step: String, CaseIterable {
        /// Before the command has done anything; the second event is acknowledged.
        case begun
        /// Half way.
        case during
        /// After all is done, before anybody knows.
        case succeeded
    }

    /// A script that kills something once, in the middle of the third of five events.
    private func script(_ harness: ExecHarness, killing process: String, at step: Step) throws -> String {
        try harness.script(
            """
            at() { [ $FALCONER_ID = 3 ] && [ $1 = \(step.rawValue) ] && mkdir $dir/killed 2>/dev/null && kill -9 \(process); }
            at begun && exit 1
            at during && { sleep 0.05; exit 1; }
            echo $FALCONER_ID >> $dir/done
            at succeeded
            exit 0
            """
        )
    }

    @Test(arguments: Step.allCases) func killedItselfAtAnyStepItGoesOnWithTheSameEvent(step: Step) async throws {
        let harness = try await ExecHarness(events: 5)
        let script = try script(harness, killing: "$PPID", at: step)
        let first = try harness.listen(["--exec", script])
        #expect(first.waitForExit() == .signal(SIGKILL), "\(first.text(.standardError))")
        let second = try harness.listen(["--count", "3", "--exec", script])
        #expect(second.waitForExit() == .code(0), "\(second.text(.standardError))")
        // What was acknowledged does not run again; what had succeeded without anybody knowing does.
        let again = step == .succeeded ? ["3", "3"] : ["3"]
        #expect(harness.lines("done") == ["1", "2"] + again + ["4", "5"])
        #expect(try harness.consumer()["cursor"]?.string == "5")
        #expect(try harness.parked().isEmpty)
    }

    @Test(arguments: Step.allCases) func theServiceKilledAtAnyStepNoCommandThatSucceededRunsAgain(
        step: Step
    ) async throws {
        let harness = try await ExecHarness(events: 5)
        let script = try script(harness, killing: "\(harness.service.process.processID)", at: step)
        let listen = try harness.listen(["--count", "5", "--exec", script])
        #expect(harness.service.process.waitForExit() == .signal(SIGKILL))
        try await harness.restart()
        #expect(listen.waitForExit() == .code(0), "\(listen.text(.standardError))")
        #expect(harness.lines("done").sorted() == ["1", "2", "3", "4", "5"])
        #expect(try harness.consumer()["cursor"]?.string == "5")
    }

    @Test func aThousandEventsWithACommandThatFailsAFifthOfTheTimeWhileEverythingIsKilled() async throws {
        let start = ContinuousClock.now
        let count = 1_000
        let harness = try await ExecHarness(events: count)
        try "".write(toFile: harness.path("broken"))
        try "".write(toFile: harness.path("gate4"))
        // A fifth of all runs fail by the event's id and the delivery's number; three events as long as "broken" is there.
        // Each quarter of the events waits for its gate, so that what is killed is killed in the middle of its work.
        let script = try harness.script(
            """
            echo x >> $dir/runs
            gate=$((FALCONER_ID / 250))
            while [ $gate != 0 ] && [ ! -e $dir/gate$gate ]; do echo x >> $dir/waits$gate; sleep 0.05; done
            [ -e $dir/broken ] && [ $((FALCONER_ID % 400)) = 7 ] && { echo "no codec for $FALCONER_ID" >&2; exit 3; }
            [ $(( (FALCONER_ID + FALCONER_DELIVERY) % 5 )) = 0 ] && exit 1
            echo $FALCONER_ID >> $dir/done
            """
        )
        let arguments = ["--max-deliveries", "8", "--concurrency", "8", "--exec", script]
        func waits(_ gate: Int) async -> Bool {
            await eventually { !harness.lines("waits\(gate)").isEmpty }
        }
        var listen = try harness.listen(arguments)
        #expect(await waits(1), "\(listen.text(.standardError).suffix(2_000))")
        try await harness.killService()
        try "".write(toFile: harness.path("gate1"))
        #expect(await waits(2), "\(listen.text(.standardError).suffix(2_000))")
        listen.signal(SIGKILL)
        // The commands that it leaves behind have its output open until they may go on.
        try "".write(toFile: harness.path("gate2"))
        #expect(listen.waitForExit() == .signal(SIGKILL))
        listen = try harness.listen(arguments)
        #expect(await waits(3), "\(listen.text(.standardError).suffix(2_000))")
        try await harness.killService()
        try "".write(toFile: harness.path("gate3"))

        let broken = ["7", "407", "807"]
        let good = Set((1...count).map { "\($0)" }).subtracting(broken)
        let isDone = await eventually { Set(harness.lines("done")) == good }
        #expect(isDone, "\(listen.text(.standardError).suffix(2_000))")
        let areParked = try await eventually { try harness.parked().count == 3 }
        #expect(areParked, "\(listen.text(.standardError).suffix(2_000))")
        let parked = try harness.parked()
        #expect(parked.contains { $0["reason"]?.string?.contains("no codec") == true })
        #expect(parked.compactMap { $0["id"]?.string }.sorted() == ["407", "7", "807"])
        for event in parked {
            let id = event["id"]?.string ?? ""
            // The answer to the last delivery may be what a kill cut off.
            let reasons = [
                "refused in 8 deliveries: exit code 3: no codec for \(id)", "not acknowledged in 8 deliveries",
            ]
            #expect(reasons.contains(event["reason"]?.string ?? ""))
        }
        // Once the cause is gone, they are tried again.
        unlink(harness.path("broken"))
        let retry = try Program.run(["consumers", "parked", "retry", "e", "--all", "--socket", harness.service.socket])
        #expect(retry.exit == .code(0))
        let all = good.union(broken)
        #expect(await eventually { Set(harness.lines("done")) == all })
        #expect(try await eventually { try harness.consumer()["cursor"]?.string == "\(count)" })
        listen.signal(SIGTERM)
        #expect(listen.waitForExit() == .code(0), "\(listen.text(.standardError).suffix(2_000))")
        #expect(try harness.parked().isEmpty)
        let runs = harness.lines("runs").count
        let again = harness.lines("done").count - count
        print(
            "exec: \(count) events, \(runs) runs, each event succeeded at least once, \(again) once more, in "
                + "\(start.duration(to: .now)); parked meanwhile: \(parked.compactMap { $0["reason"]?.string })"
        )
    }
}
