import Crypto
import Foundation
import HTTPClient
import HTTPServer
import Logging
import Posix
import SystemPackage
import TestSupport
import Testing
import Webhook

@testable import FalEmulator

@Suite("The emulator's start, keys and certificate")
struct ServiceStartTests {
    @Test("the keys file is made for its owner only, and the next start signs with the same keys")
    func keysFile() throws {
        let folder = TemporaryDirectory()
        let path = FilePath("\(folder.path)/state/keys.json")
        var sets: [String] = []
        for _ in 0..<2 {
            let fixture = try ServiceFixture { $0.keysFile = path }
            sets.append(try fixture.send(.get, "/.well-known/jwks.json", key: nil).text)
        }
        #expect(sets[0] == sets[1])
        let published = Array(sets[0].utf8)
        let keySet = try KeySet(parsing: published.span)
        #expect(keySet.keys.count == EmulatorKeys.countMin)
        let mode = try FileManager.default.attributesOfItem(atPath: path.string)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test("a rotation is kept in the file")
    func rotationIsKept() async throws {
        let folder = TemporaryDirectory()
        let path = FilePath("\(folder.path)/keys.json")
        let fixture = try ServiceFixture { $0.keysFile = path }
        let before = try KeysFile.loadOrMake(path).seeds
        #expect(try fixture.send(.post, "/emulator/keys/rotate", key: nil).status == 200)
        let isKept = try await eventually { try KeysFile.loadOrMake(path).seeds.count == before.count + 1 }
        #expect(isKept)
        #expect(try Array(KeysFile.loadOrMake(path).seeds.dropFirst()) == before)
    }

    @Test("what is no keys file is not overwritten", arguments: ["", "{}", "[]", #"["00"]"#, "[1]", #"["zz"]"#])
    func malformedKeys(text: String) throws {
        let folder = TemporaryDirectory()
        let path = FilePath("\(folder.path)/keys.json")
        try text.write(toFile: path.string, atomically: false, encoding: .utf8)
        let error = #expect(throws: EmulatorStartFailure.self) { try ServiceFixture { $0.keysFile = path } }
        #expect(error?.part == .keys)
        #expect(try String(contentsOfFile: path.string, encoding: .utf8) == text)
    }

    @Test("only so many keys are published, the newest first")
    func keysMax() throws {
        var keys = try EmulatorKeys()
        for _ in 0..<(2 * EmulatorKeys.countMax) {
            let key = try EmulatorKeys.Key()
            keys.rotate(to: key, keepsOld: true)
            #expect(keys.seeds.first == key.seed)
        }
        #expect(keys.keys.count == EmulatorKeys.countMax)
    }

    @Test("padded keys are the same keys")
    func padding() throws {
        let keys = try EmulatorKeys()
        let plain = keys.jwks(isPadded: false)
        let padded = keys.jwks(isPadded: true)
        #expect(String(decoding: padded, as: UTF8.self).contains(#"=""#))
        let plainSet = try KeySet(parsing: plain.span)
        let paddedSet = try KeySet(parsing: padded.span)
        #expect(plainSet.keys == paddedSet.keys)
    }

    @Test("an address in use is told as such")
    func addressInUse() throws {
        let fixture = try ServiceFixture()
        let taken = try ListenAddress("\(fixture.emulator.boundAddresses[0])")
        let error = #expect(throws: EmulatorStartFailure.self) { try ServiceFixture { $0.listen = [taken] } }
        #expect(error?.part == .listen)
    }

    @Test("with TLS the certificate in the file is trusted, and a plain address answers beside it")
    func tls() throws {
        let folder = TemporaryDirectory()
        let file = FilePath("\(folder.path)/certificate.pem")
        let fixture = try ServiceFixture {
            $0.isTLS = true
            $0.certificateFile = file
            $0.plainListen = [.anyLoopbackPort]
        }
        #expect(fixture.emulator.url.hasPrefix("https://127.0.0.1:"))
        #expect(fixture.emulator.boundAddresses.count == 2)
        var options = HTTPClientOptions()
        options.caFile = file.string
        let client = try HTTPClient(options)
        let headers: HTTPHeaders = ["Authorization": "Key a:b"]
        let url = fixture.emulator.url + ServiceFixture.textToVideo
        let answer = try client.send(.init(method: .post, url: url, headers: headers, body: Array("{}".utf8)))
        #expect(answer.status == 200)
        #expect(String(decoding: answer.body, as: UTF8.self).contains(#""status_url":"https://127.0.0.1:"#))
        #expect(try fixture.send(.get, fixture.emulator.keysURL, key: nil).status == 200)
        #expect(fixture.emulator.keysURL.hasPrefix("http://"))
    }
}

@Suite("One made-up delivery")
struct ServiceTriggerTests {
    @Test("each event is one that a receiver trusts through the shared keys file", arguments: Trigger.Event.allCases)
    func events(event: Trigger.Event) async throws {
        let folder = TemporaryDirectory()
        let path = FilePath("\(folder.path)/keys.json")
        let hook = HookPeer(200)
        let answer = try Trigger(event, hookURL: hook.url, keysFile: path).send()
        #expect(answer.status == 200)
        let fixture = try ServiceFixture { $0.keysFile = path }
        let verified = try verdict(on: hook.deliveries[0], fixture).get()
        #expect(verified.requestID == answer.requestID)
        #expect(verified.body.status == (event == .completed ? .ok : .error))
        #expect((verified.body.payloadError != nil) == (event == .payloadError))
    }

    @Test("a wrong signature and an old time are what they say")
    func faults() throws {
        let folder = TemporaryDirectory()
        let path = FilePath("\(folder.path)/keys.json")
        let hook = HookPeer(401)
        var trigger = Trigger(.completed, hookURL: hook.url, keysFile: path)
        trigger.isSignatureBad = true
        #expect(try trigger.send().status == 401)
        trigger.isSignatureBad = false
        trigger.isStale = true
        _ = try trigger.send()
        let fixture = try ServiceFixture { $0.keysFile = path }
        #expect(try verdict(on: hook.deliveries[0], fixture).rejection == .signatureInvalid)
        #expect(try verdict(on: hook.deliveries[1], fixture).rejection == .timestampOutOfWindow)
    }

    @Test("a body of one's own is sent byte for byte, for the request named")
    func ownBody() throws {
        let folder = TemporaryDirectory()
        let hook = HookPeer(200)
        var trigger = Trigger(.completed, hookURL: hook.url, keysFile: FilePath("\(folder.path)/keys.json"))
        trigger.body = Array("not json\n".utf8)
        trigger.requestID = "my-request"
        #expect(try trigger.send().requestID == "my-request")
        #expect(hook.deliveries[0].body == trigger.body)
        #expect(hook.deliveries[0].header("X-Fal-Webhook-Request-Id") == "my-request")
    }

    @Test("a hook that does not answer is unreachable")
    func unreachable() throws {
        let folder = TemporaryDirectory()
        let path = FilePath("\(folder.path)/keys.json")
        let failure = #expect(throws: Trigger.Failure.self) {
            try Trigger(.completed, hookURL: "http://127.0.0.1:1/", keysFile: path).send()
        }
        #expect(failure?.isUnreachable == true)
    }
}
