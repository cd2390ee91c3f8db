import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// `falconer listen --exec`: what a command gets, and what becomes of its end.
@Suite(.blocking) struct ExecTests {
    @Test func theCommandHasTheEventOnItsInputAndItsAttributesAsArgumentsAndInItsEnvironment() async throws {
        let harness = try await ExecHarness(events: 1)
        let script = try harness.script("echo \"$@\"; echo \"$FALCONER_ID $FALCONER_REQUEST_ID $FALCONER_TAG.\"; cat")
        let listen = try harness.listen(
            ["--count", "1", "--exec", "\(script) '{request_id} of' {{x} {type}{tag} {delivery}"],
            environment: ["FALCONER_TAG": "inherited"]
        )
        #expect(listen.waitForExit() == .code(0), "\(listen.text(.standardError))")
        #expect(
            listen.lines == [
                "request-0 of {x} fal.request.succeeded 1", "1 request-0 .",
                try #require(try harness.service.journalLines.first),
            ]
        )
    }

    @Test func noShellSeesWhatAnEventHoldsUnlessItIsAskedFor() async throws {
        let harness = try await ExecHarness(events: 2)
        let plain = try harness.listen(["--count", "1", "--exec", "echo $FALCONER_ID;{id}"])
        #expect(plain.waitForExit() == .code(0))
        #expect(plain.lines == ["$FALCONER_ID;1"])
        let shell = try harness.listen(["--count", "1", "--shell", "--exec", "echo $FALCONER_ID; exit 0"])
        #expect(shell.waitForExit() == .code(0))
        #expect(shell.lines == ["2"])
    }

    @Test(arguments: [
        ("echo why >&2; exit 1", "refused in 2 deliveries: exit code 1: why"),
        ("exit 75", "refused in 2 deliveries: exit code 75"),
        ("kill -9 $$", "refused in 2 deliveries: ended by signal 9"),
        ("echo slow >&2; sleep 30", "refused in 2 deliveries: took longer than 0.5 seconds: slow"),
    ])
    func whatNeverSucceedsIsParkedWithTheReasonAndBlocksNothing(_ command: String, _ reason: String) async throws {
        let harness = try await ExecHarness(events: 3)
        let script = try harness.script(
            "[ $FALCONER_ID = 2 ] || { echo $FALCONER_ID >> $dir/done; exit 0; }; \(command)"
        )
        let listen = try harness.listen(["--max-deliveries", "2", "--exec-timeout", "0.5", "--exec", script])
        let isParked = try await eventually { try !harness.parked().isEmpty }
        #expect(isParked, "\(listen.text(.standardError))")
        let parked = try #require(try harness.parked().first)
        #expect(parked["id"]?.string == "2")
        #expect(parked["reason"]?.string == reason)
        #expect(await eventually { harness.lines("done") == ["1", "3"] })
        listen.signal(SIGTERM)
        #expect(listen.waitForExit() == .code(0))
    }

    @Test func aCommandThatTakesTooLongIsEndedWithEverythingItStarted() async throws {
        let harness = try await ExecHarness(events: 1)
        let script = try harness.script("sleep 60 & echo $! > $dir/child; wait")
        let listen = try harness.listen(["--max-deliveries", "1", "--exec-timeout", "0.3", "--exec", script])
        let isParked = try await eventually { try !harness.parked().isEmpty }
        #expect(isParked, "\(listen.text(.standardError))")
        let child = try #require(harness.lines("child").first.flatMap { Int32($0) })
        #expect(await eventually { kill(child, 0) == -1 })
    }

    @Test func aCommandThatTakesLongerThanTheServiceWaitsRunsOnce() async throws {
        let harness = try await ExecHarness(events: 1)
        let script = try harness.script("echo $FALCONER_DELIVERY >> $dir/runs; sleep 1.5")
        let listen = try harness.listen(["--ack-wait", "0.5", "--count", "1", "--exec", script])
        #expect(listen.waitForExit() == .code(0), "\(listen.text(.standardError))")
        #expect(harness.lines("runs") == ["1"])
        #expect(try harness.consumer()["cursor"]?.string == "1")
    }

    @Test func soManyCommandsRunAtOnceAndNoMore() async throws {
        let harness = try await ExecHarness(events: 9)
        // Each waits until three have begun since the last three ended.
        let script = try harness.script(
            """
            echo $FALCONER_ID >> $dir/begun
            while [ $(wc -l < $dir/begun) -lt $(( (FALCONER_ID + 2) / 3 * 3 )) ]; do sleep 0.02; done
            echo "$(wc -l < $dir/begun) $(wc -l < $dir/ended)" >> $dir/seen
            sleep 0.1; echo $FALCONER_ID >> $dir/ended
            """
        )
        try "".write(toFile: harness.path("ended"))
        let listen = try harness.listen(["--concurrency", "3", "--count", "9", "--exec", script])
        #expect(listen.waitForExit() == .code(0), "\(listen.text(.standardError))")
        let atOnce = harness.lines("seen").map { line in
            let counts = line.split(separator: " ").compactMap { Int($0) }
            return counts[0] - counts[1]
        }
        #expect(atOnce.count == 9)
        #expect(atOnce.max() == 3)
    }

    @Test func interruptedItWaitsForTheCommandThatRunsAndAcknowledgesIt() async throws {
        let harness = try await ExecHarness(events: 2)
        let script = try harness.script(
            "echo $FALCONER_ID >> $dir/begun; while [ ! -e $dir/go ]; do sleep 0.02; done; echo $FALCONER_ID >> $dir/done"
        )
        let listen = try harness.listen(["--exec", script])
        #expect(await eventually { harness.lines("begun") == ["1"] })
        listen.signal(SIGINT)
        #expect(await eventually { listen.text(.standardError).contains("waiting for what is under way: 1") })
        try "".write(toFile: harness.path("go"))
        #expect(listen.waitForExit() == .code(130))
        #expect(harness.lines("done") == ["1"])
        #expect(harness.lines("begun") == ["1"])
        #expect(try harness.consumer()["cursor"]?.string == "1")
    }

    @Test func interruptedTwiceItKillsTheCommandAndTheEventComesAgain() async throws {
        let harness = try await ExecHarness(events: 1)
        let script = try harness.script(
            "[ $FALCONER_DELIVERY = 1 ] || exit 0; echo $$ > $dir/process; trap '' TERM INT; for i in $(seq 600); do sleep 0.1; done"
        )
        let listen = try harness.listen(["--exec", script])
        #expect(await eventually { !harness.lines("process").isEmpty })
        listen.signal(SIGINT)
        #expect(await eventually { listen.text(.standardError).contains("waiting for what is under way: 1") })
        listen.signal(SIGINT)
        #expect(listen.waitForExit() == .code(130))
        let process = try #require(harness.lines("process").first.flatMap { Int32($0) })
        #expect(await eventually { kill(process, 0) == -1 })
        let again = try harness.listen(["--count", "1", "--exec", script])
        #expect(again.waitForExit() == .code(0), "\(again.text(.standardError))")
    }

    @Test func aCommandThatCannotBeRunEndsItAndLosesNothing() async throws {
        let harness = try await ExecHarness(events: 1)
        let listen = try harness.listen(["--exec", "/nonexistent/encode {id}"])
        #expect(listen.waitForExit() == .code(64))
        #expect(listen.text(.standardError).contains("/nonexistent/encode cannot be run"))
        let again = try harness.listen(["--count", "1", "--exec", "true"])
        #expect(again.waitForExit() == .code(0), "\(again.text(.standardError))")
    }

    @Test(arguments: [
        ["--exec", "true"], ["--exec", "true", "--consumer", "e", "--ack", "upto"], ["--consumer", "e", "--shell"],
        ["--consumer", "e", "--exec", "true {nothing}"], ["--consumer", "e", "--exec", "'true"],
        ["--consumer", "e", "--exec", " "], ["--consumer", "e", "--exec", "true", "--concurrency", "257"],
    ])
    func whatMakesNoSenseIsRefused(_ arguments: [String]) throws {
        #expect(try Program.run(["listen", "--socket", "/nonexistent/s"] + arguments).exit == .code(64))
    }
}
