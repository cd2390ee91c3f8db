import Glibc
import SystemPackage
import TestSupport
import Testing

/// Who may do what on the socket, decided by who is at the other end.
@Suite(.blocking) struct StreamAccessTests {
    private static let canBeAnotherUser = geteuid() == 0 && access("/usr/bin/setpriv", X_OK) == 0

    /// Runs a command as a user who may connect only because of his group.
    private func falconer(_ service: Service, as user: Int, _ arguments: String...) throws -> (
        exit: ChildProcess.Exit?, error: String
    ) {
        let words = ["--reuid", "\(user)", "--regid", "0", "--clear-groups", Program.path] + arguments
        let process = try ChildProcess(
            "/usr/bin/setpriv",
            words + ["--socket", service.socket],
            environment: Program.environment
        )
        return (process.waitForExit(), process.text(.standardError))
    }

    @Test(.enabled(if: canBeAnotherUser)) func aListNarrowsWhatThoseMayDoWhoCanConnect() async throws {
        let directory = TemporaryDirectory()
        #expect(chmod(directory.path.string, 0o755) == 0)
        let lists = [
            "--allow-submit", "uid:4001", "--allow-subscribe", "uid:4001,uid:4002", "--allow-admin", "uid:4003",
        ]
        let service = try await Service.ready(in: directory, lists)
        // Nothing can be submitted to this service, which only those learn who would be allowed to.
        for (user, code, words) in [(4_001, Int32(5), "no fal key"), (4_002, 64, "may submit")] {
            let submit = try falconer(service, as: user, "submit", "fal-ai/flux/dev", "--input", #"{"prompt":"x"}"#)
            #expect(submit.exit == .code(code) && submit.error.contains(words), "\(user): \(submit.error)")
        }
        #expect(try falconer(service, as: 4_002, "list").exit == .code(0))
        #expect(try falconer(service, as: 4_002, "listen", "--from", "first", "--until", "now").exit == .code(0))
        for command in ["list", "listen"] {
            let refused = try falconer(service, as: 4_003, command)
            #expect(refused.exit == .code(64) && refused.error.contains("may subscribe"), "\(refused.error)")
        }
        let create = try falconer(service, as: 4_002, "consumers", "create", "c")
        #expect(create.exit == .code(64) && create.error.contains("--allow-admin"), "\(create.error)")
        #expect(try falconer(service, as: 4_003, "consumers", "create", "c").exit == .code(0))
        #expect(try falconer(service, as: 4_002, "rejections").exit == .code(64))
        #expect(try falconer(service, as: 4_003, "rejections").exit == .code(0))
        // Root is on no list and may all the same.
        #expect(try falconer(service, as: 0, "consumers", "delete", "c").exit == .code(0))
        #expect(service.stop() == .code(0))
    }

    @Test func eventsAreNotReadOverHTTPPastAList() async throws {
        let directory = TemporaryDirectory()
        let service = try await Service.ready(in: directory, ["--allow-subscribe", "uid:0"])
        #expect(access(service.socket, F_OK) == 0)
        #expect(access(directory.file("http.sock").string, F_OK) != 0)
        #expect(service.stop() == .code(0))
        let path = directory.file("h.sock").string
        for (arguments, code) in [(["--http-socket", path], Int32(64)), (["--http-socket", "off"], 0)] {
            let run = try Program.run(["config", "show", "--allow-subscribe", "uid:0"] + arguments)
            #expect(run.exit == .code(code), "\(run.error)")
        }
    }

    @Test(arguments: ["--allow-submit", "--allow-subscribe", "--allow-admin"])
    func whatIsNoListIsAWrongOption(_ option: String) throws {
        #expect(try Program.run(["config", "show", option, "uid:0,group:root"]).exit == .code(0))
        for list in ["root", "user:nobody-of-that-name", "uid:x"] {
            #expect(try Program.run(["config", "show", option, list]).exit == .code(64), "\(list)")
        }
    }
}
