import Testing

@testable import FalQueue

/// Inputs against documents that have the forms fal's have: references, choices, both forms of exclusive bounds.
@Suite struct ModelDocumentTests {
    static func document(
        _ properties: String,
        required: String = "[]",
        schemas: String = "",
        extra: String = ""
    ) throws -> ModelDocument {
        let text = """
            {"openapi":"3.0.4","info":{"title":"x","x-fal-metadata":{"endpointId":"fal-ai/x"}},
             "paths":{
              "/fal-ai/x/requests/{request_id}/status":{"get":{}},
              "/fal-ai/x/requests/{request_id}/cancel":{"put":{}},
              "/fal-ai/x":{"post":{"requestBody":{"required":true,"content":{"application/json":
                {"schema":{"$ref":"#/components/schemas/XInput"}}}}}},
              "/fal-ai/x/requests/{request_id}":{"get":{}}},
             "components":{"schemas":{\(schemas)
              "XInput":{"type":"object","required":\(required),"properties":{\(properties)}\(extra)}}}}
            """
        return try ModelDocument(Array(text.utf8))
    }

    static func errors(_ document: ModelDocument, _ input: String) -> [String] {
        document.problems(in: Array(input.utf8)).filter { $0.severity == .error }.map(\.field)
    }

    /// One property `v`, an input that fits it, and inputs that do not, with the field that is at fault.
    private static let cases: [(schema: String, good: [String], bad: [(String, String)])] = [
        (
            #"{"type":"string","minLength":2,"maxLength":4}"#, [#""ab""#, #""äöüß""#],
            [(#""""#, "v"), (#""a""#, "v"), (#""abcde""#, "v"), ("1", "v"), ("true", "v"), ("[]", "v"), ("{}", "v")]
        ),
        (
            #"{"type":"integer","minimum":1,"maximum":4}"#, ["1", "4", "2.0"],
            [("0", "v"), ("5", "v"), ("1.5", "v"), (#""1""#, "v"), ("99999999999999999999", "v")]
        ),
        (
            // A number, as OpenAPI 3.1 has it, in a file that says 3.0.4.
            #"{"type":"integer","exclusiveMinimum":0,"maximum":14142}"#, ["1", "14142"],
            [("0", "v"), ("-1", "v"), ("14143", "v")]
        ),
        (
            #"{"type":"number","minimum":0,"exclusiveMinimum":true,"exclusiveMaximum":1}"#, ["0.5", "1e-9"],
            [("0", "v"), ("1", "v"), ("1.0", "v")]
        ),
        (#"{"type":"number","multipleOf":0.5}"#, ["0.5", "3", "-1.5"], [("0.7", "v")]),
        (#"{"enum":["jpeg","png"],"type":"string"}"#, [#""png""#], [(#""gif""#, "v"), (#""PNG""#, "v"), ("1", "v")]),
        (#"{"enum":[1,2.0]}"#, ["1.0", "2"], [("3", "v"), (#""1""#, "v")]),
        (#"{"const":"on"}"#, [#""on""#], [(#""off""#, "v")]),
        (#"{"type":"boolean"}"#, ["true"], [("1", "v"), (#""true""#, "v")]),
        (
            ##"{"type":"string","pattern":"^#[0-9a-f]{6}$"}"##, [##""#00ff00""##],
            [(#""green""#, "v"), (##""#00ff0""##, "v")]
        ),
        (
            #"{"type":"array","items":{"type":"string"},"minItems":1,"maxItems":3,"uniqueItems":true}"#,
            [#"["a"]"#, #"["a","b","c"]"#],
            [("[]", "v"), (#"["a","b","c","d"]"#, "v"), (#"["a","a"]"#, "v"), (#"["a",1]"#, "v[1]"), (#""a""#, "v")]
        ),
        (
            ##"{"anyOf":[{"$ref":"#/components/schemas/Size"},{"enum":["square","wide"],"type":"string"}]}"##,
            [#""square""#, #"{"width":10,"height":20}"#, #"{}"#],
            [(#""tall""#, "v"), (#"{"width":0}"#, "v.width"), (#"{"height":"x"}"#, "v.height"), ("7", "v")]
        ),
        (
            ##"{"type":"array","items":{"$ref":"#/components/schemas/Lora"}}"##,
            [#"[{"path":"a"}]"#, #"[{"path":"a","scale":0.5}]"#, "[]"],
            [
                (#"[{"scale":1}]"#, "v[0].path"), (#"[{"path":"a"},{"path":"b","scale":5}]"#, "v[1].scale"),
                ("[7]", "v[0]"),
            ]
        ),
        (
            ##"{"allOf":[{"$ref":"#/components/schemas/Size"}],"description":"x"}"##, [#"{"width":3}"#],
            [(#"{"width":-3}"#, "v.width"), ("3", "v")]
        ),
        (#"{"type":"string","nullable":true}"#, ["null", #""a""#], [("1", "v")]),
        (#"{"type":["string","null"]}"#, ["null", #""a""#], [("1", "v")]),
        (#"{"anyOf":[{"type":"integer"},{"type":"null"}]}"#, ["null", "1"], [(#""a""#, "v")]),
        (
            #"{"type":"object","additionalProperties":{"type":"number"}}"#, [#"{"a":1}"#, "{}"],
            [(#"{"a":"b"}"#, "v.a"), ("[]", "v")]
        ),
    ]

    private static let schemas = """
        "Size":{"type":"object","properties":{"width":{"type":"integer","exclusiveMinimum":0,"maximum":14142},
          "height":{"type":"integer","exclusiveMinimum":0,"maximum":14142}}},
        "Lora":{"type":"object","required":["path"],"properties":{"path":{"type":"string"},
          "scale":{"type":"number","minimum":0,"maximum":4}}},
        """

    @Test(arguments: cases.indices)
    func whatFitsIsTakenAndWhatDoesNotIsRefusedWithItsField(index: Int) throws {
        let (schema, good, bad) = Self.cases[index]
        let document = try Self.document(#""v":\#(schema)"#, required: #"["v"]"#, schemas: Self.schemas)
        for value in good { #expect(Self.errors(document, #"{"v":\#(value)}"#).isEmpty, "\(value)") }
        for (value, field) in bad { #expect(Self.errors(document, #"{"v":\#(value)}"#) == [field], "\(value)") }
        #expect(Self.errors(document, "{}") == ["v"])
    }

    @Test func anUnknownKeyIsAWarningWithTheNearestName() throws {
        let document = try Self.document(
            ##""guidance_scale":{"type":"number"},"size":{"$ref":"#/components/schemas/Size"}"##,
            schemas: Self.schemas
        )
        let problems = document.problems(in: Array(#"{"guidanceScale":1,"size":{"widh":1},"other_thing":1}"#.utf8))
        #expect(problems.map(\.severity) == [.warning, .warning, .warning])
        #expect(problems.map(\.field) == ["guidanceScale", "size.widh", "other_thing"])
        #expect(problems[0].message.contains("guidance_scale"))
        #expect(problems[1].message.contains("width"))
    }

    @Test(arguments: [
        ("[]", ModelDocument.Problem.notJSON), ("{", .notJSON), (#"{"a":1,"a":2}"#, .notJSON), ("{}", .noPost),
        (#"{"paths":{"/a":{"post":{}},"/b":{"post":{}}}}"#, .noPost), (#"{"paths":{"/a":{"post":{}}}}"#, .noInput),
        (
            ##"{"paths":{"/a":{"post":{"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/x"}}}}}}}}"##,
            .noInput
        ),
    ])
    func aDocumentThatSaysNothingAboutTheInputIsRefused(text: String, problem: ModelDocument.Problem) {
        #expect(throws: problem) { try ModelDocument(Array(text.utf8)) }
    }

    @Test func aDocumentIsTakenUpToItsLimit() throws {
        let text = #"{"paths":{"/a":{"post":{"requestBody":{"content":{"application/json":{"schema":{}}}}}}}}"#
        func bytes(_ count: Int) -> [UInt8] {
            Array(text.utf8) + [UInt8](repeating: 0x20, count: count - text.utf8.count)
        }
        #expect(try ModelDocument(bytes(ModelDocument.bytesMax)).endpoint == "a")
        #expect(throws: ModelDocument.Problem.tooLong) { try ModelDocument(bytes(ModelDocument.bytesMax + 1)) }
    }

    @Test func aSchemaThatRefersToItselfEnds() throws {
        let node = ##""Node":{"type":"object","properties":{"next":{"$ref":"#/components/schemas/Node"}}},"##
        let loop = ##""Loop":{"$ref":"#/components/schemas/Loop"},"##
        let document = try Self.document(
            ##""v":{"$ref":"#/components/schemas/Node"},"w":{"$ref":"#/components/schemas/Loop"}"##,
            schemas: node + loop
        )
        let deep = String(repeating: #"{"next":"#, count: 40) + "1" + String(repeating: "}", count: 40)
        #expect(Self.errors(document, #"{"v":\#(deep)}"#).isEmpty)
        #expect(Self.errors(document, #"{"v":{"next":{"next":1}},"w":1}"#) == ["v.next.next"])
        #expect(document.inputs.count == 2)
    }

    @Test func theProblemsOfOneInputAreBounded() throws {
        let document = try Self.document(#""v":{"type":"array","items":{"type":"integer"}}"#)
        func count(_ bad: Int) -> Int {
            Self.errors(document, #"{"v":[\#((0..<bad).map { _ in "true" }.joined(separator: ","))]}"#).count
        }
        #expect(count(ModelDocument.problemsMax) == ModelDocument.problemsMax)
        #expect(count(ModelDocument.problemsMax + 1) == ModelDocument.problemsMax)
    }

    @Test func inputsAreToldInTheOrderOfTheDocument() throws {
        let document = try Self.document(
            #""b":{"type":"integer","minimum":1,"maximum":4,"default":1},"a":{"type":"string","description":"What\n  to show"}"#,
            required: #"["a"]"#,
            extra: #","x-fal-order-properties":["a","b"]"#
        )
        #expect(document.inputs.map(\.name) == ["a", "b"])
        #expect(document.inputs.map(\.isRequired) == [true, false])
        #expect(document.inputs[0].description == "What to show")
        #expect(document.inputs[1].allowed == "a whole number from 1 to 4")
        #expect(document.inputs[1].defaultValue == "1")
    }
}

@Suite struct GrokImagineFamilyTests {
    private func fields(_ endpoint: String, _ input: String) throws -> [String] {
        ModelCatalog.check(try EndpointID.parse("xai/\(endpoint)"), Array(input.utf8))
            .filter { $0.severity == .error }.map(\.field)
    }

    @Test(arguments: [
        ("grok-imagine-video/image-to-video", #"{"prompt":"x","image_url":"https://a/b.png","aspect_ratio":"auto"}"#),
        ("grok-imagine-video/edit-video", #"{"prompt":"x","video_url":"https://a/b.mp4","resolution":"auto"}"#),
        ("grok-imagine-video/extend-video", #"{"prompt":"x","video_url":"https://a/b.mp4","duration":10}"#),
        ("grok-imagine-video/reference-to-video", #"{"prompt":"x","reference_image_urls":["a","b"]}"#),
        ("grok-imagine-video/v1.5/image-to-video", #"{"prompt":"x","image_url":"a","resolution":"1080p"}"#),
        ("grok-imagine-image", #"{"prompt":"x","num_images":2,"sync_mode":true,"aspect_ratio":"19.5:9"}"#),
        ("grok-imagine-image/edit", #"{"prompt":"x","image_urls":["a","b","c"]}"#),
    ])
    func anInputAsDocumentedIsTaken(endpoint: String, input: String) throws {
        #expect(try fields(endpoint, input) == [])
        #expect(try fields(endpoint, "{}").contains("prompt"))
    }

    @Test(arguments: [
        ("grok-imagine-video/image-to-video", #"{"prompt":"x"}"#, "image_url"),
        ("grok-imagine-video/image-to-video", #"{"prompt":"x","image_url":"a","duration":16}"#, "duration"),
        ("grok-imagine-video/reference-to-video", #"{"prompt":"x","reference_image_urls":[]}"#, "reference_image_urls"),
        (
            "grok-imagine-video/reference-to-video",
            #"{"prompt":"x","reference_image_urls":["1","2","3","4","5","6","7","8"]}"#, "reference_image_urls"
        ),
        (
            "grok-imagine-video/reference-to-video", #"{"prompt":"x","reference_image_urls":[1]}"#,
            "reference_image_urls"
        ),
        ("grok-imagine-video/extend-video", #"{"prompt":"x","video_url":"a","duration":1}"#, "duration"),
        ("grok-imagine-video/extend-video", #"{"prompt":"x","video_url":"a","duration":11}"#, "duration"),
        ("grok-imagine-image", #"{"prompt":"x","aspect_ratio":"7:1"}"#, "aspect_ratio"),
        ("grok-imagine-image", #"{"prompt":"x","aspect_ratio":"auto"}"#, "aspect_ratio"),
        ("grok-imagine-image", #"{"prompt":"x","sync_mode":"yes"}"#, "sync_mode"),
        ("grok-imagine-image", #"{"prompt":"x","num_images":0}"#, "num_images"),
        ("grok-imagine-image/edit", #"{"prompt":"x","image_urls":["a","b","c","d"]}"#, "image_urls"),
    ])
    func anInputThatIsNotValidIsRefusedWithItsField(endpoint: String, input: String, field: String) throws {
        #expect(try fields(endpoint, input) == [field])
    }
}
