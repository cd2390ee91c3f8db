import Webhook

extension WebhookHeaders {
    /// Reads the headers from every value that was sent for a name.
    init(values: (WebhookHeaderName) -> [[UInt8]]) throws(WebhookRejection) {
        try self.init { name in
            let values = values(name)
            return values.count > 1 ? .repeated : values.first.map { .once($0[...]) } ?? .none
        }
    }
}
