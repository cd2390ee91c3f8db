import Testing

@testable import FalEmulator

@Suite("The webhook schedules")
struct ModelScheduleTests {
    private func total(_ schedule: WebhookSchedule, jitter: Double) -> Int64 {
        (1...schedule.retriesMax).compactMap { schedule.delay(afterAttempt: $0, jitter: jitter) }.reduce(0, +)
    }

    @Test(
        "the documented number of repetitions, and not one more",
        arguments: [
            (WebhookSchedule.Preset.year2025, 10), (.early2026, 10), (.late2026, 31),
        ]
    )
    func retries(preset: WebhookSchedule.Preset, count: Int) {
        let schedule = WebhookSchedule(preset)
        #expect(schedule.delay(afterAttempt: 0, jitter: 0) == nil)
        #expect(schedule.delay(afterAttempt: count, jitter: 0) != nil)
        #expect(schedule.delay(afterAttempt: count + 1, jitter: 0) == nil)
    }

    @Test(
        "all repetitions fit into the documented time, whatever the jitter",
        arguments: [
            (WebhookSchedule.Preset.year2025, Int64(7_200)), (.early2026, 7_200), (.late2026, 3_600),
        ]
    )
    func span(preset: WebhookSchedule.Preset, seconds: Int64) {
        let schedule = WebhookSchedule(preset)
        #expect(total(schedule, jitter: 1) <= seconds * 1_000_000)
        #expect(total(schedule, jitter: 0) > seconds * 500_000)
    }

    @Test("delays never shrink, and jitter is a tenth either way")
    func backoff() {
        let schedule = WebhookSchedule(.late2026)
        let delays = (1...31).compactMap { schedule.delay(afterAttempt: $0, jitter: 0.5) }
        #expect(delays == delays.sorted())
        #expect(delays.first == 2_000_000)
        #expect(delays.last == 120_000_000)
        #expect(schedule.delay(afterAttempt: 1, jitter: 0) == 1_800_000)
        #expect(schedule.delay(afterAttempt: 1, jitter: 7) == 2_200_000)
    }

    @Test("speed divides every time")
    func speed() {
        let schedule = WebhookSchedule(.late2026, speed: 100)
        #expect(schedule.delay(afterAttempt: 1, jitter: 0.5) == 20_000)
        #expect(schedule.timeout(attempt: 1) == 150_000)
        #expect(schedule.timeout(attempt: 2) == 1_200_000)
        #expect(WebhookSchedule(.late2026).timeout(attempt: 2) == 120_000_000)
        #expect(WebhookSchedule(.early2026).timeout(attempt: 2) == 15_000_000)
        #expect(WebhookSchedule(.late2026, speed: 1e12).timeout(attempt: 1) == 1)
    }

    @Test("only the newest schedule ends with the stored answer, and takes a redirection as final")
    func ends() {
        let late = WebhookSchedule(.late2026)
        #expect(late.nextAttempt(afterAttempt: 1, now: 0, expiresAt: 2_000_001, jitter: 0.5) == 2_000_000)
        #expect(late.nextAttempt(afterAttempt: 1, now: 0, expiresAt: 2_000_000, jitter: 0.5) == nil)
        #expect(late.nextAttempt(afterAttempt: 32, now: 0, expiresAt: .max, jitter: 0.5) == nil)
        #expect(
            WebhookSchedule(.early2026).nextAttempt(afterAttempt: 1, now: 0, expiresAt: 1, jitter: 0.5) == 6_000_000
        )
        let statuses = [199, 200, 299, 300, 399, 400, 404, 500]
        #expect(statuses.map(late.isFinal(status:)) == [false, true, true, true, true, false, false, false])
        #expect(late.verdict(status: 204) == .delivered)
        #expect(late.verdict(status: 301) == .failed)
        #expect(WebhookSchedule(.year2025).verdict(status: 301) == .tryAgain)
    }
}
