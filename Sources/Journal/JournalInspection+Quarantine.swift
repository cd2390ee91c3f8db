import Posix
import SystemPackage

/// A file in quarantine: bytes that a start took out of a segment.
package struct QuarantinedBytes: Equatable, Sendable {
    /// The file's name.
    package let fileName: String
    /// Its size.
    package let bytes: Int
    /// The first id of the segment that they were taken out of; `nil` when the name does not say so.
    package let segment: UInt64?
    /// The ids that may have stood there.
    package let traces: IDTraces
}

extension JournalInspection {
    /// The most bytes of a quarantined file that are searched for ids.
    package static let quarantineReadMax = 16 << 20

    /// What earlier starts took out of the segments.
    ///
    /// - Throws: ``JournalError``.
    package func quarantine() throws(JournalError) -> [QuarantinedBytes] {
        do throws(SystemCallError) {
            var found: [QuarantinedBytes] = []
            for name in try quarantinedNames().sorted() {
                guard let file = try existing("quarantine/" + name) else { continue }
                let size = try file.size()
                let read = min(size, Self.quarantineReadMax)
                var bytes: [UInt8] = []
                try file.readAll(read, at: 0, appendingTo: &bytes)
                var traces = unsafe bytes.withUnsafeBytes { unsafe IDTraces($0) }
                traces.addUnseen(size - read)
                found.append(
                    QuarantinedBytes(
                        fileName: name,
                        bytes: size,
                        segment: name.split(separator: ".").first.flatMap { UInt64($0) },
                        traces: traces
                    )
                )
            }
            return found
        } catch {
            throw JournalError(error)
        }
    }

    private func quarantinedNames() throws(SystemCallError) -> [String] {
        do throws(SystemCallError) {
            return try fileSystem.names(in: directory + "/quarantine").filter { $0.hasSuffix(".bad") }
        } catch {
            guard error.errno == .noSuchFileOrDirectory else { throw error }
            return []
        }
    }
}
