import Crypto
import Testing

@Suite("The emulator's certificate")
struct SelfSignedCertificateTests {
    @Test("it holds its names, its addresses, its validity and no private key")
    func contents() throws {
        let made = try SelfSignedCertificate.make(
            names: ["localhost"],
            addresses: ["127.0.0.1", "::1"],
            now: 1_795_000_000,
            validSeconds: 86_400
        )
        #expect(made.privateKeyPEM.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
        #expect(made.privateKeyPEM.hasSuffix("-----END PRIVATE KEY-----\n"))
        let lines = made.certificatePEM.split(separator: "\n")
        #expect(lines.first == "-----BEGIN CERTIFICATE-----" && lines.last == "-----END CERTIFICATE-----")
        let der = try #require(Base64.decode(lines.dropFirst().dropLast().joined()))
        func holds(_ bytes: [UInt8]) -> Bool { der.contains(sequence: bytes) }
        // Context tags of a subject alternative name: 2 a DNS name, 7 an address (RFC 5280 §4.2.1.6).
        #expect(holds([0x82, 9] + Array("localhost".utf8)))
        #expect(holds([0x87, 4, 127, 0, 0, 1]))
        #expect(holds([0x87, 16] + [UInt8](repeating: 0, count: 15) + [1]))
        // 2026-11-18 10:06:40 UTC is the given present; an hour before and a day after.
        #expect(holds([0x17, 13] + Array("261118100640Z".utf8)))
        #expect(holds([0x17, 13] + Array("261119110640Z".utf8)))
        // Basic constraints, critical, CA:TRUE.
        #expect(holds([0x55, 0x1D, 0x13, 1, 1, 0xFF, 4, 5, 0x30, 3, 1, 1, 0xFF]))
    }

    @Test("no two are the same")
    func unique() throws {
        let made = try (0..<2).map { _ in
            try SelfSignedCertificate.make(names: ["a"], addresses: [], now: 1_795_000_000, validSeconds: 1)
        }
        #expect(made[0].certificatePEM != made[1].certificatePEM)
        #expect(made[0].privateKeyPEM != made[1].privateKeyPEM)
    }

    @Test(
        "names and addresses that are none are refused",
        arguments: [
            (["a,DNS:b"], []), (["a\nb"], []), ([""], []), (["a b"], []), (["é"], []), ([], ["127.0.0.1,DNS:x"]),
            ([], ["300.1.1.1"]), ([], ["localhost"]), ([], [""]), ([], []),
        ] as [([String], [String])]
    )
    func malformed(names: [String], addresses: [String]) {
        let error = #expect(throws: CryptoError.self) {
            try SelfSignedCertificate.make(names: names, addresses: addresses, now: 1_795_000_000, validSeconds: 1)
        }
        #expect(error?.operation == .certificate)
        #expect(error?.detail.isEmpty == false)
    }
}

extension [UInt8] {
    fileprivate func contains(sequence: [UInt8]) -> Bool {
        indices.dropLast(sequence.count - 1).contains { self[$0...].starts(with: sequence) }
    }
}
