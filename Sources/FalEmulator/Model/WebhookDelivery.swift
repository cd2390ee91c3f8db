/// A webhook that is to be sent.
struct WebhookDelivery: Equatable, Sendable {
    /// The request it is about.
    var requestID: String
    /// The URL that the submission named.
    var url: String
    /// The body's bytes.
    var body: [UInt8]
    /// What goes wrong with it.
    var fault: Scenario.WebhookFault
    /// When the stored answer expires, in microseconds since 1970; some schedules give up then.
    var expiresAt: Int64
}
