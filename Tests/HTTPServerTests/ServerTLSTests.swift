import FoundationEssentials
import HTTPServer
import Posix
import SystemPackage
import TestSupport
import Testing

@Suite struct ServerTLSTests {
    @Test func answersOverTLS() throws {
        let directory = TemporaryDirectory()
        let (key, certificate) = (directory.file("key.pem").string, directory.file("certificate.pem").string)
        let made = try run(
            "/usr/bin/openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "1",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            key,
            "-out",
            certificate
        )
        #expect(made.succeeded, "\(made.output)")
        let identity = TLSIdentity(
            certificatePEM: try String(contentsOfFile: certificate, encoding: .utf8),
            privateKeyPEM: try String(contentsOfFile: key, encoding: .utf8)
        )
        let server = try HTTPServer.start(
            HTTPServerConfiguration(threads: 1, tls: identity),
            handler: ClosureHandler.echo,
            logger: .silent
        )
        let url = "https://127.0.0.1:\(server.boundAddresses[0].port)/tls"
        let answer = try run("/usr/bin/curl", "-sS", "--max-time", "10", "--cacert", certificate, "-d", "body", url)
        server.stop(deadline: .seconds(5))
        #expect(answer.succeeded && answer.output == "POST /tls body", "\(answer.output)")
    }

    @Test func refusesAnIdentityThatIsNone() {
        let identity = TLSIdentity(certificatePEM: "no certificate", privateKeyPEM: "no key")
        #expect(throws: HTTPServerError.identityRefused) {
            try HTTPServer.start(
                HTTPServerConfiguration(tls: identity),
                handler: ClosureHandler.echo,
                logger: .silent
            )
        }
    }
}

/// Runs a program to its end.
private func run(_ executable: String, _ arguments: String...) throws -> (succeeded: Bool, output: String) {
    let child = try ChildProcess(executable, arguments)
    let exit = child.waitForExit(within: .seconds(20))
    return (exit == .code(0), child.text(.standardOutput) + (exit == .code(0) ? "" : child.text(.standardError)))
}
