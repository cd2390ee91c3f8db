extension Array {
    /// The first index from which on a condition holds; the condition must hold to the end once it holds.
    func partitioningIndex(where holds: (Element) -> Bool) -> Int {
        var range = indices
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = holds(self[middle]) ? range.lowerBound..<middle : middle + 1..<range.upperBound
        }
        return range.lowerBound
    }
}
