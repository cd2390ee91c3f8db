import Logging

final class EventLoop {
    init(
        shared: SharedState,
        log: any EventLog,
        commands: any CommandHandler,
        limits: EventStreamLimits,
        logger: Logger
    ) {}
    func run() {}
}
