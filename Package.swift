// swift-tools-version: 6.2
import PackageDescription

/// The settings of every library target.
///
/// Strict memory safety makes "pointers stay in the wrapper files" a build error. Test targets go without it:
/// Swift Testing's macros expand to errors under it in Swift 6.3.1.
let testSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]
let librarySettings: [SwiftSetting] = testSettings + [.strictMemorySafety()]

/// A Swift library target with the house's settings.
func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: librarySettings)
}

/// A test target with the house's settings.
func tests(
    _ name: String,
    _ dependencies: [Target.Dependency] = [],
    resources: [Resource] = []
) -> Target {
    .testTarget(
        name: name,
        dependencies: dependencies + ["TestSupport"],
        resources: resources,
        swiftSettings: testSettings
    )
}

let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

/// The fuzz targets: a test that runs the inputs that are kept, or, for Tests/Faults/fuzz, a program that libFuzzer drives.
let fuzzDependencies: [Target.Dependency] = [
    "Crypto", "EventStream", "FalQueue", "Falconer", "HTTPClient", "JSONText", "Journal", "Posix", "Threading",
    "Webhook", logging, system,
]
let fuzzTarget: Target =
    Context.environment["FALCONER_FUZZ"] == nil
    ? .testTarget(
        name: "FuzzTests",
        dependencies: fuzzDependencies,
        path: "Tests/Fuzz",
        exclude: ["Corpus", "main.swift"],
        swiftSettings: testSettings
    )
    : .executableTarget(
        name: "falconer-fuzz",
        dependencies: fuzzDependencies,
        path: "Tests/Fuzz",
        exclude: ["Corpus", "CorpusTests.swift"],
        swiftSettings: testSettings
    )

