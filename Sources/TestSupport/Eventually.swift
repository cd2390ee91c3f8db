/// Waits until a condition holds, looking again every few milliseconds, at most until the deadline.
///
/// - Returns: Whether it held in time. Tests wait with this and never sleep for a fixed time.
package func eventually(
    within limit: Duration = .seconds(60),
    _ condition: () async throws -> Bool
) async rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while true {
        if try await condition() { return true }
        if ContinuousClock.now >= deadline { return false }
        try? await Task.sleep(for: .milliseconds(5))
    }
}
