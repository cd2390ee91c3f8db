package import HTTPClient

/// Why a file is not in fal's storage.
package enum UploadError: Error, Sendable, Hashable {
    /// fal refused the key.
    case keyRefused(status: Int, FalError)
    /// The storage answered with something else than success.
    case refused(status: Int, FalError)
    /// There was no answer.
    case transport(HTTPClientError.Kind, detail: String)
    /// The answer does not say where the file goes, or says somewhere that it must not go.
    case unusableAnswer
    /// The file is not as long as it was.
    case fileChanged
    /// The file is longer than ``FileStorage/fileBytesMax``.
    case tooLarge
}

extension UploadError: CustomStringConvertible {
    /// One line for people.
    package var description: String {
        switch self {
        case .keyRefused(let status, let error):
            "fal refused the key (HTTP \(status)): \(error.message ?? "no reason was given")"
        case .refused(let status, let error):
            "the storage refused it (HTTP \(status)): \(error.message ?? "no reason was given")"
        case .transport(_, let detail): detail
        case .unusableAnswer: "the storage's answer names no URL that can be used"
        case .fileChanged: "the file changed, or could not be read to its end"
        case .tooLarge: "the file is longer than \(FileStorage.fileBytesMax) bytes"
        }
    }
}

extension UploadError {
    /// Whether it may go better the next time.
    var isPassing: Bool {
        switch self {
        case .refused(let status, _): status == 408 || status == 429 || status >= 500
        case .transport(let kind, _): kind != .badURL && kind != .badHeader && kind != .cancelled
        case .keyRefused, .unusableAnswer, .fileChanged, .tooLarge: false
        }
    }
}
