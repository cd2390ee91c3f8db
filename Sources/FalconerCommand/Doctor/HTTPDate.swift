/// The `Date` header of an answer.
enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Reads `Sun, 22 Nov 2026 14:17:00 GMT` (RFC 9110, section 5.6.7); nil for the older forms and anything else.
    ///
    /// - Returns: Seconds since 1970.
    static func parse(_ text: String) -> Int64? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let day = Int(parts[1]), (1...31).contains(day),
            let month = months.firstIndex(of: String(parts[2])), let year = Int(parts[3]), (1970...9999).contains(year)
        else { return nil }
        let clock = parts[4].split(separator: ":").compactMap { Int($0) }
        guard clock.count == 3, (0..<24).contains(clock[0]), (0..<60).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        // Days since 1970 of a Gregorian date (https://howardhinnant.github.io/date_algorithms.html#days_from_civil).
        let shifted = month < 2 ? year - 1 : year
        let yearOfEra = shifted % 400
        let dayOfYear = (153 * ((month + 10) % 12) + 2) / 5 + day - 1
        let days = shifted / 400 * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        return Int64(days) * 86_400 + Int64(clock[0] * 3_600 + clock[1] * 60 + clock[2])
    }
}
