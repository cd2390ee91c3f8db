/// One answer to a delivery of a load, read to its end.
package struct LoadAnswer: Sendable {
    /// The delivery's number, from 0.
    package let delivery: Int
    /// The HTTP status.
    package let status: Int
    /// The whole body.
    package let body: [UInt8]
}
