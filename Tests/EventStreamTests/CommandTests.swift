import EventStream
import Glibc
import Posix
import TestSupport
import Testing
import Threading

@Suite struct CommandTests {
    @Test func aCommandIsAnsweredWithItsReference() throws {
        let server = try TestServer()
        let client = try server.connect()
        let line = #"{"op":"echo","ref":"a\"1","x":1}"#
        try client.say(line)
        #expect(try client.line() == #"{"frame":"reply","op":"echo","ref":"a\"1","bytes":\#(line.utf8.count)}"#)
        try client.say(#"{"ref":7,"op":"echo"}"#)
        #expect(try client.line() == #"{"frame":"reply","op":"echo","ref":7,"bytes":21}"#)
        let peer = server.commands.peers.withLock { $0.first }
        #expect(peer?.userID == getuid() && peer?.processID == getpid())
    }

    @Test func aReplyCanComeInPartsLaterAndFromAnyThread() async throws {
        let server = try TestServer()
        let client = try server.connect()
        for number in 1...20 { try client.say(#"{"op":"hold","ref":\#(number)}"#) }
        #expect(await eventually { server.commands.heldCount == 20 })
        let replies = server.commands.takeHeld()
        await withTaskGroup { group in
            for reply in replies {
                group.addTask {
                    for part in 1...50 { reply.send(data(#"{"part":\#(part)}"#)) }
                    reply.finish(data("{}"))
                }
            }
        }
        var parts = [Int](repeating: 0, count: 21)
        for line in try client.lines(20 * 51) {
            let number = try #require(
                (1...20).first { line.contains(#""ref":\#($0),"#) || line.contains(#""ref":\#($0)}"#) }
            )
            parts[number] += 1
            let expected =
                parts[number] <= 50
                ? #"{"frame":"reply","op":"hold","ref":\#(number),"more":true,"part":\#(parts[number])}"#
                : #"{"frame":"reply","op":"hold","ref":\#(number)}"#
            #expect(line == expected)
        }
        #expect(parts.dropFirst().allSatisfy { $0 == 51 })
    }

    @Test func commandsAndASubscriptionShareAConnection() async throws {
        let server = try TestServer(events: 2)
        let client = try server.connect()
        try client.say(#"{"op":"hold"}"#)
        try client.say(#"{"op":"subscribe","from":"first"}"#)
        #expect(try client.lines(3) == server.log.text(1...2) + [#"{"frame":"caught_up","id":"2"}"#])
        #expect(await eventually { server.commands.heldCount == 1 })
        server.commands.takeHeld().first?.finish(data(#"{"done":true}"#))
        #expect(try client.line() == #"{"frame":"reply","op":"hold","done":true}"#)
        server.append(1)
        #expect(try client.line() == server.log.text(3...3).first)
        try client.say(#"{"op":"subscribe"}"#)
        #expect(try client.line()?.contains(#""code":"already_subscribed""#) == true)
    }

    @Test func aClientThatGaveACommandIsNotSubscribedUnasked() throws {
        let server = try TestServer(events: 2) { $0.firstLineTime = .milliseconds(10) }
        let client = try server.connect()
        try client.say(#"{"op":"echo"}"#)
        try client.say("")
        _ = try client.line()
        client.client.endSending()
        #expect(try client.rest() == [])
    }

    @Test func repliesThatAreOwedAreSentAfterTheClientEndedItsWriting() async throws {
        let server = try TestServer()
        let client = try server.connect()
        try client.say(#"{"op":"hold"}"#)
        client.client.endSending()
        #expect(await eventually { server.commands.heldCount == 1 })
        server.commands.takeHeld().first?.fail(
            code: "invalid_input",
            message: "no",
            details: data(#"{"field":"prompt"}"#)
        )
        #expect(
            try client.rest() == [
                #"{"frame":"error","code":"invalid_input","op":"hold","message":"no","field":"prompt"}"#
            ]
        )
    }

    @Test func aForgottenReplyIsAnswered() throws {
        let server = try TestServer()
        let client = try server.connect()
        try client.say(#"{"op":"drop","ref":1}"#)
        #expect(try client.line()?.hasPrefix(#"{"frame":"error","code":"no_answer","op":"drop","ref":1,"#) == true)
    }

    @Test func aReplyKnowsThatItsClientIsGone() async throws {
        let server = try TestServer()
        do {
            let client = try server.connect()
            try client.say(#"{"op":"hold"}"#)
            #expect(await eventually { server.commands.heldCount == 1 })
        }
        let reply = try #require(server.commands.takeHeld().first)
        #expect(await eventually { !reply.isOpen })
        #expect(!reply.finish(data("{}")))
        #expect(await eventually { server.server.connections == 0 })
    }

    @Test func aReplyEndsOnceAndStaysOneLine() async throws {
        let server = try TestServer()
        let client = try server.connect()
        try client.say(#"{"op":"hold"}"#)
        #expect(await eventually { server.commands.heldCount == 1 })
        let reply = try #require(server.commands.takeHeld().first)
        #expect(reply.finish(data("{\r\n  \"a\": [\n1]\n}\n")))
        #expect(!reply.finish(data("{}")) && !reply.send(data("{}")) && !reply.fail(code: "x", message: "y"))
        #expect(try client.line() == #"{"frame":"reply","op":"hold",    "a": [ 1] }"#)
        try client.say(#"{"op":"echo"}"#)
        #expect(try client.line()?.contains("echo") == true)
    }

    @Test func commandsBeyondTheLimitWaitAndAreNotLost() async throws {
        let server = try TestServer { $0.pendingCommandsMax = 4 }
        let client = try server.connect()
        for number in 1...10 { try client.say(#"{"op":"hold","ref":\#(number)}"#) }
        #expect(await eventually { server.commands.heldCount == 4 })
        try client.say(#"{"op":"echo","ref":11}"#)
        var references: [String] = []
        while references.count < 11 {
            #expect(await eventually { server.commands.heldCount > 0 })
            let replies = server.commands.takeHeld()
            #expect(replies.count <= 4)
            for reply in replies { reply.finish(data("{}")) }
            let due = references.count + replies.count == 10 ? replies.count + 1 : replies.count
            for line in try client.lines(due) {
                references.append(
                    try #require(line.split(separator: "\"ref\":").last.map { String($0.prefix { $0.isNumber }) })
                )
            }
        }
        #expect(Set(references) == Set((1...11).map(String.init)))
        #expect(references.filter { $0 != "11" } == (1...10).map(String.init))
    }

    @Test func aClientThatTakesNoRepliesIsCutOff() async throws {
        let server = try TestServer {
            $0.replyBytesMax = 100_000
            $0.bufferBytesMax = 50_000
        }
        let client = try RawClient(path: server.path)
        client.send("{\"op\":\"hold\"}\n")
        #expect(await eventually { server.commands.heldCount == 1 })
        let reply = try #require(server.commands.takeHeld().first)
        let part = data(#"{"p":"\#(String(repeating: "x", count: 10_000))"}"#)
        var sent = 0
        while reply.send(part), sent < 1000 { sent += 1 }
        #expect(sent < 100)
        let text = client.text()
        #expect(text.contains("output_overflow"))
    }

    @Test(arguments: [
        ("x", "bad_json"), ("[]", "bad_json"), ("{}", "bad_json"), (#"{"op":1}"#, "bad_json"),
        ("{\"op\":\"echo\"", "bad_json"),
        ("\u{0}", "bad_json"), (#"{"op":"nonsense"}"#, "unknown_op"), (#"{"op":"ack","id":"1"}"#, "no_consumer"),
        (#"{"op":"subscribe","consumer":""}"#, "bad_option"), (#"{"op":"subscribe","form":"first"}"#, "bad_option"),
        (#"{"op":"subscribe","after":41}"#, "bad_option"), (#"{"op":"subscribe","after":"041"}"#, "bad_option"),
        (#"{"op":"subscribe","after":"9007199254740992"}"#, "bad_option"),
        (#"{"op":"subscribe","after":"1","from":"first"}"#, "bad_option"),
        (#"{"op":"subscribe","from":"yesterday"}"#, "bad_option"), (#"{"op":"subscribe","types":"a"}"#, "bad_option"),
        (#"{"op":"subscribe","types":[]}"#, "bad_option"), (#"{"op":"subscribe","types":[1]}"#, "bad_option"),
        (#"{"op":"subscribe","status":"ok"}"#, "bad_option"), (#"{"op":"subscribe","count":0}"#, "bad_option"),
        (#"{"op":"subscribe","until":"later"}"#, "bad_option"), (#"{"op":"subscribe","op":"subscribe"}"#, "bad_option"),
        (#"{"op":"subscribe","after":"6"}"#, "cursor_ahead"),
        (#"{"op":"subscribe","source":"urn:uuid:x"}"#, "other_journal"),
        (#"{"op":"echo","ref":{}}"#, "bad_option"),
    ])
    func aLineThatCannotBeCarriedOutIsAnsweredAndTheConnectionGoesOn(_ line: String, _ code: String) throws {
        let server = try TestServer(events: 5)
        let client = try server.connect()
        try client.say(line)
        let answer = try client.line() ?? ""
        #expect(answer.hasPrefix(#"{"frame":"error","code":"\#(code)","#), "\(answer)")
        if code == "cursor_ahead" || code == "other_journal" {
            #expect(answer.contains(#""source":"\#(server.log.source)","first":"1","last":"5""#))
        }
        try client.say(#"{"op":"subscribe","from":"first","until":"now"}"#)
        #expect(try client.rest().count == 6)
    }
}
