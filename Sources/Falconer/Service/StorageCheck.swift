import Logging
import Posix
import SystemPackage

/// Refuses a data folder on a file system whose syncs and locks are somebody else's word, unless told to take it.
///
/// - Throws: ``ServiceStartFailure`` with what to do instead.
func checkStorage(_ configuration: ServiceConfiguration, _ logger: Logger) throws(ServiceStartFailure) {
    let path = nearestExisting(configuration.dataDirectory)
    // Where the kernel does not say, the start itself shows what is wrong.
    guard let kind = try? FileSystemKind(of: path.string) else { return }
    try checkStorage(kind, ExtJournal(of: path.string), path, configuration, logger)
}

/// Judges a file system.
func checkStorage(
    _ kind: FileSystemKind,
    _ journal: ExtJournal,
    _ path: FilePath,
    _ configuration: ServiceConfiguration,
    _ logger: Logger
) throws(ServiceStartFailure) {
    switch kind {
    case .local:
        guard journal == .absent else { return }
        logger.warning(
            "the data folder is on ext4 without a journal: a write that fails there can damage what was on disk before",
            metadata: ["data": "\(path)", "advice": "tune2fs -O has_journal"]
        )
    case .memory(let name):
        logger.warning(
            "the data folder is in memory: nothing outlives the machine's next start",
            metadata: ["data": "\(path)", "file system": "\(name)"]
        )
    case .foreign(let name) where configuration.allowsNetworkFileSystem:
        logger.warning(
            "the data folder is on a file system on whose word for a sync nobody here can rely",
            metadata: ["data": "\(path)", "file system": "\(name)"]
        )
    case .foreign(let name):
        throw ServiceStartFailure(
            .storage,
            "\(path) is on \(name), where a sync may return before anything is on a disk, and a lock may keep nobody out",
            advice: "choose a folder on a local disk with --data, or take the risk with --allow-network-filesystem"
        )
    }
}

private func nearestExisting(_ path: FilePath) -> FilePath {
    var path = path
    while (try? FileSystemKind(of: path.isEmpty ? "." : path.string)) == nil, path.removeLastComponent() {}
    return path.isEmpty ? "." : path
}
