/// One of the requests that fal's platform API lists.
package struct ListedRequest: Sendable, Hashable {
    /// fal's id for it.
    package let id: String
    /// The input that was sent, one JSON object; nil when fal does not have it.
    package let input: [UInt8]?
}

/// A page of fal's list of requests, `GET /v1/models/requests/by-endpoint`
/// (https://fal.ai/docs/platform-apis/v1/models/requests/by-endpoint).
package struct RequestPage: Sendable, Hashable {
    /// The most requests on a page.
    package static let limit = 100

    /// The requests.
    package let requests: [ListedRequest]
    /// Where the next page begins; nil when this is the last.
    package let next: String?

    /// Reads an answer; nil when it is no such page.
    package init?(body: [UInt8]) {
        guard let object = JSONObjectReader(body), let items = object.objects("items") else { return nil }
        requests = items.compactMap { item in
            item.string("request_id").map { ListedRequest(id: $0, input: item.raw("json_input")) }
        }
        next = object.string("next_cursor")
    }
}

extension QueueClient {
    /// Lists requests that were sent to an endpoint, with their inputs.
    ///
    /// - Parameters:
    ///   - endpoint: The endpoint.
    ///   - platform: Where the platform API is.
    ///   - from: The earliest time, RFC 3339.
    ///   - until: The latest time, which does not belong to it.
    ///   - cursor: Where the page before ended; nil for the first.
    /// - Returns: A page of at most ``RequestPage/limit`` requests.
    /// - Throws: ``QueueError``.
    package func requests(
        of endpoint: EndpointID,
        platform: QueueURL,
        from: String,
        until: String,
        cursor: String?
    ) throws(QueueError) -> RequestPage {
        var query = "endpoint_id=\(PercentEncoding.encode("\(endpoint)"))&limit=\(RequestPage.limit)"
        query += "&start=\(PercentEncoding.encode(from))&end=\(PercentEncoding.encode(until))&expand=payloads"
        if let cursor { query += "&cursor=\(PercentEncoding.encode(cursor))" }
        let response = try get(platform.url("/v1/models/requests/by-endpoint?\(query)"))
        guard let page = RequestPage(body: response) else { throw .unreadable(status: 200) }
        return page
    }
}
