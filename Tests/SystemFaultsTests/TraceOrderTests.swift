import Testing

@testable import falconer_faults

/// What a trace shows of the order of syncs and answers.
@Suite struct TraceOrderTests {
    private static let segment = "/j/00000000000000000001.jsonl"
    private static let made = [
        "10 fsync(7<\(segment)>) = 0",
        "10 fsync(8</j>) = 0",
    ]
    private static func write(_ id: Int) -> String {
        #"11 pwrite64(7<\#(segment)>, "{\"specversion\":\"1.0\",\"id\":\"\#(id)\",\"sour"..., 900, 0) = 900"#
    }
    private static func answer(_ id: Int) -> String {
        #"12 sendmsg(9<socket:[1]>, {msg_iov=[{iov_base="HTTP/1.1 200 OK\r\n\r\n"}, {iov_base="{\"status\":\"stored\",\"id\":\"\#(id)\"}"}]}, 0) = 99"#
    }
    private static let sync = "11 fdatasync(7<\(segment)>) = 0"

    private func order(_ lines: [String]) -> TraceOrder {
        var order = TraceOrder(journal: "/j")
        for line in lines { order.take(line[...]) }
        return order
    }

    @Test func anAnswerAfterTheSyncOfItsWriteIsInOrder() {
        let order = order(
            Self.made + [
                Self.write(1), Self.sync, Self.answer(1), Self.answer(3), Self.write(5), Self.sync, Self.answer(5),
            ]
        )
        #expect(order.violations == [])
        #expect(order.answers == 3)
    }

    @Test func anAnswerBeforeTheSyncIsSeen() {
        #expect(order(Self.made + [Self.write(1), Self.answer(1), Self.sync]).violations.count == 1)
    }

    @Test func anAnswerWhileTheSyncIsUnderWayIsSeen() {
        let lines = [
            Self.write(1), "11 fdatasync(7<\(Self.segment)> <unfinished ...>", Self.answer(1),
            "11 <... fdatasync resumed>) = 0", Self.answer(1),
        ]
        let order = order(Self.made + lines)
        #expect(order.violations.count == 1)
        #expect(order.answers == 2)
    }

    @Test func aSyncThatFailedIsNone() {
        let failed = "11 fdatasync(7<\(Self.segment)>) = -1 EIO (Input/output error) (INJECTED)"
        #expect(order(Self.made + [Self.write(1), failed, Self.answer(1)]).violations.count == 1)
    }

    @Test func aSyncCoversOnlyWhatWasWrittenBeforeItBegan() {
        let lines = [
            Self.write(1), "11 fdatasync(7<\(Self.segment)> <unfinished ...>",
            Self.write(2).replacing11With13, "11 <... fdatasync resumed>) = 0", Self.answer(1), Self.answer(2),
        ]
        #expect(order(Self.made + lines).violations.count == 1)
    }

    @Test(arguments: [0, 1]) func aSegmentThatIsNotEnteredInASynchronizedDirectoryIsSeen(_ left: Int) {
        #expect(order([Self.made[left], Self.write(1), Self.sync, Self.answer(1)]).violations.count == 1)
    }
}

extension String {
    /// The same call by another thread.
    fileprivate var replacing11With13: String { "13" + dropFirst(2) }
}
