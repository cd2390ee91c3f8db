/// A file as it is sent to fal's storage: what is said of it, and how its bytes are had.
package struct UploadFile {
    /// What it is called, without folders.
    package let name: String
    /// How many bytes it has.
    package let byteCount: Int
    /// Reads the bytes at those places; nil when they are not all there any more.
    package let read: (Range<Int>) -> [UInt8]?

    /// Describes a file.
    package init(name: String, byteCount: Int, read: @escaping (Range<Int>) -> [UInt8]?) {
        self.name = name
        self.byteCount = byteCount
        self.read = read
    }

    /// Its media type, by the ending of its name; `application/octet-stream` for one that is not known.
    package var contentType: String {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return Self.unknownType }
        return Self.types[name[dot...].dropFirst().lowercased()] ?? Self.unknownType
    }

    private static let unknownType = "application/octet-stream"

    /// What models take and make (https://www.iana.org/assignments/media-types/media-types.xhtml).
    private static let types = [
        "avif": "image/avif", "bmp": "image/bmp", "gif": "image/gif", "heic": "image/heic", "jpeg": "image/jpeg",
        "jpg": "image/jpeg", "png": "image/png", "svg": "image/svg+xml", "tif": "image/tiff", "tiff": "image/tiff",
        "webp": "image/webp",
        "avi": "video/x-msvideo", "m4v": "video/x-m4v", "mkv": "video/x-matroska", "mov": "video/quicktime",
        "mp4": "video/mp4", "webm": "video/webm",
        "aac": "audio/aac", "flac": "audio/flac", "m4a": "audio/mp4", "mp3": "audio/mpeg", "oga": "audio/ogg",
        "ogg": "audio/ogg", "opus": "audio/ogg", "wav": "audio/wav",
        "csv": "text/csv", "glb": "model/gltf-binary", "json": "application/json", "pdf": "application/pdf",
        "txt": "text/plain", "zip": "application/zip",
    ]
}
