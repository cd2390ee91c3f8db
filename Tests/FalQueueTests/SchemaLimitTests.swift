import Testing

@testable import FalQueue

/// What is not understood refuses nothing, what is put together is taken as a whole, and no document takes long.
@Suite struct SchemaLimitTests {
    @Test(arguments: [
        #"{"type":"file"}"#, #"{"type":["file","string"]}"#, ##"{"$ref":"#/components/schemas/Nowhere"}"##,
        #"{"$ref":"https://example.com/schema.json"}"#, #"{"not":{}}"#, #"{"if":{},"then":{"const":2}}"#, "true", "{}",
        #"{"type":"number","minimum":"2"}"#, #"{"anyOf":[]}"#, #"{"enum":7}"#, #"{"contentEncoding":"base64"}"#, "7",
        ##"{"anyOf":[{"type":"string"},{"$ref":"#/nowhere"}]}"##, #"{"multipleOf":0}"#, #"{"format":"int32"}"#,
    ])
    func whatIsNotUnderstoodRefusesNothing(schema: String) throws {
        let document = try ModelDocumentTests.document(#""v":\#(schema)"#)
        #expect(document.problems(in: Array(#"{"v":1}"#.utf8)) == [])
        #expect(document.inputs.map(\.name) == ["v"])
    }

    @Test func elementsAndKeysWithSchemasThatAreNotUnderstoodAreTaken() throws {
        let document = try ModelDocumentTests.document(
            #"""
            "list":{"type":"array","prefixItems":[{"type":"string"}],"items":{"type":"integer"}},
            "tuple":{"type":"array","items":[{"type":"string"}]},
            "map":{"type":"object","properties":{"a":{}},"patternProperties":{"^x-":{}},"additionalProperties":false}
            """#
        )
        let input = #"{"list":["a",1],"tuple":[1],"map":{"x-b":1}}"#
        #expect(document.problems(in: Array(input.utf8)) == [])
        #expect(ModelDocumentTests.errors(document, #"{"list":["a","b"]}"#) == ["list[1]"])
    }

    private static let composed = """
        "A":{"type":"object","required":["a"],"properties":{"a":{"type":"integer"}}},
        "B":{"type":"object","properties":{"b":{"type":"integer"}}},
        "C":{"allOf":[{"$ref":"#/components/schemas/A"},{"$ref":"#/components/schemas/B"}],
          "properties":{"c":{"type":"integer"}}},
        "Strict":{"type":"object","properties":{"a":{"type":"integer"}},"additionalProperties":false},
        """

    @Test func theKeysOfEveryPartAreKnown() throws {
        let document = try ModelDocumentTests.document(
            ##""v":{"$ref":"#/components/schemas/C"}"##,
            schemas: Self.composed
        )
        #expect(document.problems(in: Array(#"{"v":{"a":1,"b":2,"c":3}}"#.utf8)) == [])
        #expect(ModelDocumentTests.errors(document, #"{"v":{"b":"x","c":"x"}}"#).sorted() == ["v.a", "v.b", "v.c"])
        let unknown = document.problems(in: Array(#"{"v":{"a":1,"bb":2}}"#.utf8))
        #expect(unknown.allSatisfy { $0.severity == .warning && $0.field == "v.bb" } && !unknown.isEmpty)
    }

    @Test func aKeyThatTheModelForbidsIsRefused() throws {
        let document = try ModelDocumentTests.document(
            ##""v":{"$ref":"#/components/schemas/Strict"}"##,
            schemas: Self.composed
        )
        #expect(ModelDocumentTests.errors(document, #"{"v":{"a":1,"aa":1}}"#) == ["v.aa"])
        #expect(ModelDocumentTests.errors(document, #"{"v":{"a":1}}"#) == [])
    }

    @Test func theChoiceThatKnowsEveryKeyIsPreferred() throws {
        let document = try ModelDocumentTests.document(
            ##""v":{"anyOf":[{"$ref":"#/components/schemas/B"},{"$ref":"#/components/schemas/A"}]}"##,
            schemas: Self.composed
        )
        #expect(document.problems(in: Array(#"{"v":{"a":1}}"#.utf8)) == [])
    }

    @Test func whatHasNoSchemeIsNoURL() throws {
        let document = try ModelDocumentTests.document(#""v":{"type":"string","format":"uri"}"#)
        for good in ["https://example.com/a.png", "data:image/png;base64,AA=="] {
            #expect(ModelDocumentTests.errors(document, #"{"v":"\#(good)"}"#) == [])
        }
        for bad in ["", "a.png", ":x", "1a:b", "a b:c"] {
            #expect(ModelDocumentTests.errors(document, #"{"v":"\#(bad)"}"#) == ["v"], "\(bad)")
        }
    }

    @Test(arguments: ["#/$defs/N", "#/definitions/N", "#/components/schemas/A~1B"])
    func referencesOfEveryFormAreFollowed(reference: String) throws {
        let text = """
            {"paths":{"/a":{"post":{"requestBody":{"content":{"application/json":{"schema":
            {"properties":{"v":{"$ref":"\(reference)"}}}}}}}}},"$defs":{"N":{"type":"integer"}},
            "definitions":{"N":{"type":"integer"}},"components":{"schemas":{"A/B":{"type":"integer"}}}}
            """
        let document = try ModelDocument(Array(text.utf8))
        #expect(ModelDocumentTests.errors(document, #"{"v":"x"}"#) == ["v"])
        #expect(ModelDocumentTests.errors(document, #"{"v":1}"#) == [])
    }

    @Test(arguments: [(ModelDocument.referencesMax - 1, ["v"]), (ModelDocument.referencesMax, [])])
    func aChainOfReferencesIsFollowedSoFar(length: Int, fields: [String]) throws {
        let chain = (1..<length).map { ##""R\##($0)":{"$ref":"#/components/schemas/R\##($0 + 1)"},"## }.joined()
        let document = try ModelDocumentTests.document(
            ##""v":{"$ref":"#/components/schemas/R1"}"##,
            schemas: chain + #""R\#(length)":{"type":"integer"},"#
        )
        #expect(ModelDocumentTests.errors(document, #"{"v":"x"}"#) == fields)
    }

    @Test func nestingIsLookedIntoSoFar() throws {
        let node = ##""Node":{"properties":{"n":{"$ref":"#/components/schemas/Node"},"v":{"type":"integer"}}},"##
        let document = try ModelDocumentTests.document(
            ##""n":{"$ref":"#/components/schemas/Node"}"##,
            schemas: node
        )
        func errors(_ depth: Int) -> Int {
            let input =
                String(repeating: #"{"n":"#, count: depth) + #"{"v":"x"}"# + String(repeating: "}", count: depth)
            return ModelDocumentTests.errors(document, input).count
        }
        #expect(errors(SchemaCheck.depthMax - 2) == 1)
        #expect(errors(SchemaCheck.depthMax - 1) == 0)
    }

    @Test func warningsNeverCrowdOutAnError() throws {
        let document = try ModelDocumentTests.document(#""a":{"type":"integer"},"z":{"type":"integer"}"#)
        func problems(_ unknown: Int) -> [InputProblem] {
            let keys = (0..<unknown).map { #""unknown\#($0)":1,"# }.joined()
            return document.problems(in: Array(#"{\#(keys)"z":"x"}"#.utf8))
        }
        for count in [ModelDocument.warningsMax, ModelDocument.warningsMax + 1, 1_000] {
            #expect(problems(count).count { $0.severity == .warning } == ModelDocument.warningsMax)
            #expect(problems(count).count { $0.severity == .error } == 1)
        }
    }

    @Test func aDocumentNestedTooDeepIsToldFromOneThatIsNoJSON() {
        let deep = String(repeating: "[", count: 300) + String(repeating: "]", count: 300)
        #expect(throws: ModelDocument.Problem.tooDeep) { try ModelDocument(Array(deep.utf8)) }
    }

    @Test(arguments: ["anyOf", "oneOf", "allOf"])
    func schemasThatContainThemselvesInEveryChoiceAreSoonDone(keyword: String) throws {
        let choices = [String](repeating: ##"{"$ref":"#/components/schemas/Node"}"##, count: 8).joined(separator: ",")
        let document = try ModelDocumentTests.document(
            ##""v":{"$ref":"#/components/schemas/Node"},"w":{"type":"integer"}"##,
            schemas: #""Node":{"type":"object","properties":{"a":{}},"\#(keyword)":[\#(choices)]},"#
        )
        let began = ContinuousClock.now
        let problems = document.problems(in: Array(#"{"w":"x","v":{"b":1}}"#.utf8))
        #expect(problems.contains { $0.field == "w" && $0.severity == .error })
        #expect(problems.last?.message.contains("in part") == true)
        #expect(document.inputs.count == 2)
        #expect(began.duration(to: .now) < .seconds(10))
    }

    @Test func workEndsWhereItsStepsDo() {
        let work = SchemaWork(steps: 3)
        #expect(work.spend(3))
        #expect(!work.isSpent)
        #expect(!work.spend(1))
        #expect(work.isSpent)
        #expect(!work.spend(0))
    }

    @Test func longListsAreCut() throws {
        func allowed(_ count: Int) throws -> String? {
            let values = (0..<count).map { #""v\#($0)""# }.joined(separator: ",")
            return try ModelDocumentTests.document(#""v":{"enum":[\#(values)]}"#).inputs.first?.allowed
        }
        #expect(try allowed(SchemaText.valuesMax)?.hasSuffix("v\(SchemaText.valuesMax - 1)") == true)
        #expect(try allowed(SchemaText.valuesMax + 1)?.hasSuffix(", …") == true)
        func choices(_ count: Int) throws -> String? {
            let values = (0..<count).map { #"{"const":"v\#($0)"}"# }.joined(separator: ",")
            return try ModelDocumentTests.document(#""v":{"anyOf":[\#(values)]}"#).inputs.first?.allowed
        }
        #expect(try choices(SchemaText.choicesMax)?.hasSuffix("v\(SchemaText.choicesMax - 1)") == true)
        #expect(try choices(SchemaText.choicesMax + 1)?.hasSuffix("; or …") == true)
    }
}
