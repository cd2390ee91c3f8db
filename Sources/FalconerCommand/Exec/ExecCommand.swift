import FoundationEssentials
import Posix
import SystemPackage

/// What `--exec` runs for each event, and how.
struct ExecCommand: EventWorker {
    /// The exit code that asks for another try later, as sendmail and others have it (EX_TEMPFAIL in sysexits.h).
    static let laterCode: Int32 = 75
    /// How long a command that was told to end may take before it is killed.
    static let graceTime = Duration.seconds(5)

    private enum Form: Sendable {
        case words(ExecTemplate)
        case shell(String)
    }

    private let form: Form
    private let timeout: Duration
    private let socket: String
    /// Called once, and never cleared: everything under way is to be killed.
    private let killing: WakeUp

    /// A command as it was typed.
    ///
    /// - Parameters:
    ///   - text: The command.
    ///   - usesShell: Whether `/bin/sh -c` gets it as it is; nothing is filled in then.
    ///   - timeout: How long it may take.
    ///   - socket: The service's socket, for the command's environment.
    /// - Throws: `ExecTemplate.Problem`, `SystemCallError`.
    init(_ text: String, usesShell: Bool, timeout: Duration, socket: String) throws {
        form = usesShell ? .shell(text) : .words(try ExecTemplate(text))
        self.timeout = timeout
        self.socket = socket
        killing = try WakeUp()
    }

    func cancel() {
        killing.call()
    }

    /// Runs it: the event's line on standard input, its attributes in the environment.
    func work(on delivery: DeliveredEvent) -> WorkOutcome {
        let words: [String]
        switch form {
        case .shell(let text): words = ["/bin/sh", "-c", text]
        case .words(let template): words = template.arguments { delivery.value(of: $0) }
        }
        let process: SpawnedProcess
        do {
            // In memory and not through a pipe, which a command that ends without reading would break.
            let input = try OwnedDescriptor.memory(delivery.event.bytes + [UInt8(ascii: "\n")])
            process = try SpawnedProcess(
                words[0],
                Array(words.dropFirst()),
                environment: environment(delivery),
                input: input
            )
        } catch {
            switch error.errno {
            case .noSuchFileOrDirectory, .permissionDenied, .execFormatError, .notDirectory:
                return .impossible("\(words[0]) cannot be run: \(error.errno)")
            default: return .failed("\(words[0]) could not be run: \(error)")
            }
        }
        return CommandRun(process, timeout: timeout, killing: killing).outcome()
    }

    private func environment(_ delivery: DeliveredEvent) -> [String: String] {
        var variables = ProcessInfo.processInfo.environment
        for field in ExecTemplate.fields {
            // Also one that was inherited goes when the event has no such attribute.
            variables["FALCONER_" + field.name.uppercased()] = delivery.value(of: field)
        }
        variables["FALCONER_SOCKET"] = socket
        return variables
    }
}

extension DeliveredEvent {
    fileprivate func value(of field: ExecTemplate.Field) -> String? {
        switch field.source {
        case .attribute(let name): event.string(name)
        case .deliveryNumber: "\(number)"
        }
    }
}
