extension WallTime {
    /// The time in the form of RFC 3339 with six decimals and `Z`, `2026-11-22T14:17:00.123456Z`.
    ///
    /// Years before 0 and after 9999 have no such form and are written as the nearest that has one.
    package var rfc3339: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(27)
        appendRFC3339(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the 27 bytes of ``rfc3339``.
    package func appendRFC3339(to bytes: inout [UInt8]) {
        let bounded = min(max(microseconds, -62_167_219_200_000_000), 253_402_300_799_999_999)
        let seconds = WallTime(microseconds: bounded).seconds
        let days = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
        let date = CivilDate(daysSince1970: Int(days))
        let second = Int(seconds - days * 86_400)
        appendDigits(date.year, 4, "-", to: &bytes)
        appendDigits(date.month, 2, "-", to: &bytes)
        appendDigits(date.day, 2, "T", to: &bytes)
        appendDigits(second / 3_600, 2, ":", to: &bytes)
        appendDigits(second / 60 % 60, 2, ":", to: &bytes)
        appendDigits(second % 60, 2, ".", to: &bytes)
        let fraction = bounded - seconds * 1_000_000
        appendDigits(Int(fraction), 6, "Z", to: &bytes)
    }

    /// Reads a time in the form of RFC 3339, with any number of decimals (those past the sixth are dropped) and any
    /// offset; nil when it has another form.
    package init?(rfc3339 text: some StringProtocol) {
        self.init(rfc3339: Array(text.utf8)[...])
    }

    /// Reads a time from the bytes of such a text.
    package init?(rfc3339 text: ArraySlice<UInt8>) {
        var reader = DigitReader(bytes: Array(text))
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let day = reader.number(2), reader.take("T") || reader.take("t") || reader.take(" "),
            let hour = reader.number(2), reader.take(":"), let minute = reader.number(2), reader.take(":"),
            let second = reader.number(2),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        guard let fraction = reader.fraction(), let offset = reader.offset(), reader.isAtEnd else { return nil }
        let date = CivilDate(year: year, month: month, day: day)
        // A 31 February would carry over into March; such a date has no meaning here.
        guard CivilDate(daysSince1970: date.daysSince1970) == date else { return nil }
        let seconds = date.daysSince1970 * 86_400 + hour * 3_600 + minute * 60 + second - offset
        self.init(microseconds: Int64(seconds) * 1_000_000 + Int64(fraction))
    }
}

/// A day of the Gregorian calendar; the arithmetic is that of https://howardhinnant.github.io/date_algorithms.html.
private struct CivilDate: Equatable {
    var year: Int
    var month: Int
    var day: Int

    init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    init(daysSince1970 days: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSince1970: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

private func appendDigits(_ value: Int, _ count: Int, _ end: Unicode.Scalar, to bytes: inout [UInt8]) {
    // At most eight, the last of them first, so that every division is by a constant.
    var digits: UInt64 = 0
    var left = UInt(value)
    for _ in 0..<count {
        digits = digits << 8 | UInt64(UInt8(ascii: "0") + UInt8(left % 10))
        left /= 10
    }
    for _ in 0..<count {
        bytes.append(UInt8(truncatingIfNeeded: digits))
        digits >>= 8
    }
    bytes.append(UInt8(ascii: end))
}

private struct DigitReader {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: scalar) else { return false }
        position += 1
        return true
    }

    mutating func digit() -> Int? {
        guard position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) else {
            return nil
        }
        position += 1
        return Int(bytes[position - 1] - UInt8(ascii: "0"))
    }

    mutating func number(_ digits: Int) -> Int? {
        var value = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// The microseconds behind the decimal point; 0 without one.
    mutating func fraction() -> Int? {
        guard take(".") else { return 0 }
        guard var value = digit() else { return nil }
        var digits = 1
        while let next = digit() {
            if digits < 6 {
                value = value * 10 + next
                digits += 1
            }
        }
        while digits < 6 {
            value *= 10
            digits += 1
        }
        return value
    }

    /// The seconds east of UTC.
    mutating func offset() -> Int? {
        if take("Z") || take("z") { return 0 }
        let sign = take("+") ? 1 : take("-") ? -1 : 0
        guard sign != 0, let hours = number(2), take(":"), let minutes = number(2), hours < 24, minutes < 60 else {
            return nil
        }
        return sign * (hours * 3_600 + minutes * 60)
    }
}
