internal import HTTPServer
internal import JSONText
internal import Posix
internal import Threading

extension EmulatorHandler {
    /// Does what a person or a test asks of the emulator itself; only from this machine.
    func administer(_ admin: RequestPath.Admin, _ request: HTTPRequest) -> HTTPResponse {
        guard request.peer.ip.isLoopback else {
            return .json(403, detail: "The administration answers on loopback only")
        }
        let isReading = request.head.method == "GET"
        switch admin {
        case .requests where isReading:
            let requests = core.state.withLock { state in state.queue.books.map(\.json.compact) }
            var writer = JSONObjectWriter()
            writer.member("requests", array: requests)
            return .json(200, writer.bytes)
        case .deliveries where isReading:
            let attempts = core.state.withLock { state in state.plan.attempts }
            var writer = JSONObjectWriter()
            writer.member("deliveries", array: attempts.map(\.json))
            return .json(200, writer.bytes)
        case .redeliver(let id) where request.head.method == "POST":
            return redeliver(id)
        case .rotateKeys where request.head.method == "POST":
            core.apply([.rotateKeys])
            return .json(200, core.state.withLock { state in state.keys }.jwks(isPadded: core.settings.padsKeys))
        case .outage where request.head.method == "POST":
            return beginOutage(request)
        case .step(let id) where request.head.method == "POST":
            return step(id)
        case .rules where request.head.method == "PUT":
            return replaceRules(request.body)
        case .requests, .deliveries, .redeliver, .step, .rules, .rotateKeys, .outage:
            return .json(405, detail: "Method Not Allowed")
        }
    }

    /// The longest outage, in seconds.
    static let outageSecondsMax = 86_400

    /// Has the queue and the platform API drop every connection for `?seconds=N`; runs and webhooks go on.
    private func beginOutage(_ request: HTTPRequest) -> HTTPResponse {
        let text = request.head.queryItems.first { $0.name == "seconds" }?.value
        guard let seconds = text.flatMap({ Int($0) }), (0...Self.outageSecondsMax).contains(seconds) else {
            return .json(422, detail: "seconds has to be a whole number from 0 to \(Self.outageSecondsMax)")
        }
        let end = core.clock.now + Int64(seconds) * 1_000_000
        core.state.withLock { state in state.outageEnd = end }
        return .json(202, JSONTree.object([("status", .string("OUTAGE"))]).compact)
    }

    /// Takes a request one step on, and says where it is then.
    private func step(_ id: String) -> HTTPResponse {
        let (hasStepped, status) = core.change { state, now in
            let (hasStepped, actions) = state.queue.step(id, now: now)
            return ((hasStepped, state.queue.status(id, now: now)?.status), actions)
        }
        guard let status else { return .notFound(id) }
        let answer = JSONTree.object([("status", .string(status.rawValue))]).compact
        return .json(hasStepped ? 200 : 409, answer)
    }

    /// Takes other rules for the submissions from now on; their counts begin anew.
    private func replaceRules(_ body: [UInt8]) -> HTTPResponse {
        do throws(RuleFileError) {
            let rules = try RuleFile(body)
            core.state.withLock { state in state.rules = rules }
            return .json(200, JSONTree.object([("status", .string("OK"))]).compact)
        } catch {
            return .json(422, detail: "\(error)")
        }
    }

    /// Sends a finished request's webhook once more, without any fault.
    private func redeliver(_ id: String) -> HTTPResponse {
        let delivery = core.state.withLock { state in state.queue.redelivery(of: id) }
        guard let delivery else {
            return .json(404, detail: "No finished request with a webhook has this id")
        }
        core.apply([.deliver(delivery)])
        return .json(202, JSONTree.object([("status", .string("REDELIVERING"))]).compact)
    }
}

extension IPAddress {
    /// 127.0.0.0/8 or ::1.
    fileprivate var isLoopback: Bool {
        switch unwrapped {
        case .v4(let number): number >> 24 == 127
        case .v6(let high, let low): high == 0 && low == 1
        }
    }
}
