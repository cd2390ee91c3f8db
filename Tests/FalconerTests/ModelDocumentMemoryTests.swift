import FalQueue
import Testing

@testable import Falconer

/// What is remembered of models' documents, and for how long.
@Suite struct ModelDocumentMemoryTests {
    private static let text = """
        {"paths":{"/a/b":{"post":{"requestBody":{"content":{"application/json":{"schema":{"type":"object","properties":
        {"prompt":{"type":"string"}}}}}}}}}}
        """

    private func known(_ digest: String) throws -> ModelDocumentMemory.Known {
        ModelDocumentMemory.Known(document: try ModelDocument(Array(Self.text.utf8)), digest: digest)
    }

    private func endpoint(_ name: String) throws -> EndpointID { try EndpointID.parse("a/\(name)") }

    /// An answer as one word: the digest, the failure, or "ask".
    private func word(_ answer: ModelDocumentMemory.Answer) -> String {
        switch answer {
        case .known(let known): known.digest
        case .unavailable(let error): "\(error)"
        case .ask: "ask"
        }
    }

    @Test func aDocumentIsTakenForADay() throws {
        var memory = ModelDocumentMemory()
        let model = try endpoint("b")
        #expect(word(memory.answer(model, now: 5)) == "ask")
        memory.learn(.success(try known("1")), of: model, now: 5)
        #expect(word(memory.answer(model, now: 4 + ModelDocumentMemory.freshFor)) == "1")
        #expect(word(memory.answer(model, now: 5 + ModelDocumentMemory.freshFor)) == "ask")
        #expect(word(memory.answer(try endpoint("c"), now: 5)) == "ask")
    }

    @Test func anOldDocumentIsTakenWhileANewOneCannotBeHad() throws {
        var memory = ModelDocumentMemory()
        let model = try endpoint("b")
        memory.learn(.success(try known("1")), of: model, now: 0)
        let later = ModelDocumentMemory.freshFor
        memory.learn(.failure(.status(500)), of: model, now: later)
        #expect(word(memory.answer(model, now: later)) == "1")
        #expect(word(memory.answer(model, now: later + ModelDocumentMemory.failureFor)) == "ask")
        memory.learn(.success(try known("2")), of: model, now: later + ModelDocumentMemory.failureFor)
        #expect(word(memory.answer(model, now: later + ModelDocumentMemory.failureFor)) == "2")
    }

    @Test func aFailureIsRememberedForAMinuteAndForItsModelAlone() throws {
        var memory = ModelDocumentMemory()
        let model = try endpoint("b")
        memory.learn(.failure(.unknownModel), of: model, now: 7)
        let end = 7 + ModelDocumentMemory.failureFor
        #expect(word(memory.answer(model, now: end - 1)) == "there is no document of that model")
        #expect(word(memory.answer(model, now: end)) == "ask")
        #expect(word(memory.answer(try endpoint("c"), now: 7)) == "ask")
    }

    @Test func aSiteThatDoesNotAnswerIsAskedAboutNoModelUntilItDoes() throws {
        var memory = ModelDocumentMemory()
        let (one, other) = (try endpoint("b"), try endpoint("c"))
        memory.learn(.failure(.transport("refused")), of: one, now: 7)
        #expect(word(memory.answer(other, now: 6 + ModelDocumentMemory.failureFor)) == "refused")
        #expect(word(memory.answer(other, now: 7 + ModelDocumentMemory.failureFor)) == "ask")
        memory.learn(.success(try known("1")), of: one, now: 8)
        #expect(word(memory.answer(other, now: 8)) == "ask")
    }

    @Test func theOldestModelMakesRoom() throws {
        var memory = ModelDocumentMemory()
        for index in 0..<ModelDocumentMemory.modelsMax {
            memory.learn(.success(try known("\(index)")), of: try endpoint("m\(index)"), now: Int64(index))
        }
        #expect(memory.count == ModelDocumentMemory.modelsMax)
        #expect(word(memory.answer(try endpoint("m0"), now: 1_000)) == "0")
        memory.learn(.failure(.unknownModel), of: try endpoint("more"), now: 1_000)
        #expect(memory.count == ModelDocumentMemory.modelsMax)
        #expect(word(memory.answer(try endpoint("m0"), now: 1_000)) == "ask")
        #expect(word(memory.answer(try endpoint("m1"), now: 1_000)) == "1")
    }
}
