import Glibc
import HTTPServer
import Posix
import TestSupport
import Testing

@Suite struct ServerDescriptorTests {
    @Test func closesConnectionsWhenNoDescriptorIsLeftAndRecovers() async {
        await #expect(processExitsWith: .success) {
            let status = try withServer(.echo, threads: 1) { server in
                var clients = try (0..<4).map { _ in try server.connect() }
                guard holds({ server.statistics.connectionsOpen == 4 }) else { return 10 }
                // The clients live in this process too: they take their descriptors before the limit falls, and connect
                // only then.
                let sockets = (0..<6).map { _ in socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
                guard let highest = sockets.max() else { return 11 }
                var limit = rlimit(rlim_cur: rlim_t(highest + 1), rlim_max: 4096)
                setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
                // Numbers below the limit may be free: what this process inherited has gaps.
                while dup(highest) >= 0 {}
                var patience = timeval(tv_sec: 5, tv_usec: 0)
                for number in sockets {
                    let connected = server.boundAddresses[0].withSocketAddress { connect(number, $0, $1) }
                    guard connected == 0 else { return 12 }
                    setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
                    var byte: UInt8 = 0
                    // Closed by the server at once, without a byte.
                    guard recv(number, &byte, 1, 0) <= 0 else { return 13 }
                }
                guard holds({ server.statistics.refusedWithoutDescriptor == 6 }) else { return 14 }
                // An open connection is served all the while.
                clients[0].send("GET /still HTTP/1.1\r\nHost: x\r\n\r\n")
                var reader = RawResponseReader(clients[0])
                guard try reader.next().text == "GET /still " else { return 15 }
                clients.removeLast(3)
                sockets.forEach { close($0) }
                guard holds({ server.statistics.connectionsOpen == 1 }) else { return 16 }
                return try server.answer(to: "GET / HTTP/1.1\r\nHost: x\r\n\r\n").status == 200 ? 0 : 17
            }
            exit(Int32(status))
        }
    }
}
