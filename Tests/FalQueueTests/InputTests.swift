import FalQueue
import FoundationEssentials
import Testing

private let endpoint = "xai/grok-imagine-video/text-to-video"

@Suite("An input")
struct InputTests {
    private func check(_ input: String, _ id: String = endpoint) throws -> [InputProblem] {
        ModelCatalog.check(try EndpointID.parse(id), Array(input.utf8))
    }

    @Test(
        "that the model takes has no problems",
        arguments: [
            #"{"prompt":"a"}"#, #" { "prompt" : "a cat" , "duration" : 1 } "#, #"{"prompt":"a","duration":15}"#,
            #"{"prompt":"a","aspect_ratio":"16:9","resolution":"720p"}"#, #"{"prompt":"a","aspect_ratio":"9:16"}"#,
            #"{"prompt":"a","aspect_ratio":"4:3","resolution":"480p"}"#, #"{"prompt":"a","aspect_ratio":"3:2"}"#,
            #"{"prompt":"a","aspect_ratio":"1:1"}"#, #"{"prompt":"a","aspect_ratio":"2:3"}"#,
            #"{"prompt":"a","aspect_ratio":"3:4"}"#, "{\"prompt\":\"\\u0061\"}",
        ]
    )
    func valid(input: String) throws {
        #expect(try check(input).isEmpty)
    }

