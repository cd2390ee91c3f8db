import FoundationEssentials
import Posix
import SystemPackage
import TestSupport
import Testing
import Threading

@testable import Falconer

/// A URL that an outcome may hold and that must not do what it wants, and what becomes of it.
struct HostileURL: Sendable, CustomTestStringConvertible {
    /// What is tried; `PORT` stands for the port of the server.
    let url: String
    let attempt: String
    let code: DownloadFailure.Code
    /// What the name server answers.
    var addresses = ["127.0.0.1"]
    /// The length that the result says.
    var bytes: Int?
    /// What the server does, if it is reached.
    var answer: (@Sendable (PeerConnection) -> Void)?

    var testDescription: String { attempt }

    init(
        _ attempt: String,
        _ url: String,
        _ code: DownloadFailure.Code,
        addresses: [String] = ["127.0.0.1"],
        bytes: Int? = nil,
        answer: (@Sendable (PeerConnection) -> Void)? = nil
    ) {
        self.attempt = attempt
        self.url = url
        self.code = code
        self.addresses = addresses
        self.bytes = bytes
        self.answer = answer
    }

    /// An answer that is this head and this body.
    static func answer(_ status: String, _ head: [String], _ body: String = "") -> @Sendable (PeerConnection) -> Void {
        { $0.write("HTTP/1.1 \(status)\r\n\(head.map { "\($0)\r\n" }.joined())\r\n\(body)") }
    }

    static let media = "http://media.test:PORT/v.mp4"
    static let fal = "https://v3.fal.media/files/v.mp4"

    static let all: [HostileURL] = [
        HostileURL("a file of this machine", "file:///etc/passwd", .badURL),
        HostileURL("another protocol", "ftp://v3.fal.media/v.mp4", .badURL),
        HostileURL("a user's name in front", "https://v3.fal.media@evil.example/", .badURL),
        HostileURL("plain http", "http://v3.fal.media/v.mp4", .notHTTPS),
        HostileURL("another port", "https://v3.fal.media:8443/v.mp4", .notHTTPS),
        HostileURL("another host", "https://evil.example/v.mp4", .hostNotAllowed),
        HostileURL("a host that begins like fal's", "https://v3.fal.media.evil.example/", .hostNotAllowed),
        HostileURL("a host that ends like fal's", "https://evilfal.media/", .hostNotAllowed),
        HostileURL("loopback by name", "https://localhost/v.mp4", .hostNotAllowed),
        HostileURL("loopback by address", "https://127.0.0.1/v.mp4", .hostNotAllowed),
        HostileURL("loopback by address, IPv6", "https://[::1]/v.mp4", .hostNotAllowed),
        HostileURL("loopback by DNS answer", fal, .privateAddress),
        HostileURL("loopback by DNS answer, IPv6", fal, .privateAddress, addresses: ["::1"]),
        HostileURL("loopback in IPv6 by DNS answer", fal, .privateAddress, addresses: ["::ffff:127.0.0.1"]),
        HostileURL("a cloud's metadata by DNS answer", fal, .privateAddress, addresses: ["169.254.169.254"]),
        HostileURL(
            "a private network behind a public address",
            fal,
            .privateAddress,
            addresses: ["1.1.1.1", "10.0.0.1"]
        ),
        HostileURL("a name without an address", fal, .network, addresses: []),
        HostileURL(
            "loopback by redirect",
            media,
            .redirect,
            answer: answer("302 Found", ["Location: http://127.0.0.1:22/", "Content-Length: 0"])
        ),
        HostileURL(
            "a file by redirect",
            media,
            .redirect,
            answer: answer("301 Moved", ["Location: file:///etc/passwd", "Content-Length: 4"], "moved")
        ),
        HostileURL(
            "a body that says it is too long",
            media,
            .tooLarge,
            answer: answer("200 OK", ["Content-Length: 65537"])
        ),
        HostileURL("an endless body", media, .tooLarge) { connection in
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<1_000 { connection.write("1000\r\n" + String(repeating: "x", count: 4_096) + "\r\n") }
        },
        HostileURL("an endless body that comes slowly", media, .timeout) { connection in
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
            connection.readUntilClosed()
        },
        HostileURL(
            "a body that is shorter than it says",
            media,
            .wrongLength,
            answer: answer("200 OK", ["Content-Length: 10"], "short")
        ),
        HostileURL(
            "another length than the result says",
            media,
            .wrongLength,
            bytes: 11,
            answer: answer("200 OK", ["Content-Length: 5"], "short")
        ),
        HostileURL(
            "another length than the result says, unannounced",
            media,
            .wrongLength,
            bytes: 11,
            answer: answer("200 OK", ["Connection: close"], "short")
        ),
        HostileURL(
            "a bomb",
            media,
            .badAnswer,
            answer: answer("200 OK", ["Content-Encoding: gzip", "Content-Length: 5"], "short")
        ),
        HostileURL("a file that has expired", media, .gone, answer: answer("404 Not Found", ["Content-Length: 0"])),
    ]
}

