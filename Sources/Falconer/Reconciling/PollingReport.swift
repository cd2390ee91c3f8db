import JSONText

/// How much fal is asked, for people who look.
struct PollingReport: Equatable, Sendable {
    /// The questions a minute that may be asked.
    var budget: Int
    /// The questions of the last minute.
    var lastMinute: Int
    /// The questions since the service started.
    var asked: Int
    /// The submissions that are followed.
    var followed: Int
    /// Those of them that are to be asked about by now.
    var due: Int
    /// For how many seconds nobody is asked, because fal cannot be reached; nil when it can.
    var pauseSeconds: Int?
    /// Why fal does not answer; nil while it does.
    var trouble: String?

    /// The report as an object of a reply.
    var json: [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("budget_per_minute", budget)
        writer.member("asked_last_minute", lastMinute)
        writer.member("asked", asked)
        writer.member("followed", followed)
        writer.member("due", due)
        writer.member("pause_seconds", pauseSeconds)
        writer.member("trouble", trouble)
        return writer.bytes
    }
}
