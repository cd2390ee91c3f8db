import ArgumentParser
import Falconer
import FoundationEssentials

/// The options about the files of results.
struct DownloadOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Fetch the files of every result into this folder, before they expire at fal; of the results from the first start with it on.",
            valueName: "folder"
        )
    )
    var download: String?

    @Option(
        help: ArgumentHelp(
            "Let submissions have their files put into this folder or below it, with 'submit --download' (repeatable; always: that of --download).",
            valueName: "folder"
        )
    )
    var allowDownload: [String] = []

    @Option(
        help: ArgumentHelp(
            "How they are named there: {submission} {request_id} {index} {name} {ext} {endpoint} (default: {submission}/{name}).",
            valueName: "template"
        )
    )
    var downloadName: String?

    @Option(help: ArgumentHelp("The largest file that is fetched, 500MB (default: 2GiB).", valueName: "size"))
    var downloadBytesMax: String?

    @Option(
        help: ArgumentHelp("How long one attempt at a file may take, 10m (default: 1h).", valueName: "time")
    )
    var downloadTimeout: String?

    @Option(
        help: ArgumentHelp(
            "Fetch from this host too, HOST or HOST:PORT, with http and at private addresses as well (repeatable; always: https at fal's media hosts).",
            valueName: "host"
        )
    )
    var mediaHost: [String] = []

    /// Every setting, with where it comes from.
    func settings(_ environment: Environment) -> [Setting<String?>] {
        [
            environment.setting("download", flag: download, default: nil),
            environment.setting(
                "allow-download",
                flag: allowDownload.isEmpty ? nil : allowDownload.joined(separator: ","),
                default: ""
            ),
            environment.setting("download-name", flag: downloadName, default: PathTemplate.standard),
            environment.setting("download-bytes-max", flag: downloadBytesMax, default: "2GiB"),
            environment.setting("download-timeout", flag: downloadTimeout, default: "1h"),
            environment.setting(
                "media-host",
                flag: mediaHost.isEmpty ? nil : mediaHost.joined(separator: ","),
                default: ""
            ),
        ]
    }

    /// What is to be downloaded; nil when nothing is.
    ///
    /// - Throws: ``CommandFailure`` that names the option and says what it takes.
    static func resolved(_ value: (String) -> String?) throws -> DownloadConfiguration? {
        let folder = value("download").map(absolute)
        let permitted = (value("allow-download") ?? "").split(separator: ",").map { absolute(String($0)) }
        guard folder != nil || !permitted.isEmpty else { return nil }
        let template = try parsing("download-name") { () throws(PathTemplate.Problem) in
            try PathTemplate(value("download-name") ?? PathTemplate.standard)
        }
        var configuration = DownloadConfiguration(directory: folder, template: template)
        configuration.permitted = permitted + (folder.map { [$0] } ?? [])
        let hosts = (value("media-host") ?? "").split(separator: ",").map { $0.filter { $0 != " " } }
        configuration.hosts.allowed = try hosts.map { text in
            try parsing("media-host") { try MediaHosts.Allowed(text) }
        }
        let size = value("download-bytes-max") ?? ""
        guard let bytes = Quantity.bytes(size), bytes > 0 else {
            throw CommandFailure(.usage, "--download-bytes-max: \(size) is no size; give a number with MB, GB or MiB")
        }
        configuration.bytesMax = bytes
        let time = value("download-timeout") ?? ""
        guard let timeout = Quantity.duration(time), (timeoutLeast...timeoutMost).contains(timeout) else {
            throw CommandFailure(.usage, "--download-timeout: \(time) is no time from 1s to 1d; give 90s, 10m or 1h")
        }
        configuration.attemptTime = timeout
        return configuration
    }

    /// The shortest time that an attempt can be given.
    static let timeoutLeast = Duration.seconds(1)
    /// The longest.
    static let timeoutMost = Duration.seconds(86_400)

    /// The path from the root, without `.` and `..`: the service may be at home in another folder than who asks.
    static func absolute(_ path: String) -> String {
        let whole = path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
        var parts: [Substring] = []
        for part in whole.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