@Suite struct HostileURLTests {
    /// The longest file that these tests take, bytes.
    private static let bytesMax = 65_536

    private static func address(_ text: String) throws(NameResolutionError) -> InternetAddress {
        guard let address = try InternetAddress.resolve(text, port: 0).first else {
            throw NameResolutionError(host: text, reason: "none")
        }
        return address
    }

    @Test(arguments: HostileURL.all)
    func eachIsRefusedOrCappedWithItsReason(hostile: HostileURL) throws {
        let directory = TemporaryDirectory()
        let peer = LoopbackPeer { connection, _ in
            guard connection.readRequest() != nil else { return }
            hostile.answer?(connection)
        }
        defer { peer.stop() }
        let media = directory.file("media").string
        var configuration = DownloadConfiguration(
            directory: media,
            template: try PathTemplate(PathTemplate.standard)
        )
        configuration.bytesMax = Self.bytesMax
        configuration.attemptTime = .seconds(1)
        configuration.hosts.allowed = [try MediaHosts.Allowed("media.test")]
        let questions = Monitor(0)
        let fetch = try MediaFetch(configuration, source: "s") {
            [addresses = hostile.addresses] host, port throws(NameResolutionError) in
            questions.withLock { $0 += 1 }
            guard !addresses.isEmpty else { throw NameResolutionError(host: host, reason: "Name or service not known") }
            var found: [InternetAddress] = []
            for text in addresses { found.append(InternetAddress(ip: try Self.address(text).ip, port: port)) }
            return found
        }
        let job = DownloadList.Job(
            outcome: 1,
            index: 0,
            file: MediaFile(url: hostile.url.replacing("PORT", with: "\(peer.port)"), bytes: hostile.bytes),
            directory: media,
            path: "s/v.mp4",
            origin: DownloadList.Origin(requestID: "r")
        )
        let failure = try #require(throws: DownloadFailure.self) { try fetch.run(job) }
        print("| \(hostile.attempt) | \(hostile.url) | \(failure.code.rawValue) | \(failure.message) |")
        #expect(failure.code == hostile.code, "\(failure)")
        #expect(!FileManager.default.fileExists(atPath: directory.file("media/s/v.mp4").string))
        // What is refused for good, or for what it is, leaves nothing behind.
        if failure.code == .tooLarge || failure.code == .redirect {
            #expect(try FileManager.default.contentsOfDirectory(atPath: media) == [])
        }
        // Nor does anything, once it is given up.
        fetch.discard(job)
        #expect((try? FileManager.default.contentsOfDirectory(atPath: media)) ?? [] == [])
        // Looked up once, so that what was checked is what is connected to; and nothing else was asked for.
        #expect(questions.withLock { $0 } <= 1)
        #expect(peer.requests.count == (hostile.answer == nil ? 0 : 1))
    }

    @Test(arguments: [HostileURLTests.bytesMax, HostileURLTests.bytesMax + 1], [true, false])
    func aFileOfTheLargestSizeIsTakenAndALargerOneIsNot(count: Int, isAnnounced: Bool) throws {
        let directory = TemporaryDirectory()
        let peer = LoopbackPeer { connection, _ in
            guard connection.readRequest() != nil else { return }
            let length = isAnnounced ? "Content-Length: \(count)\r\n" : ""
            connection.write(
                "HTTP/1.1 200 OK\r\nConnection: close\r\n\(length)\r\n" + String(repeating: "x", count: count)
            )
        }
        defer { peer.stop() }
        let media = directory.path.string
        var configuration = DownloadConfiguration(
            directory: media,
            template: try PathTemplate(PathTemplate.standard)
        )
        configuration.bytesMax = Self.bytesMax
        configuration.hosts.allowed = [try MediaHosts.Allowed("127.0.0.1:\(peer.port)")]
        let fetch = try MediaFetch(configuration, source: "s") { host, port throws(NameResolutionError) in
            try InternetAddress.resolve(host, port: port)
        }
        let job = DownloadList.Job(
            outcome: 1,
            index: 0,
            file: MediaFile(url: peer.url("/v.mp4")),
            directory: media,
            path: "v.mp4",
            origin: DownloadList.Origin(requestID: "r")
        )
        do {
            #expect(try fetch.run(job).bytes == Self.bytesMax)
            #expect(count == Self.bytesMax)
        } catch {
            #expect(error.code == .tooLarge)
            #expect(count > Self.bytesMax)
        }
    }
}