let package = Package(
    name: "falconer",
    products: [
        .executable(name: "falconer", targets: ["FalconerCommand"]),
        .library(name: "FalconerClient", targets: ["FalconerClient"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // C, seen only by the wrapper files right above it.
        .systemLibrary(name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .target(name: "CLinux"),

        // The ground floor: the operating system, threads, bytes.
        library("Posix", ["CLinux", system]),
        library("Threading", ["CLinux"]),
        library("JSONText"),
        library("Crypto", ["COpenSSL"]),
        library("HTTPClient", ["CCurl", "Threading"]),

        // Five rooms that do not know each other.
        library("HTTPServer", ["CMicroHTTPD", "Posix", "Threading", logging]),
        library("Webhook", ["Crypto", "JSONText"]),
        library("Journal", ["Crypto", "Posix", "Threading", "JSONText", deque, logging, system]),
        library("EventStream", ["Posix", "Threading", "JSONText", deque, heap, logging, system]),
        library("FalQueue", ["HTTPClient", "JSONText"]),

        // Where they meet.
        library(
            "Falconer",
            [
                "HTTPServer", "Webhook", "Journal", "EventStream", "FalQueue", "HTTPClient", "Crypto", "JSONText",
                "Posix", "Threading", lifecycle, logging, system,
            ]
        ),
        library(
            "FalEmulator",
            [
                "HTTPServer", "FalQueue", "HTTPClient", "Crypto", "JSONText", "Posix", "Threading", lifecycle, logging,
                system,
            ]
        ),

        // For programs of others: no C library but the system's, and the only module with a public interface.
        library("FalconerClient", ["JSONText", "Posix", "Threading"]),
        .executableTarget(
            name: "falconer-example",
            dependencies: ["FalconerClient"],
            path: "deploy/examples/swift",
            swiftSettings: testSettings
        ),

        .executableTarget(
            name: "FalconerCommand",
            dependencies: [
                "Benchmark", "Falconer", "FalEmulator", "EventStream", "FalQueue", "HTTPServer", "Journal", "JSONText",
                "HTTPClient", "Crypto", "Posix", "Threading", "Webhook",
                argumentParser, lifecycle, signals, logging, system,
            ],
            swiftSettings: librarySettings
        ),

        // Deliveries in bulk, for the tests and for `falconer bench`.
        library("LoadGenerator", ["Crypto", "Posix"]),
        library(
            "Benchmark",
            [
                "Crypto", "HTTPServer", "JSONText", "Journal", "LoadGenerator", "Posix", "TestSupport", "Threading",
                lifecycle, logging, system,
            ]
        ),

        // The least a receiver can be, in C: what `falconer bench receive` is held against.
        .executableTarget(
            name: "falconer-reference",
            dependencies: ["CLinux", "CMicroHTTPD", "COpenSSL"],
            path: "Tests/Benchmarks/reference",
            linkerSettings: [.linkedLibrary("microhttpd"), .linkedLibrary("crypto")]
        ),

        // The way of a delivery through our code, for counting its instructions.
        .executableTarget(
            name: "falconer-instructions",
            dependencies: [
                "Crypto", "Falconer", "HTTPServer", "Journal", "LoadGenerator", "Posix", "Webhook",
            ],
            path: "Tests/Benchmarks/Instructions",
            swiftSettings: testSettings
        ),

        // The test kit: like the tests, without strict memory safety.
        .target(
            name: "TestSupport",
            dependencies: ["CLinux", "Posix", "Threading", system],
            swiftSettings: testSettings
        ),

        // Faults made for real, from outside: for the tests, never installed.
        .executableTarget(
            name: "falconer-faults",
            dependencies: [
                "Crypto", "LoadGenerator", "Posix", "TestSupport", "Threading", argumentParser, system,
            ],
            path: "Tests/Faults/System",
            swiftSettings: testSettings
        ),
        tests("SystemFaultsTests", ["falconer-faults", "Crypto", "Posix", system]),

        // The journal's fault tests: a disk that forgets, and what must hold all the same.
        .target(
            name: "JournalFaults",
            dependencies: ["Journal", "Posix", "Threading", logging, system],
            path: "Tests/JournalFaults",
            swiftSettings: testSettings
        ),
        .executableTarget(
            name: "falconer-crashes",
            dependencies: ["JournalFaults", "Threading", argumentParser],
            path: "Tests/Faults/Crashes",
            swiftSettings: testSettings
        ),

        tests("FalconerClientTests", ["FalconerClient"]),
        tests("PosixTests", ["Posix", system]),
        tests("JournalTests", ["Journal", "JournalFaults", "JSONText", "Posix", "Threading", logging, system]),
        tests("TidyTests"),
        tests("HTTPClientTests", ["HTTPClient", "Threading"]),
        tests("FalQueueTests", ["FalQueue", "HTTPClient", "JSONText", system], resources: [.copy("Vectors")]),
        tests(
            "FalconerTests",
            [
                "Crypto", "EventStream", "FalQueue", "Falconer", "HTTPClient", "Journal", "LoadGenerator", "Posix",
                "Threading", "Webhook", logging, system,
            ]
        ),
        tests(
            "IntegrationTests",
            ["Benchmark", "Crypto", "FalconerCommand", "LoadGenerator", "Posix", "Threading", system],
            resources: [.copy("Vectors")]
        ),
        tests("FalconerCommandTests", ["FalconerCommand", "FalQueue", "HTTPClient", "Posix", system]),
        tests("JSONTextTests", ["JSONText"]),
        tests(
            "FalEmulatorTests",
            [
                "FalEmulator", "Crypto", "FalQueue", "HTTPClient", "HTTPServer", "JSONText", "Posix", "Threading",
                "Webhook",
                logging, system,
            ]
        ),
        tests("CryptoTests", ["Crypto"]),
        fuzzTarget,
        tests("WebhookTests", ["Webhook", "Crypto", "JSONText"], resources: [.copy("Vectors")]),
        tests("HTTPServerTests", ["HTTPServer", "Posix", "Threading", logging, system]),
        tests("EventStreamTests", ["EventStream", "JSONText", "Posix", "Threading", logging, system]),
    ],
    swiftLanguageModes: [.v6]
)
