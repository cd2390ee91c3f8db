import ArgumentParser
import FalQueue
import FoundationEssentials

/// How fal is reached without a service.
struct FalAccess: ParsableArguments {
    @Option(help: "A file with the fal key, id:secret (default: the variable FAL_KEY).")
    var falKeyFile: String?

    /// The key.
    ///
    /// - Throws: ``CommandFailure`` when there is none.
    func key() throws -> FalKey {
        let environment = Environment(variables: ProcessInfo.processInfo.environment)
        if let path = environment.setting("fal-key-file", flag: falKeyFile, default: nil).value {
            return try parsing("fal-key-file") { try FalKey.fromFile(path) }
        }
        do {
            if let key = try FalKey.fromEnvironment(environment.variables) { return key }
        } catch {
            throw CommandFailure(.usage, "FAL_KEY: \(error)")
        }
        throw CommandFailure(.usage, "there is no fal key", advice: "set FAL_KEY, or give --fal-key-file")
    }

    /// A URL of fal's, or of an emulator in its place.
    ///
    /// - Parameters:
    ///   - name: The option's name, whose variable counts too.
    ///   - flag: What the option says.
    ///   - fallback: fal's own.
    /// - Returns: The URL.
    /// - Throws: ``CommandFailure``.
    func url(_ name: String, _ flag: String?, default fallback: QueueURL) throws -> QueueURL {
        let environment = Environment(variables: ProcessInfo.processInfo.environment)
        guard let text = environment.setting(name, flag: flag, default: nil).value else { return fallback }
        return try parsing(name) { try QueueURL.parse(text) }
    }
}
