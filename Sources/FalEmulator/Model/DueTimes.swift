/// What is due when: a binary heap, earliest first, and in order of insertion at the same time.
struct DueTimes: Sendable {
    /// What is due.
    enum Kind: Equatable, Sendable {
        /// The least time in the queue is over.
        case eligible
        /// The longest time that the client wants to wait for a start is over.
        case startTimeout
        /// The run ends.
        case runEnd
        /// The run logs a line; nothing changes, but those who follow the log want to know.
        case logLine
        /// A cancelled run stops.
        case stop
    }

    /// One thing that is due.
    struct Entry: Equatable, Sendable {
        /// When, in microseconds since 1970.
        let time: Int64
        /// The number of the request.
        let number: Int
        /// What it is.
        let kind: Kind
        fileprivate let order: Int

        fileprivate func precedes(_ other: Entry) -> Bool {
            (time, order) < (other.time, other.order)
        }
    }

    private var heap: [Entry] = []
    private var nextOrder = 0

    /// The earliest.
    var first: Entry? { heap.first }

    /// Adds one.
    mutating func insert(_ time: Int64, _ number: Int, _ kind: Kind) {
        heap.append(Entry(time: time, number: number, kind: kind, order: nextOrder))
        nextOrder += 1
        var child = heap.count - 1
        while child > 0, heap[child].precedes(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes the earliest away, if there is one.
    mutating func removeFirst() {
        guard let last = heap.popLast(), !heap.isEmpty else { return }
        heap[0] = last
        var parent = 0
        while true {
            var earliest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].precedes(heap[earliest]) { earliest = child }
            }
            guard earliest != parent else { return }
            heap.swapAt(parent, earliest)
            parent = earliest
        }
    }
}
