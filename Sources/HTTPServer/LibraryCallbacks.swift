import CMicroHTTPD
import Glibc
import Logging

// What libmicrohttpd calls, always on the thread of the loop that runs the daemon.

/// The request line is complete (MHD_OPTION_URI_LOG_CALLBACK); what is returned becomes the request's context.
///
/// The library calls `requestCompleted` for every request that came this far, even if its handler was never called:
/// `parse_initial_message_line` in connection.c of 0.9.75 sets `client_aware` here.
func requestBegan(
    _ context: UnsafeMutableRawPointer?,
    _ target: UnsafePointer<CChar>?,
    _ handle: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let handle = unsafe handle, let connection = unsafe connection(of: handle) else { return nil }
    let written = unsafe target.map { unsafe String(cString: $0) } ?? ""
    let request = RequestContext(connection: connection, target: written, now: .now)
    // Released by `requestCompleted`.
    return unsafe Unmanaged.passRetained(request).toOpaque()
}

/// The head is there, a piece of the body, its end, or the connection goes on (MHD_AccessHandlerCallback).
func requestAdvanced(
    _ context: UnsafeMutableRawPointer?,
    _ handle: OpaquePointer?,
    _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?,
    _ version: UnsafePointer<CChar>?,
    _ data: UnsafePointer<CChar>?,
    _ size: UnsafeMutablePointer<Int>?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let handle = unsafe handle, let size = unsafe size, let stored = unsafe slot?.pointee else { return .NO }
    let request = unsafe Unmanaged<RequestContext>.fromOpaque(stored).takeUnretainedValue()
    let goesOn: Bool
    if request.awaitsHead {
        goesOn = request.headArrived(
            method: unsafe method.map { unsafe String(cString: $0) } ?? "",
            isHTTP10: unsafe version.map { unsafe String(cString: $0) } != "HTTP/1.1",
            headers: unsafe fields(of: handle)
        )
    } else if unsafe size.pointee > 0 {
        goesOn = unsafe request.bodyArrived(UnsafeRawBufferPointer(start: data, count: size.pointee))
        // All of it was taken.
        unsafe size.pointee = 0
    } else {
        goesOn = request.proceeded()
    }
    return goesOn ? .YES : .NO
}

/// The request is over, answered or not (MHD_RequestCompletedCallback).
func requestCompleted(
    _ context: UnsafeMutableRawPointer?,
    _ handle: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    _ reason: MHD_RequestTerminationCode
) {
    guard let stored = unsafe slot?.pointee else { return }
    unsafe slot?.pointee = nil
    // Retained by `requestBegan`.
    unsafe Unmanaged<RequestContext>.fromOpaque(stored).takeRetainedValue().completed(now: .now)
}

/// A connection was taken over, or is about to be closed (MHD_NotifyConnectionCallback).
func connectionChanged(
    _ context: UnsafeMutableRawPointer?,
    _ handle: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    _ change: MHD_ConnectionNotificationCode
) {
    guard let context = unsafe context, let handle = unsafe handle, let slot = unsafe slot else { return }
    let loop = unsafe Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue()
    if change == .CONNECTION_NOTIFY_STARTED {
        // Released below, when the library closes the connection.
        let connection = unsafe loop.connectionStarted(handle)
        unsafe slot.pointee = Unmanaged.passRetained(connection).toOpaque()
    } else if let stored = unsafe slot.pointee {
        unsafe slot.pointee = nil
        // Retained above.
        loop.connectionClosed(unsafe Unmanaged<LoopConnection>.fromOpaque(stored).takeRetainedValue())
    }
}

/// The library has something to say (MHD_OPTION_EXTERNAL_LOGGER); it does so for each malformed request.
func libraryLogged(_ context: UnsafeMutableRawPointer?, _ message: UnsafePointer<CChar>?) {
    guard let context = unsafe context, let message = unsafe message else { return }
    let loop = unsafe Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue()
    loop.shared.logger.debug(
        "libmicrohttpd",
        metadata: ["message": "\(unsafe String(cString: message).filter { $0 != "\n" })"]
    )
}

/// The library found itself or us broken (MHD_set_panic_func); to return would go on in undefined behaviour.
func libraryPanicked(
    _ context: UnsafeMutableRawPointer?,
    _ file: UnsafePointer<CChar>?,
    _ line: UInt32,
    _ reason: UnsafePointer<CChar>?
) {
    let reason = unsafe reason.map { unsafe String(cString: $0) } ?? "no reason given"
    preconditionFailure("libmicrohttpd gave up at line \(line): \(reason)")
}

private func connection(of handle: OpaquePointer) -> LoopConnection? {
    guard let stored = unsafe CMicroHTTPD_socketContext(handle) else { return nil }
    return unsafe Unmanaged<LoopConnection>.fromOpaque(stored).takeUnretainedValue()
}

/// The header fields of the request being received, with every byte as the library kept it.
private func fields(of handle: OpaquePointer) -> HeaderFields {
    // Room for what a delivery has; growing step by step took ten allocations.
    var fields = HeaderFields(reservingBytes: 1_024, fields: 16)
    unsafe withUnsafeMutablePointer(to: &fields) { pointer in
        _ = unsafe MHD_get_connection_values_n(handle, .HEADER_KIND, fieldFound, pointer)
    }
    return fields
}

private func fieldFound(
    _ context: UnsafeMutableRawPointer?,
    _ kind: MHD_ValueKind,
    _ name: UnsafePointer<CChar>?,
    _ nameCount: Int,
    _ value: UnsafePointer<CChar>?,
    _ valueCount: Int
) -> MHD_Result {
    guard let fields = unsafe context?.assumingMemoryBound(to: HeaderFields.self) else { return .NO }
    unsafe fields.pointee.append(
        name: UnsafeRawBufferPointer(start: name, count: nameCount),
        value: UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueCount)
    )
    return .YES
}
