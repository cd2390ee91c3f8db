// A program that uses FalconerClient. In a package of your own:
//
//     .package(url: "https://github.com/…/falconer", branch: "main")
//     .executableTarget(name: "example", dependencies: [.product(name: "FalconerClient", package: "falconer")])
//
//     falconer-example SOCKET follow           prints the id of each event, from the first on
//     falconer-example SOCKET work CONSUMER    acknowledges each event, and says when that is on disk
//     falconer-example SOCKET submit           has one request sent to fal, and waits for its outcome

import FalconerClient
import Glibc

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
    print("usage: falconer-example SOCKET follow|work CONSUMER|submit")
    exit(64)
}

/// Writes a line at once, also into a file.
@Sendable func say(_ text: String, to descriptor: Int32 = STDOUT_FILENO) {
    let bytes = Array("\(text)\n".utf8)
    _ = write(descriptor, bytes, bytes.count)
}

var falconer = FalconerClient(socket: arguments[1])
falconer.onNotice = { notice in
    say("\(notice)", to: STDERR_FILENO)
}

switch arguments[2] {
case "follow":
    for try await event in falconer.events(from: .first) {
        say("\(event.id)")
    }
case "work" where arguments.count == 4:
    var options = ConsumerOptions()
    options.start = .first
    options.inFlightMax = 20
    var refused: Set<UInt64> = []
    let consumer = try falconer.consumer(arguments[3], options: options)
    for try await delivery in consumer {
        let id = delivery.event.id
        say("got \(id)")
        // Every seventh event cannot be dealt with at once.
        if id % 7 == 0, refused.insert(id).inserted {
            consumer.extend(delivery)
            consumer.refuse(delivery, delay: 0.2)
        } else if await consumer.acknowledgeDurably(delivery) {
            say("done \(id)")
        }
    }
case "submit":
    let input = Array(#"{"prompt":"A falcon dives from a cliff at dawn"}"#.utf8)
    let submission = try await falconer.submit(
        endpoint: "xai/grok-imagine-video/text-to-video",
        input: input,
        tag: "swift"
    )
    var filter = EventFilter()
    filter.submission = submission
    filter.types = ["fal.request.*"]
    for try await event in falconer.events(from: .first, filter: filter) {
        say("\(event.type) \(String(decoding: event.data ?? [], as: UTF8.self))")
        break
    }
    say(try await falconer.status(of: submission).state)
default:
    say("usage: falconer-example SOCKET follow|work CONSUMER|submit")
    exit(64)
}
