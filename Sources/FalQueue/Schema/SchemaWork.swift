/// How much of a document and an input is still looked at.
///
/// Schemas may refer to themselves in every one of their choices, so that the work grows without end; a document of fal's
/// takes a few hundred steps. What is not looked at is not refused.
final class SchemaWork {
    /// The most steps taken for one input.
    static let stepsMax = 200_000

    private var left: Int

    /// Whether something was not looked at.
    private(set) var isSpent = false

    /// Begins with all steps left.
    init(steps: Int = SchemaWork.stepsMax) {
        left = steps
    }

    /// Takes steps; false when there are not as many left.
    func spend(_ steps: Int) -> Bool {
        guard !isSpent, steps <= left else {
            isSpent = true
            return false
        }
        left -= steps
        return true
    }
}
