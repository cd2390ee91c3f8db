import Posix
import Testing

@Suite struct WallTimeTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"),
        (1_763_821_020_123_456, "2025-11-22T14:17:00.123456Z"),
        (1_709_164_800_000_001, "2024-02-29T00:00:00.000001Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
    ])
    func isWrittenAndReadAsRFC3339(microseconds: Int, text: String) {
        let time = WallTime(microseconds: Int64(microseconds))
        #expect(time.rfc3339 == text)
        #expect(WallTime(rfc3339: text) == time)
    }

    @Test(arguments: [
        ("2026-11-22T15:17:00+01:00", "2026-11-22T14:17:00.000000Z"),
        ("2026-11-22T14:17:00.5Z", "2026-11-22T14:17:00.500000Z"),
        ("2026-11-22 14:17:00.1234567891z", "2026-11-22T14:17:00.123456Z"),
        ("2026-11-22T04:17:00-10:00", "2026-11-22T14:17:00.000000Z"),
    ])
    func otherFormsOfTheStandardAreRead(text: String, same: String) {
        #expect(WallTime(rfc3339: text)?.rfc3339 == same)
    }

    @Test(arguments: [
        "", "2026-11-22", "2026-11-22T14:17:00", "2026-11-22T14:17Z", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
        "2026-11-22T24:00:00Z", "2026-11-22T14:17:00.Z", "2026-11-22T14:17:00Zx", "yesterday",
        "2026-11-22T14:17:00+0100", "26-11-22T14:17:00Z",
    ])
    func anythingElseIsRefused(text: String) {
        #expect(WallTime(rfc3339: text) == nil)
    }

    @Test func everyDayOfALeapYearRoundTrips() {
        for day in 0..<366 {
            let time = WallTime(microseconds: (1_704_067_200 + Int64(day) * 86_400 + 3_599) * 1_000_000 + 7)
            #expect(WallTime(rfc3339: time.rfc3339) == time)
        }
    }
}
