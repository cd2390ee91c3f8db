import EventStream
import Posix
import TestSupport
import Testing

@Suite struct AccessTests {
    private func list(_ text: String) throws -> AccessList {
        try AccessList(text, user: { $0 == "alice" ? 1_000 : nil }, group: { $0 == "video" ? 44 : nil })
    }

    private func peer(_ user: UInt32, _ group: UInt32 = 9, _ further: [UInt32] = []) -> PeerCredentials {
        PeerCredentials(processID: 1, userID: user, groupID: group, furtherGroups: further)
    }

    @Test func aListNamesUsersAndGroupsByNumberAndByName() throws {
        let list = try list("uid:7, gid:50,user:alice,group:video")
        #expect(list == AccessList(users: [7, 1_000], groups: [50, 44]))
        #expect(list.contains(peer(7)) && list.contains(peer(1_000)))
        #expect(list.contains(peer(8, 50)) && list.contains(peer(8, 9, [1, 44])))
        #expect(!list.contains(peer(8)) && !list.contains(peer(50, 7)))
    }

    @Test(arguments: ["", ",", "1000", "uid:", "uid:-1", "uid:4294967296", "uid:1 0x", "user:", "any:1", "user:bob"])
    func whatIsNoListIsRefused(_ text: String) {
        #expect(throws: AccessList.Problem.self) { try list(text) }
    }

    @Test func aListHasALimit() throws {
        let most = (1...AccessList.entriesMax).map { "uid:\($0)" }.joined(separator: ",")
        #expect(try list(most).users.count == AccessList.entriesMax)
        #expect(throws: AccessList.Problem.count(AccessList.entriesMax + 1)) { try list(most + ",uid:0") }
    }

    @Test func aRightWithoutAListIsEverybodysAndRootAndTheServiceItselfAreNeverLockedOut() {
        let access = StreamAccess(lists: [.submit: AccessList(users: [5])], owner: 6)
        #expect(access.allows(.subscribe, to: peer(7)))
        #expect(!access.allows(.submit, to: peer(7)))
        for user: UInt32 in [0, 5, 6] { #expect(access.allows(.submit, to: peer(user))) }
    }

    @Test func theNamesOfThisMachineAreKnown() {
        #expect(AccountNames.user(named: "root") == 0)
        #expect(AccountNames.group(named: "root") == 0)
        #expect(AccountNames.user(named: "nobody-of-that-name") == nil)
        #expect(AccountNames.group(named: "nobody-of-that-name") == nil)
    }
}
