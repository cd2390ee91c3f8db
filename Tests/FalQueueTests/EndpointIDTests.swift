import FalQueue
import Testing

@Suite("An endpoint id")
struct EndpointIDTests {
}
