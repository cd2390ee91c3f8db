extension Bench {
    /// Figures in columns, for people.
    enum Table {
        /// One line of right-aligned cells.
        static func row(_ cells: [(text: String, width: Int)]) -> String {
            cells.map { String(repeating: " ", count: max(0, $0.width - $0.text.count)) + $0.text }
                .joined(separator: "  ")
        }

        /// A left-aligned name, and right-aligned cells behind it.
        static func row(name: (text: String, width: Int), _ cells: [(text: String, width: Int)]) -> String {
            name.text + String(repeating: " ", count: max(0, name.width - name.text.count)) + "  " + row(cells)
        }

        /// Milliseconds with two digits after the point.
        static func milliseconds(_ microseconds: some BinaryInteger) -> String {
            let hundredths = Int(microseconds) / 10
            let fraction = abs(hundredths % 100)
            return
                "\(hundredths < 0 && hundredths > -100 ? "-" : "")\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
        }
    }
}