    @Test(
        "that the model does not take names the field and what is allowed",
        arguments: [
            ("{}", "prompt", "a text that is not empty"), (#"{"prompt":""}"#, "prompt", "not empty"),
            (#"{"prompt":"  \n"}"#, "prompt", "not empty"), (#"{"prompt":7}"#, "prompt", "a text"),
            (#"{"prompt":null}"#, "prompt", "a text"), (#"{"prompt":["a"]}"#, "prompt", "a text"),
            (#"{"prompt":{"a":1}}"#, "prompt", "a text"), (#"{"prompt":true}"#, "prompt", "a text"),
            (#"{"prompt":"\ud800"}"#, "prompt", "a text"),
            (#"{"prompt":"a","duration":0}"#, "duration", "from 1 to 15"),
            (#"{"prompt":"a","duration":16}"#, "duration", "from 1 to 15"),
            (#"{"prompt":"a","duration":-1}"#, "duration", "from 1 to 15"),
            (#"{"prompt":"a","duration":1.5}"#, "duration", "a whole number"),
            (#"{"prompt":"a","duration":"6"}"#, "duration", "a whole number"),
            (#"{"prompt":"a","duration":null}"#, "duration", "a whole number"),
            (#"{"prompt":"a","duration":18446744073709551622}"#, "duration", "from 1 to 15"),
            (#"{"prompt":"a","duration":true}"#, "duration", "a whole number"),
            (#"{"prompt":"a","aspect_ratio":"16x9"}"#, "aspect_ratio", "16:9, 4:3, 3:2, 1:1, 2:3, 3:4, 9:16"),
            (#"{"prompt":"a","aspect_ratio":"auto"}"#, "aspect_ratio", "16:9"),
            (#"{"prompt":"a","aspect_ratio":""}"#, "aspect_ratio", "16:9"),
            (#"{"prompt":"a","aspect_ratio":1.78}"#, "aspect_ratio", "16:9"),
            (#"{"prompt":"a","resolution":"1080p"}"#, "resolution", "480p, 720p"),
            (#"{"prompt":"a","resolution":"720P"}"#, "resolution", "480p, 720p"),
            (#"{"prompt":"a","resolution":720}"#, "resolution", "480p, 720p"),
            (#"{"prompt":"a","prompt":"b"}"#, "prompt", "each key once"), ("", "", "a JSON object"),
            ("[]", "", "a JSON object"),
            (#""a""#, "", "a JSON object"), (#"{"prompt":"a""#, "", "a JSON object"),
            (#"{"prompt":"a"}x"#, "", "a JSON object"), (#"{'prompt':'a'}"#, "", "a JSON object"),
        ]
    )
    func invalid(input: String, field: String, allowed: String) throws {
        let problems = try check(input)
        #expect(problems.map(\.severity) == [.error])
        #expect(problems.first?.field == field)
        #expect(problems.first?.allowed.contains(allowed) == true)
        let line = problems.first?.description ?? ""
        #expect(line.contains(field.isEmpty ? "the input" : field))
        #expect(line.contains(allowed))
    }

    @Test(
        "with an unknown key is warned about, with the nearest known name",
        arguments: [
            ("aspectRatio", "aspect_ratio"), ("aspect-ratio", "aspect_ratio"), ("ASPECT_RATIO", "aspect_ratio"),
            ("durration", "duration"), ("duratoin", "duration"), ("promt", "prompt"), ("resolutions", "resolution"),
            ("num_frames", nil), ("seed", nil), ("", nil), (String(repeating: "p", count: 5000), nil),
        ] as [(String, String?)]
    )
    func unknown(key: String, nearest: String?) throws {
        let problems = try check(#"{"prompt":"a","\#(key)":1}"#)
        #expect(problems.map(\.severity) == [.warning])
        #expect(problems.first?.field == key)
        let message = problems.first?.message ?? ""
        #expect(message.contains("did you mean") == (nearest != nil))
        #expect(message.contains(nearest ?? "not known"))
    }

    @Test("has all its problems named at once")
    func several() throws {
        let problems = try check(#"{"duration":99,"sed":1,"resolution":"4k"}"#)
        #expect(problems.map(\.field) == ["duration", "sed", "resolution", "prompt"])
    }

    @Test("of a model that is not known may be any object")
    func unknownModel() throws {
        #expect(try check(#"{"anything":[1]}"#, "a/b").isEmpty)
        #expect(try check("{}", "a/b").isEmpty)
        #expect(try check("[]", "a/b").map(\.severity) == [.error])
        #expect(try check(#"{"a":1,"a":2}"#, "a/b").map(\.field) == ["a"])
    }

    @Test("may be nested as deep as the limit and no deeper", arguments: [(199, true), (200, false)])
    func depth(count: Int, isValid: Bool) throws {
        let nested = String(repeating: "[", count: count) + String(repeating: "]", count: count)
        #expect(
            try check(#"{"x":\#(nested)}"#, "a/b").map(\.message)
                == (isValid ? [] : ["is nested deeper than 200 levels"])
        )
    }

    @Test("may be as long as the limit and no longer")
    func limit() throws {
        let frame = #"{"prompt":""}"#.utf8.count
        let prompt = String(repeating: "p", count: InputBuilder.bytesMax - frame)
        #expect(try check(#"{"prompt":"\#(prompt)"}"#).isEmpty)
        #expect(try check(#"{"prompt":"\#(prompt)p"}"#).map(\.severity) == [.error])
    }
}

@Suite("An input put together from flags")
struct InputBuilderTests {
    private func text(_ builder: InputBuilder) throws -> String {
        String(decoding: try builder.encoded(), as: UTF8.self)
    }

    @Test("is compact, with its keys in order, and values as they were written")
    func assignments() throws {
        var builder = InputBuilder()
        for assignment in [
            "seed=18446744073709551616", "prompt=a cat, \"quoted\"", "loop=true", "text=\"42\"", "ratio=16:9",
            "none=null",
            "list=[1, 2.50,  \"a b\\\" c\"]", "empty=", "eq=a=b", "half=1e", "f=1.10",
        ] {
            try builder.assign(assignment)
        }
        #expect(
            try text(builder)
                == #"{"empty":"","eq":"a=b","f":1.10,"half":"1e","list":[1,2.50,"a b\" c"],"loop":true,"none":null,"#
                + #""prompt":"a cat, \"quoted\"","ratio":"16:9","seed":18446744073709551616,"text":"42"}"#
        )
    }

    @Test("adds to an object that is there, and replaces what it has")
    func base() throws {
        var builder = try InputBuilder(
            object: Array(#" { "prompt" : "a" , "big": 123456789012345678901, "n": {"z": 1, "a": 2} } "#.utf8)
        )
        try builder.assign("prompt=b")
        builder.set("duration", integer: 6)
        builder.set("note", text: "7")
        #expect(
            try text(builder)
                == #"{"big":123456789012345678901,"duration":6,"n":{"z":1,"a":2},"note":"7","prompt":"b"}"#
        )
    }

    @Test(
        "refuses what is no object and no assignment",
        arguments: [("[]", .notAnObject), ("{", .notJSON(offset: 1)), (#"{"a":1,"a":2}"#, .repeatedKey("a"))]
            as [(String, InputBuilderError)]
    )
    func refused(object: String, error: InputBuilderError) {
        #expect(throws: error) { try InputBuilder(object: Array(object.utf8)) }
    }

    @Test("refuses an assignment without a key or a value", arguments: ["", "=", "=x", "prompt"])
    func noAssignment(text: String) {
        var builder = InputBuilder()
        #expect(throws: InputBuilderError.notAnAssignment(text)) { try builder.assign(text) }
    }

    @Test("may be as long as the limit and no longer")
    func limit() throws {
        var builder = InputBuilder()
        builder.set("p", text: String(repeating: "x", count: InputBuilder.bytesMax - 8))
        #expect(try builder.encoded().count == InputBuilder.bytesMax)
        builder.set("p", text: String(repeating: "x", count: InputBuilder.bytesMax - 7))
        #expect(throws: InputBuilderError.tooLong) { try builder.encoded() }
    }
}

@Suite("Grok Imagine Video")
struct GrokImagineVideoTests {
    @Test("has a typed input that is sent with only what was set")
    func input() throws {
        var input = GrokImagineVideo.TextToVideoInput(prompt: "a \"cat\"")
        #expect(String(decoding: try input.encoded(), as: UTF8.self) == #"{"prompt":"a \"cat\""}"#)
        input.duration = 6
        input.aspectRatio = .portrait9x16
        input.resolution = .p480
        let bytes = try input.encoded()
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"aspect_ratio":"9:16","duration":6,"prompt":"a \"cat\"","resolution":"480p"}"#
        )
        #expect(try JSONDecoder().decode(GrokImagineVideo.TextToVideoInput.self, from: Data(bytes)) == input)
        let endpoint = try EndpointID.parse(GrokImagineVideo.TextToVideoInput.endpoint)
        #expect(ModelCatalog.check(endpoint, bytes).isEmpty)
    }

    @Test("has a typed output of which only the URL is certain")
    func output() throws {
        func decode(_ text: String) throws -> GrokImagineVideo.VideoFile {
            try JSONDecoder().decode(GrokImagineVideo.VideoOutput.self, from: Data(text.utf8)).video
        }
        let full = try decode(
            #"{"video":{"url":"https://v3.fal.media/f.mp4","content_type":"video/mp4","file_name":"f.mp4","file_size":9,"width":1280,"height":720,"fps":24.0,"duration":6.04,"num_frames":145,"new":1}}"#
        )
        #expect(full.url == "https://v3.fal.media/f.mp4")
        #expect(full.contentType == "video/mp4")
        #expect(full.fileSize == 9)
        #expect(full.duration == 6.04)
        #expect(full.numFrames == 145)
        let sparse = try decode(#"{"video":{"url":"u","width":null}}"#)
        #expect(sparse == GrokImagineVideo.VideoFile(url: "u"))
        #expect(throws: DecodingError.self) { try decode(#"{"video":{}}"#) }
    }
}
