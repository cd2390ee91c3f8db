package import EventStream
package import FalQueue
package import HTTPServer
package import Journal
import Posix
package import SystemPackage

/// Everything a service is told at its start.
package struct ServiceConfiguration: Sendable {
    /// Where fal reaches the hook.
    package enum Reach: Sendable {
        /// Nobody can: nothing can be submitted.
        case none
        /// Under this URL.
        case url(PublicURL)
        /// Under the first address the hook listens on: for an emulator on the same machine.
        case firstListener
    }

    /// Where the hook listens.
    package var listen: [ListenAddress]
    /// What the hook takes from its clients.
    package var limits = ServerLimits()
    /// What the clients of the event stream may use.
    package var stream = EventStreamLimits()
    /// Who may do what on the event stream.
    package var access = StreamAccess()
    /// The event loops of the hook; nil means one for each core.
    package var threads: Int?
    /// The socket of the event stream.
    package var socketPath: String
    /// The Unix socket on which events are read over HTTP; nil for none.
    package var httpSocketPath: String?
    /// The folder of everything that lasts.
    package var dataDirectory: FilePath
    /// A segment of the journal that has this many bytes is followed by a new one; nil means the journal's own limit.
    package var segmentBytesMax: Int?
    /// How long and how much of the journal is kept; everything by default.
    package var retention = RetentionLimits()
    /// What the start does about bytes of the journal that are no event.
    package var recovery = RecoveryPolicy.keepValid
    /// Whether the data may be on a file system of which nobody here knows what a sync is worth.
    package var allowsNetworkFileSystem = false
    /// Where fal's public keys come from.
    package var keySource: KeySource
    /// Whose deliveries are accepted; empty to learn it.
    package var accounts: [String]
    /// How long a delivery is remembered, so that one that comes again is not stored again.
    package var dedupeWindow: Duration
    /// Where fal reaches the hook.
    package var reach: Reach
    /// Where submissions go.
    package var queue: QueueURL
    /// Who pays for them; nil when nothing is to be submitted.
    package var key: FalKey?
    /// How many submissions are on their way to fal at once.
    package var sendsMax = Outbox.concurrencyDefault
    /// Where the documents of models are that are not built in; nil to check nothing against them.
    package var site: QueueURL?
    /// Where fal's platform API is.
    package var platform = QueueURL.falPlatform
    /// Whether fal is asked about submissions whose callback does not come.
    package var isPolling = true
    /// How many questions fal is asked a minute.
    package var pollingBudget = PollingPace.budgetDefault
    /// When to give up on a submission of which nothing can be known.
    package var giveUpAfter: Duration = .microseconds(WatchList.Policy.giveUpAfterDefault)

    /// What is done about the files of results; nil to leave them where they are.
    package var download: DownloadConfiguration?

    /// A configuration with the design's defaults.
    package init(socketPath: String, dataDirectory: FilePath) {
        listen = [ListenAddress(ip: .v4(0x7F00_0001), port: 8_787)]
        self.socketPath = socketPath
        self.dataDirectory = dataDirectory
        keySource = .fal
        accounts = []
        dedupeWindow = .seconds(24 * 3_600)
        reach = .none
        queue = .fal
    }
}
