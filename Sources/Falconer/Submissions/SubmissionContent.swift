import Crypto
import FalQueue
import JSONText
import Journal

/// What makes two submissions ask for the same: the endpoint and the input, in 32 bytes.
///
/// White space between tokens and the order of the input's own keys do not count; everything else does.
struct SubmissionContent: Hashable, Sendable {
    private let digest: [UInt8]

    /// The content of a submission to an endpoint.
    init(endpoint: String, input: [UInt8]) {
        let normal = (try? InputBuilder(object: input).encoded()) ?? input
        digest = SHA256.digest((Array("\(endpoint)\n".utf8) + normal).span).bytes
    }

    /// The content in 64 hexadecimal digits.
    var hex: String { Hex.encode(digest.span) }

    /// The content of a submission as its `created` event has it; nil when that cannot be read.
    init?(_ created: EventLine) {
        guard created.type == .submissionCreated, let endpoint = created.endpoint, let data = created.data,
            let members = try? JSONText.members(of: data.span, depthMax: JSONText.envelopeDepthMax),
            let input = members.value(of: "input")
        else { return nil }
        self.init(endpoint: endpoint, input: Array(data[input.range]))
    }
}
