/// What a load on a receiver looks like.
package struct ReceiveWorkload: Hashable, Sendable {
    /// Connections that each send their next delivery as soon as the last is answered.
    package var connections: Int
    /// Bytes of text put into each body beside its own 600.
    package var padding: Int
    /// Whether each delivery gets a connection of its own.
    package var isConnectionPerDelivery: Bool

    /// Describes a load.
    package init(connections: Int, padding: Int = 0, isConnectionPerDelivery: Bool = false) {
        self.connections = connections
        self.padding = padding
        self.isConnectionPerDelivery = isConnectionPerDelivery
    }

    /// The size of a body, bytes, to the nearest hundred.
    var bodyBytes: Int { 600 + padding }
}
