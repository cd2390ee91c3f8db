import Logging
import Posix
import SystemPackage
import TestSupport
import Testing
import Threading

@testable import Falconer

@Suite struct StorageCheckTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func check(_ kind: FileSystemKind, isAllowed: Bool = false) throws {
        var configuration = ServiceConfiguration(socketPath: "", dataDirectory: "/data")
        configuration.allowsNetworkFileSystem = isAllowed
        try checkStorage(kind, .absent, "/data", configuration, logger)
    }

    @Test func aFileSystemBehindANetworkIsRefusedUnlessItIsAllowed() throws {
        for name in ["NFS", "FUSE"] {
            let failure = #expect(throws: ServiceStartFailure.self) { try check(.foreign(name)) }
            #expect(failure?.part == .storage)
            #expect(failure?.description.contains(name) == true)
            #expect(failure?.advice?.contains("--allow-network-filesystem") == true)
            try check(.foreign(name), isAllowed: true)
        }
        try check(.local)
        try check(.memory("tmpfs"))
    }

    @Test func aFolderThatIsNotThereYetIsJudgedByWhereItWillBe() throws {
        let configuration = ServiceConfiguration(
            socketPath: "",
            dataDirectory: TemporaryDirectory().file("not").appending("there")
        )
        try checkStorage(configuration, logger)
    }

    @Test func whatDoesNotEndInTimeIsToldOnceAndWhatDoesIsNot() async {
        let told = Monitor(0)
        let late = StopWatch(atMost: .milliseconds(1)) { told.withLock { $0 += 1 } }
        #expect(await eventually { told.withLock { $0 } == 1 })
        late.end()
        let early = StopWatch(atMost: .seconds(3_600)) { told.withLock { $0 += 1 } }
        early.end()
        #expect(told.withLock { $0 } == 1)
    }
}
