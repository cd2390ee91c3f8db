import CMicroHTTPD

/// One of libmicrohttpd's response objects, with one reference to it.
@safe
struct LibraryResponse: ~Copyable {
    /// The library's handle, for calls made while this is alive.
    let handle: OpaquePointer

    /// A response of these bytes; nil when there is no memory or a field cannot be sent.
    static func make(headers: HeaderFields, body: [UInt8], closes: Bool) -> LibraryResponse? {
        // The library copies the bytes, so the buffer may go (microhttpd.h, MHD_RESPMEM_MUST_COPY).
        let created = unsafe body.withUnsafeBytes { bytes in
            unsafe MHD_create_response_from_buffer(
                bytes.count,
                UnsafeMutableRawPointer(mutating: bytes.baseAddress),
                .RESPMEM_MUST_COPY
            )
        }
        return unsafe finished(created, headers: headers, closes: closes)
    }

    /// A response that a stream feeds; nil as above, and then the stream is told that it is closed.
    static func make(headers: HeaderFields, stream: ResponseStream, closes: Bool) -> LibraryResponse? {
        // Released by `streamFreed`, which the library calls once, when the response's last reference goes.
        let reference = unsafe Unmanaged.passRetained(stream).toOpaque()
        let created = unsafe MHD_create_response_from_callback(
            UInt64.max,  // MHD_SIZE_UNKNOWN
            ResponseStream.blockBytes,
            streamRead,
            reference,
            streamFreed
        )
        if unsafe created == nil {
            unsafe streamFreed(reference)
        }
        return unsafe finished(created, headers: headers, closes: closes)
    }

    private static func finished(_ created: OpaquePointer?, headers: HeaderFields, closes: Bool) -> LibraryResponse? {
        guard let created = unsafe created else { return nil }
        let response = unsafe LibraryResponse(owning: created)
        guard unsafe headers.allSatisfyAsText({ unsafe response.add($0, $1) }) else { return nil }
        if closes, unsafe !response.add("Connection", "close") { return nil }
        return response
    }

    private init(owning handle: OpaquePointer) {
        unsafe self.handle = handle
    }

    deinit {
        unsafe MHD_destroy_response(handle)
    }

    private func add(_ name: UnsafePointer<CChar>, _ value: UnsafePointer<CChar>) -> Bool {
        unsafe MHD_add_response_header(handle, name, value) == .YES
    }
}

/// Called by the library for the next bytes of a stream, on the loop's thread (MHD_ContentReaderCallback).
private func streamRead(
    _ context: UnsafeMutableRawPointer?,
    _ position: UInt64,
    _ buffer: UnsafeMutablePointer<CChar>?,
    _ capacity: Int
) -> Int {
    guard let context = unsafe context, let buffer = unsafe buffer else { return -1 }
    let stream = unsafe Unmanaged<ResponseStream>.fromOpaque(context).takeUnretainedValue()
    return unsafe stream.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: capacity))
}

/// Called by the library when the response is gone (MHD_ContentReaderFreeCallback).
private func streamFreed(_ context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<ResponseStream>.fromOpaque(context).takeRetainedValue().detach()
}
