/// The known name that a mistyped one most probably stands for; nil when none is near.
///
/// Case, hyphens and underscores do not count; beyond that a third of the letters may differ.
func nearestName(to name: String, in known: [String]) -> String? {
    // A key of any length may come; one that long is no typing error, and the work grows with the square.
    guard name.utf8.count <= 64 else { return nil }
    let wanted = letters(of: name)
    let candidates = known.filter { $0.utf8.count <= 64 }.map {
        (name: $0, distance: editDistance(wanted, letters(of: $0)))
    }
    guard let best = candidates.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(wanted.count, 3) / 3 ? best.name : nil
}

private func letters(of name: String) -> [Character] {
    name.lowercased().filter { $0 != "_" && $0 != "-" }.map { $0 }
}

/// The fewest insertions, deletions and replacements that turn one into the other.
private func editDistance(_ first: [Character], _ second: [Character]) -> Int {
    var row = Array(0...second.count)
    for (i, a) in first.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, b) in second.enumerated() {
            let replaced = diagonal + (a == b ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
        }
    }
    return row[second.count]
}
