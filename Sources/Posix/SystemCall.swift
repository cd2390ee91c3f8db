import Glibc
import SystemPackage

/// Makes a call until it is not interrupted, and turns -1 into a typed error.
///
/// EBADF and EFAULT can only mean a bug of ours, and stop the process: going on would touch somebody else's descriptor.
///
/// - Parameters:
///   - name: The call's name, for the error.
///   - subject: What it is called on, for the error.
///   - body: The call.
/// - Returns: What the call returned, never -1.
/// - Throws: ``SystemCallError`` when it failed for another reason than an interruption.
@discardableResult
package func systemCall<Result: FixedWidthInteger & SignedInteger>(
    _ name: String,
    on subject: @autoclosure () -> String = "",
    _ body: () -> Result
) throws(SystemCallError) -> Result {
    while true {
        let result = body()
        if result != -1 { return result }
        let code = errno
        if code == EINTR { continue }
        precondition(code != EBADF && code != EFAULT, "\(name) failed with \(code): a bug")
        throw SystemCallError(call: name, errno: Errno(rawValue: code), subject: subject())
    }
}
