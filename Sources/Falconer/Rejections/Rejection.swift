import JSONText
package import Posix

/// One delivery that was refused, as the rejection log keeps it.
package struct Rejection: Equatable, Sendable {
    /// When.
    package var time: WallTime
    /// Why: one of a fixed list of codes.
    package var reason: String
    /// The HTTP status it was answered with.
    package var status: Int
    /// Who sent it, without the port.
    package var address: String
    /// The request id in its headers, cut to ``textBytesMax``; unverified unless the reason comes after the signature.
    package var requestID: String?
    /// What exactly was wrong, for a person; cut to ``textBytesMax``.
    package var detail: String?

    /// The most bytes of remote text that a line holds, per field.
    package static let textBytesMax = 256

    /// Gathers what is known of a refused delivery.
    package init(
        time: WallTime,
        reason: String,
        status: Int,
        address: String,
        requestID: String? = nil,
        detail: String? = nil
    ) {
        self.time = time
        self.reason = reason
        self.status = status
        self.address = address
        self.requestID = requestID.map(Self.cut)
        self.detail = detail.map(Self.cut)
    }

    /// The log's line for it, with its newline.
    package var line: [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("time", time.rfc3339)
        writer.member("reason", reason)
        writer.member("status", status)
        writer.member("address", address)
        writer.member("request_id", requestID)
        writer.member("detail", detail)
        return writer.line
    }

    private static func cut(_ text: String) -> String {
        text.utf8.count <= textBytesMax ? text : String(decoding: text.utf8.prefix(textBytesMax), as: UTF8.self)
    }
}
