internal import Crypto
internal import HTTPServer
package import Logging
package import Posix
internal import ServiceLifecycle
package import SystemPackage
internal import Threading

/// fal for people without fal: the queue, its webhooks and its keys, on this machine.
///
/// It is running once ``start(_:logger:)`` has returned. Whoever starts one must ``stop()`` it, or ``run()`` it.
package final class FalEmulator: Service {
    /// How long a self-made certificate is valid: the emulator makes a new one at each start.
    static let certificateSeconds = 30 * 24 * 3600
    /// How long requests under way may take when it stops.
    static let drainTime: Duration = .seconds(2)

    /// The addresses of ``EmulatorConfiguration/listen``, then those of `plainListen`, with their real ports.
    package let boundAddresses: [InternetAddress]
    /// The URL on the first address, without a slash at the end.
    package let url: String
    /// The URL of the key set, over plain HTTP wherever there is a plain address.
    package let keysURL: String
    /// Where the certificate lies as PEM, for `SSL_CERT_FILE`; nil without TLS.
    package let certificateFile: FilePath?

    private let core: EmulatorCore
    private let servers: [HTTPServer]
    private let logger: Logger

    private init(
        _ core: EmulatorCore,
        _ main: HTTPServer,
        _ plain: HTTPServer?,
        certificate: FilePath?,
        _ logger: Logger
    ) {
        self.core = core
        self.logger = logger
        servers = [main, plain].compactMap(\.self)
        boundAddresses = servers.flatMap(\.boundAddresses)
        let isTLS = certificate != nil
        url = Self.url(main, isTLS: isTLS)
        keysURL = (plain.map { Self.url($0, isTLS: false) } ?? url) + "/.well-known/jwks.json"
        certificateFile = certificate
    }

    /// Starts an emulator.
    ///
    /// - Parameters:
    ///   - configuration: How it behaves.
    ///   - logger: Hears of each webhook at level debug, and of what goes wrong.
    /// - Returns: The running emulator.
    /// - Throws: ``EmulatorStartFailure``, which says what did not start and what to do; nothing is left behind.
    package static func start(
        _ configuration: EmulatorConfiguration,
        logger: Logger
    ) throws(EmulatorStartFailure) -> FalEmulator {
        guard let video = Base64.decode(SampleVideo.base64) else {
            preconditionFailure("the embedded video is no base 64")
        }
        let identity = try configuration.isTLS ? EmulatorIdentity.make(configuration) : nil
        let core = try EmulatorCore(configuration, try firstState(configuration, video: video), logger: logger)
        let main = try listen(
            configuration.listen,
            identity?.tls,
            EmulatorHandler(core: core, scheme: identity == nil ? "http" : "https", video: video),
            configuration,
            logger
        )
        var plain: HTTPServer?
        if !configuration.plainListen.isEmpty {
            do throws(EmulatorStartFailure) {
                let handler = EmulatorHandler(core: core, scheme: "http", video: video)
                plain = try listen(configuration.plainListen, nil, handler, configuration, logger)
            } catch {
                main.stop(deadline: .zero)
                throw error
            }
        }
        core.start()
        return FalEmulator(core, main, plain, certificate: identity?.file, logger)
    }

    /// Waits until the service is asked to stop, and stops it.
    package func run() async throws {
        try? await gracefulShutdown()
        let (ends, continuation) = AsyncStream.makeStream(of: Void.self)
        let thread = WorkerThread(name: "emu-stop") { [self] in
            stop()
            continuation.finish()
        }
        for await _ in ends {}
        thread.join()
    }

    /// Answers what is under way, gives up the webhooks that are not delivered yet, and ends every thread; blocks.
    package func stop() {
        for server in servers { server.drain() }
        core.stop()
        for server in servers { server.stop(deadline: Self.drainTime) }
        logger.info("emulator stopped")
    }

    /// How many clients watch a status right now.
    var streamCount: Int { core.state.withLock { state in state.streams.count } }

    /// How many comments silent streams got.
    var pingCount: Int { core.state.withLock { state in state.pingCount } }

    private static func url(_ server: HTTPServer, isTLS: Bool) -> String {
        guard let address = server.boundAddresses.first else { return "" }
        return "\(isTLS ? "https" : "http")://\(address.reachable)"
    }

    private static func listen(
        _ addresses: [ListenAddress],
        _ tls: TLSIdentity?,
        _ handler: EmulatorHandler,
        _ configuration: EmulatorConfiguration,
        _ logger: Logger
    ) throws(EmulatorStartFailure) -> HTTPServer {
        var limits = ServerLimits()
        limits.bodyBytesMax = UploadStore.bodyBytesMax
        let server = HTTPServerConfiguration(
            listen: addresses,
            threads: configuration.threads,
            limits: limits,
            tls: tls,
            serverName: tls == nil ? "emu-http" : "emu-https"
        )
        do throws(HTTPServerError) {
            return try HTTPServer.start(server, handler: handler, logger: logger)
        } catch {
            throw EmulatorStartFailure(.listen, "\(error)")
        }
    }

    private static func firstState(
        _ configuration: EmulatorConfiguration,
        video: [UInt8]
    ) throws(EmulatorStartFailure) -> EmulatorState {
        let keys: EmulatorKeys
        if let path = configuration.keysFile {
            keys = try KeysFile.loadOrMake(path)
        } else {
            keys = try KeysFile.newKeys()
        }
        var queue = EmulatedQueue.Configuration()
        queue.concurrency = configuration.concurrency
        queue.endpointLimits = configuration.endpointLimits
        queue.queueTime = configuration.queueTime.microseconds
        queue.runTime = configuration.runTime.microseconds
        queue.speed = configuration.speed
        var state = EmulatorState(
            queue: EmulatedQueue(queue, video: SampleVideo.facts(byteCount: video.count)),
            plan: DeliveryPlan(schedule: WebhookSchedule(configuration.schedule, speed: configuration.speed)),
            keys: keys,
            rules: configuration.rules,
            pingInterval: configuration.pingInterval.microseconds
        )
        state.nextKeyRotation = configuration.keyRotationInterval.map { EmulatorClock().now + $0.microseconds }
        return state
    }
}

extension InternetAddress {
    /// The address in a form that a client on this machine can use: every-address becomes loopback.
    fileprivate var reachable: InternetAddress {
        switch ip {
        case .v4(0): InternetAddress(ip: .v4(0x7F00_0001), port: port)
        case .v6(0, 0): InternetAddress(ip: .v4(0x7F00_0001), port: port)
        default: self
        }
    }
}

extension SampleVideo {
    /// The file as outputs describe it.
    static func facts(byteCount: Int) -> VideoFacts {
        VideoFacts(
            url: "/files/\(fileName)",
            contentType: contentType,
            fileName: fileName,
            fileSize: byteCount,
            width: width,
            height: height,
            fps: Double(framesPerSecond),
            duration: Double(durationSeconds),
            frameCount: frameCount
        )
    }
}
