internal import Crypto
internal import HTTPServer
internal import Posix
internal import SystemPackage

/// The certificate that the emulator makes for itself, and the file through which clients come to trust it.
struct EmulatorIdentity: Sendable {
    /// What the server shows.
    let tls: TLSIdentity
    /// Where the certificate lies as PEM.
    let file: FilePath

    /// Makes a certificate for `localhost`, the loopback addresses and every address listened on, and writes it.
    static func make(_ configuration: EmulatorConfiguration) throws(EmulatorStartFailure) -> EmulatorIdentity {
        var addresses = ["127.0.0.1", "::1"]
        for case let ip? in configuration.listen.map(\.ip) where !addresses.contains("\(ip)") {
            addresses.append("\(ip)")
        }
        let made: SelfSignedCertificate
        let suffix: String
        do throws(CryptoError) {
            made = try SelfSignedCertificate.make(
                names: ["localhost"],
                addresses: addresses,
                now: Int(WallTime.now.seconds),
                validSeconds: FalEmulator.certificateSeconds
            )
            let random = try randomBytes(8)
            suffix = Hex.encode(random.span)
        } catch {
            throw EmulatorStartFailure(.certificate, "no certificate could be made: \(error)")
        }
        // The certificate is no secret; its name is random so that nobody can lay another one there before.
        let file = configuration.certificateFile ?? FilePath("/tmp/falconer-emulator-\(suffix).pem")
        do {
            try makeDirectory(file.removingLastComponent())
            try replaceFile(file, with: Array(made.certificatePEM.utf8))
        } catch {
            throw EmulatorStartFailure(
                .certificate,
                "the certificate cannot be written to \(file): \(error)",
                advice: "choose another file with --certificate-file"
            )
        }
        let tls = TLSIdentity(certificatePEM: made.certificatePEM, privateKeyPEM: made.privateKeyPEM)
        return EmulatorIdentity(tls: tls, file: file)
    }
}
