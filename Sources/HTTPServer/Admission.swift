import Posix
import Threading

/// Counts the open connections of all loops together, so that the limits hold exactly.
final class Admission: Sendable {
    /// What a new connection is told.
    enum Verdict: Equatable, Sendable {
        case admitted, overTotal, overAddress
    }

    private struct Counts {
        var total = 0
        var ofAddress: [IPAddress: Int] = [:]
    }

    private let limits: ServerLimits
    private let counts = Monitor(Counts())

    init(limits: ServerLimits) {
        self.limits = limits
    }

    var open: Int { counts.withLock { $0.total } }

    /// Counts a connection in, if there is room for it.
    func admit(_ ip: IPAddress) -> Verdict {
        counts.withLock { counts in
            guard counts.total < limits.connectionsMax else { return .overTotal }
            let ofAddress = counts.ofAddress[ip, default: 0]
            guard ofAddress < limits.connectionsPerAddressMax else { return .overAddress }
            counts.total += 1
            counts.ofAddress[ip] = ofAddress + 1
            return .admitted
        }
    }

    /// Counts an admitted connection out.
    func release(_ ip: IPAddress) {
        counts.withLock { counts in
            counts.total -= 1
            let left = counts.ofAddress[ip, default: 0] - 1
            counts.ofAddress[ip] = left > 0 ? left : nil
        }
    }
}
