import FalQueue
import Testing

@Suite("An endpoint id")
struct EndpointIDTests {
    @Test(
        "is taken apart as fal's clients do",
        arguments: [
            ("xai/grok-imagine-video/text-to-video", nil, "xai", "grok-imagine-video", "text-to-video"),
            ("xai/grok-imagine-video/v1.5/image-to-video", nil, "xai", "grok-imagine-video", "v1.5/image-to-video"),
            ("fal-ai/fast-sdxl", nil, "fal-ai", "fast-sdxl", nil),
            ("workflows/user/name/x", .workflows, "user", "name", "x"),
            ("workflows/user/name", .workflows, "user", "name", nil),
            ("comfy/user/name", .comfy, "user", "name", nil),
            ("123456-name", nil, "123456", "name", nil),
            ("123456-my-App2", nil, "123456", "my-App2", nil),
        ] as [(String, EndpointID.Namespace?, String, String, String?)]
    )
    func parts(
        text: String,
        namespace: EndpointID.Namespace?,
        owner: String,
        alias: String,
        path: String?
    ) throws {
        let id = try EndpointID.parse(text)
        #expect(id.namespace == namespace)
        #expect(id.owner == owner)
        #expect(id.alias == alias)
        #expect(id.path == path)
    }

    @Test(
        "is submitted to in full and asked about by its app only",
        arguments: [
            (
                "xai/grok-imagine-video/text-to-video", "/xai/grok-imagine-video/text-to-video",
                "/xai/grok-imagine-video/requests/r-1"
            ),
            ("workflows/user/name/x", "/workflows/user/name/x", "/workflows/user/name/requests/r-1"),
            ("comfy/user/name", "/comfy/user/name", "/comfy/user/name/requests/r-1"),
            ("123456-name", "/123456/name", "/123456/name/requests/r-1"),
        ]
    )
    func paths(text: String, submitPath: String, requestPath: String) throws {
        let id = try EndpointID.parse(text)
        #expect(id.submitPath == submitPath)
        #expect(id.requestPath("r-1") == requestPath)
        #expect(try EndpointID.parse(id.description) == id)
    }

    @Test("cannot be left through a request id")
    func hostileRequestID() throws {
        let id = try EndpointID.parse("a/b")
        #expect(id.requestPath("../../x?y#z") == "/a/b/requests/..%2F..%2Fx%3Fy%23z")
    }

    @Test(
        "of another form is refused with what is wrong and what to write",
        arguments: [
            ("", .empty), ("grok", .noApp), ("grok-imagine", .noApp), ("123-", .noApp), ("-x", .noApp),
            ("123-a_b", .noApp),
            ("12a-x", .noApp), ("workflows/user", .noApp), ("comfy/user", .noApp), ("/xai/grok", .emptyPart),
            ("xai/grok/", .emptyPart), ("xai//grok", .emptyPart), ("xai/..", .character), ("xai/./x", .character),
            ("xai/gr ok", .character), ("xai/grok?x", .character), ("xai/gr%6fk", .character), ("xäi/grok", .character),
            ("xai/grok\r\nX: y", .character), ("https://fal.run/xai/grok", .emptyPart),
        ] as [(String, EndpointIDError.Code)]
    )
    func refused(text: String, code: EndpointIDError.Code) {
        let error = #expect(throws: EndpointIDError.self) { try EndpointID.parse(text) }
        #expect(error?.code == code)
        #expect(error?.description.contains("OWNER/APP") == true)
    }

    @Test("may be as long as the limit and no longer")
    func limit() throws {
        let long = "a/" + String(repeating: "b", count: EndpointID.bytesMax - 2)
        #expect(try EndpointID.parse(long).alias.count == EndpointID.bytesMax - 2)
        let error = #expect(throws: EndpointIDError.self) { try EndpointID.parse(long + "b") }
        #expect(error?.code == .tooLong)
    }
}
