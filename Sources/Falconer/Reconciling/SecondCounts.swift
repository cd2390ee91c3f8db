/// How often something happened in each of the last sixty seconds.
///
/// A value without I/O. Its time is whatever counts up, in microseconds.
struct SecondCounts: Sendable {
    private static let secondCount = 60

    private var counts = [Int](repeating: 0, count: Self.secondCount)
    /// The newest second that is counted.
    private var newest: Int64 = 0

    /// Counts one at a time that is not before those counted already.
    mutating func count(at now: Int64) {
        let second = now / 1_000_000
        // A second's place was another's a minute ago.
        var passed = max(newest + 1, second - Int64(Self.secondCount) + 1)
        while passed <= second {
            counts[place(passed)] = 0
            passed += 1
        }
        newest = max(newest, second)
        counts[place(newest)] += 1
    }

    /// How many there were in the minute that ends now.
    func sum(at now: Int64) -> Int {
        let oldest = now / 1_000_000 - Int64(Self.secondCount) + 1
        guard newest >= oldest else { return 0 }
        return (max(0, oldest, newest - Int64(Self.secondCount) + 1)...newest).reduce(0) { $0 + counts[place($1)] }
    }

    private func place(_ second: Int64) -> Int { Int(second % Int64(Self.secondCount)) }
}
