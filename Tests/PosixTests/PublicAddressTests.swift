import Posix
import Testing

/// Which addresses are the public internet's, and how names become addresses.
@Suite struct PublicAddressTests {
    @Test(arguments: [
        "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1",
        "127.255.255.255", "169.254.169.254", "172.16.0.0", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.0.1",
        "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
        "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::10.0.0.1",
        "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "fc00::1", "fd12::1",
        "fe80::1", "fec0::1", "ff02::1", "4000::1",
    ])
    func isNotPublic(_ text: String) throws {
        let address = try #require(try InternetAddress.resolve(text, port: 1).first)
        #expect(!address.ip.isPublic, "\(address)")
    }

    @Test(arguments: [
        "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
        "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0",
        "198.17.255.255", "198.20.0.0", "223.255.255.255", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2001:200::1",
        "2001:4860:4860::8888", "2002:808:808::1", "2606:4700::1111",
    ])
    func isPublic(_ text: String) throws {
        let address = try #require(try InternetAddress.resolve(text, port: 1).first)
        #expect(address.ip.isPublic, "\(address)")
    }

    @Test(arguments: ["127.0.0.1", "2130706433", "0x7f.1", "127.1", "localhost", "[::1]", "::1"])
    func thisMachineIsRecognisedHoweverItIsWritten(_ host: String) throws {
        let addresses = try InternetAddress.resolve(host, port: 8_080)
        #expect(addresses.allSatisfy { !$0.ip.isPublic && $0.port == 8_080 })
        #expect(!addresses.isEmpty)
    }

    @Test(arguments: [""])
    func aHostWithoutAnAddressIsAnError(_ host: String) {
        #expect(throws: NameResolutionError.self) { try InternetAddress.resolve(host, port: 1) }
    }
}
