final class RequestContext: Sendable {
    func answerNow(_ response: HTTPResponse) {}
    func suspend() {}
    func resume(with response: HTTPResponse) {}
}
final class LoopConnection: Sendable {
    func resumeStream() {}
    func suspendStream() {}
}
