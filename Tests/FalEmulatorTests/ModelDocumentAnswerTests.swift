import FalQueue
import HTTPClient
import Testing

@testable import FalEmulator

/// The documents of the models that are built in, as the emulator serves them.
@Suite struct ModelDocumentAnswerTests {
    @Test(arguments: ModelCatalog.endpoints)
    func aDocumentSaysWhatTheBuiltInSchemaSays(endpoint: String) throws {
        let id = try EndpointID.parse(endpoint)
        let schema = try #require(ModelCatalog.schema(of: id))
        let document = try ModelDocument(try #require(JSONTree(documentOf: id)).compact)
        #expect(document.endpoint == endpoint)
        #expect(document.inputs.map(\.name) == schema.inputs.map(\.name))
        #expect(document.inputs.map(\.isRequired) == schema.inputs.map(\.isRequired))
        #expect(document.inputs.map(\.defaultValue) == schema.inputs.map(\.defaultValue))
        for input in [#"{"prompt":"x"}"#, #"{"prompt":7}"#, #"{"resolution":"9k","prompt":"x"}"#, "{}", "[]"] {
            let bytes = Array(input.utf8)
            let fields = { (problems: [InputProblem]) in
                Set(problems.filter { $0.severity == .error }.map(\.field))
            }
            #expect(fields(document.problems(in: bytes)) == fields(schema.problems(in: bytes)), "\(input)")
        }
    }

    @Test func aModelThatIsNotBuiltInHasNone() throws {
        #expect(JSONTree(documentOf: try EndpointID.parse("fal-ai/birds")) == nil)
        let fixture = try ServiceFixture()
        let path = "/api/openapi/queue/openapi.json"
        #expect(try fixture.send(.get, "\(path)?endpoint_id=fal-ai/birds", key: nil).status == 404)
        #expect(try fixture.send(.get, path, key: nil).status == 404)
        let known = try fixture.send(.get, "\(path)?endpoint_id=xai%2Fgrok-imagine-video%2Fedit-video", key: nil)
        #expect(known.status == 200)
        #expect(try ModelDocument(known.body).endpoint == "xai/grok-imagine-video/edit-video")
    }
}
