import JSONText

/// The measurements of a ``ReceiveBenchmark``, put together: medians over the runs, and the service against each
/// reference.
package struct ReceiveTable: Sendable {
    private let measurements: [Measurement]

    /// Puts measurements together.
    package init(_ measurements: [Measurement]) {
        self.measurements = measurements
    }

    /// The lines of the table for people.
    package var lines: [String] {
        var lines = [
            "body B   conns  receiver     stored/s  spread  p50 ms  p99 ms  p99.9 ms  CPU us  peak MiB  load CPU  errors"
        ]
        for workload in workloads {
            let rows = medians(of: workload)
            lines += rows.map(\.line)
            for (service, reference) in Self.comparisons(rows) { lines.append(Self.ratio(service, reference)) }
        }
        return lines
    }

    /// One JSON object for each run, then one for each workload with the ratios.
    package func jsonLines(conditions: BenchmarkConditions) -> [[UInt8]] {
        var lines = measurements.map(\.json)
        for workload in workloads {
            for (service, reference) in Self.comparisons(medians(of: workload)) {
                var writer = JSONObjectWriter()
                writer.member("ratio", "service/\(reference.subject.rawValue)")
                writer.member("connections", workload.connections)
                writer.member("body_bytes", workload.bodyBytes)
                writer.member("connection_per_delivery", workload.isConnectionPerDelivery)
                for (name, value) in Self.ratios(service, reference) { writer.member(name, value) }
                conditions.write(to: &writer)
                lines.append(writer.line)
            }
        }
        return lines
    }

    /// The service beside each of the references.
    private static func comparisons(_ rows: [Row]) -> [(service: Row, reference: Row)] {
        guard let service = rows.first(where: { $0.subject == .service }) else { return [] }
        return rows.filter { $0.subject.isReference }.map { (service, $0) }
    }

    private var workloads: [ReceiveWorkload] {
        var seen: [ReceiveWorkload] = []
        for measurement in measurements where !seen.contains(measurement.workload) { seen.append(measurement.workload) }
        return seen
    }

    private func medians(of workload: ReceiveWorkload) -> [Row] {
        ReceiveBenchmark.Subject.allCases.compactMap { subject in
            Row(measurements.filter { $0.workload == workload && $0.subject == subject })
        }
    }

    private static func ratios(_ service: Row, _ reference: Row) -> [(String, String)] {
        func ratio(_ key: KeyPath<Row, Double>) -> String {
            fixed(service[keyPath: key] / max(reference[keyPath: key], 0.000_001), places: 2)
        }
        return [
            ("per_second", ratio(\.perSecond)), ("p50", ratio(\.median)), ("p99", ratio(\.percentile99)),
            ("cpu", ratio(\.processor)),
        ]
    }

    private static func ratio(_ service: Row, _ reference: Row) -> String {
        let ratios = ratios(service, reference)
        return padded("", 14) + "  ÷ \(reference.subject.rawValue)".padding(to: 15) + padded(ratios[0].1, 8)
            + padded(ratios[1].1, 16)
            + padded(ratios[2].1, 8) + padded(ratios[3].1, 18)
    }
}

/// The medians of one receiver's runs.
private struct Row {
    let subject: ReceiveBenchmark.Subject
    let workload: ReceiveWorkload
    let perSecond: Double
    /// Half the distance of the lowest and the highest run, of the median.
    let spread: Double
    let median: Double
    let percentile99: Double
    let percentile999: Double
    let processor: Double
    let loadProcessor: Double
    let peakBytes: Int
    let errors: Int

    init?(_ runs: [Measurement]) {
        guard let first = runs.first else { return nil }
        subject = first.subject
        workload = first.workload
        let speeds = runs.map(\.perSecond).sorted()
        perSecond = speeds[speeds.count / 2]
        spread = (speeds[speeds.count - 1] - speeds[0]) / 2 / max(perSecond, 1)
        median = middle(runs.map { Double($0.median) })
        percentile99 = middle(runs.map { Double($0.percentile99) })
        percentile999 = middle(runs.map { Double($0.percentile999) })
        processor = middle(runs.map(\.processorMicroseconds))
        loadProcessor = middle(runs.map(\.loadProcessorShare))
        peakBytes = runs.map(\.peakBytes).max() ?? 0
        errors = runs.reduce(0) { $0 + $1.errors }
    }

    var line: String {
        let connections = "\(workload.connections)" + (workload.isConnectionPerDelivery ? "*" : "")
        return padded("\(workload.bodyBytes)", 6) + padded(connections, 8) + "  "
            + subject.rawValue.padding(to: 11) + padded("\(Int(perSecond))", 10)
            + padded("±\(fixed(spread * 100, places: 0))%", 8) + padded(fixed(median / 1_000, places: 2), 8)
            + padded(fixed(percentile99 / 1_000, places: 2), 8) + padded(fixed(percentile999 / 1_000, places: 2), 10)
            + padded("\(Int(processor))", 8) + padded("\(peakBytes >> 20)", 10)
            + padded(fixed(loadProcessor, places: 2), 10) + padded("\(errors)", 8)
    }
}

private func middle(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
}

/// A number with so many digits behind the point.
private func fixed(_ value: Double, places: Int) -> String {
    let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
    let scaled = Int((value * scale).rounded())
    guard places > 0 else { return "\(scaled)" }
    let fraction = "\(scaled % Int(scale))"
    return "\(scaled / Int(scale))." + String(repeating: "0", count: places - fraction.count) + fraction
}

private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
}

extension String {
    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
