import Posix

/// The header field `Retry-After` (RFC 9110 §10.2.3).
enum RetryAfter {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    /// The most seconds that are understood; who asks for more has not meant it.
    static let secondsMax = 1_000_000_000

    /// How long to wait.
    ///
    /// - Parameters:
    ///   - value: The field: seconds, or a date of the form that is to be sent, `Sun, 06 Nov 1994 08:49:37 GMT`.
    ///   - now: From when a date counts.
    /// - Returns: The time, zero for a date that has passed; nil when the field says nothing that is understood.
    static func delay(_ value: String, now: WallTime) -> Duration? {
        if !value.isEmpty, value.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            return .seconds(min(Int(value) ?? secondsMax, secondsMax))
        }
        let words = value.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", words[1].utf8.count == 2, words[3].utf8.count == 4,
            let month = months.firstIndex(where: { $0 == words[2] })
        else { return nil }
        let monthDigits = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
        guard let date = WallTime(rfc3339: "\(words[3])-\(monthDigits)-\(words[1])T\(words[4])Z") else { return nil }
        return .seconds(max(0, date.seconds - now.seconds))
    }
}
