import Posix

/// Reading and writing all of something, however many calls it takes.
extension File {
    /// Appends bytes from an offset on, as many as asked for unless the file ends before.
    func readAll(_ count: Int, at offset: Int, appendingTo buffer: inout [UInt8]) throws(SystemCallError) {
        var filled = 0
        while filled < count {
            let came = try read(count - filled, at: offset + filled, appendingTo: &buffer)
            if came == 0 { return }
            filled += came
        }
    }

    /// Writes all bytes, continuing after a short write.
    func writeAll(_ bytes: borrowing Span<UInt8>, at offset: Int) throws(SystemCallError) {
        var written = 0
        while written < bytes.count {
            written += try write(bytes.extracting(written..<bytes.count), at: offset + written)
        }
    }
}
