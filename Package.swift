// swift-tools-version: 6.2
import PackageDescription

// The target graph is the architecture (docs/architecture.md). Imports run downwards only, and `make build` checks it
// with `--explicit-target-dependency-import-check error`. Three kinds of room, each in its own section below:
// pure targets decide, adaptors talk to one outside system each, services connect them.

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

// What the simulation runs is optimized in debug builds, too: `make test` has a minute for it, and in that minute it
// tries five times as many schedules. A whole module at once, with one thread for each core of a small machine.
let simulatedSettings =
    settings + [
        .unsafeFlags(
            ["-O", "-whole-module-optimization", "-num-threads", "2", "-disable-batch-mode"],
            .when(configuration: .debug))
    ]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let atomics = Target.Dependency.product(name: "Atomics", package: "swift-atomics")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let grpcCore = Target.Dependency.product(name: "GRPCCore", package: "grpc-swift-2")
let grpcProtobuf = Target.Dependency.product(name: "GRPCProtobuf", package: "grpc-swift-protobuf")
let grpcTransport = Target.Dependency.product(
    name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport")
let hashTrees = Target.Dependency.product(name: "HashTreeCollections", package: "swift-collections")
let heaps = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let deques = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let hummingbirdTesting = Target.Dependency.product(name: "HummingbirdTesting", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHPACK = Target.Dependency.product(name: "NIOHPACK", package: "swift-nio-http2")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTP2 = Target.Dependency.product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// A target that the simulation runs.
func simulated(_ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: simulatedSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

// Pure: values in, values out. No clock, no random, no file, no socket, no `async`.
let pure: [Target] = [
    simulated("JSON"),
    simulated("Addressing"),
    simulated("Time"),
    library("Testbed", ["Addressing", "JSON"]),
    library("Blueprint", ["Addressing", "JSON", "Testbed"]),
    simulated("Store"),
    simulated("Ordered", [heaps]),
    simulated("Model", ["Addressing", "JSON", "Ordered", "Store", "Time", hashTrees]),
    simulated(
        "NeutronModel", ["Addressing", "JSON", "Model", "Ordered", "Store", "Time", hashTrees, heaps]),
    simulated("History"),
]

// Adaptors: one outside system each, behind one small protocol; they decide nothing.
let adaptors: [Target] = [
    .systemLibrary(name: "CRabbitMQ", pkgConfig: "librabbitmq", providers: [.apt(["librabbitmq-dev"])]),
    .target(name: "CLinux"),
    .target(
        name: "EtcdAPI", dependencies: [grpcCore, grpcProtobuf, protobuf], exclude: ["etcd.proto"],
        swiftSettings: settings),
    library("SQLiteStore", ["Store", grdb]),
    library(
        "EtcdStore",
        [
            "EtcdAPI", "Store", grpcCore, grpcProtobuf, grpcTransport, protobuf, nioCore, nioHPACK, nioHTTP2, nioPosix,
            nioSSL, logging,
        ]),
    simulated("Broker", ["CRabbitMQ", "JSON", "Time", deques, logging]),
    library("Keystone", ["JSON", asyncHTTPClient, crypto, nioCore, nioHTTP1, nioSSL, logging]),
    library("Remote", [subprocess, logging]),
]

// Services and tools: short loops that move values between the pure rooms and the adaptors.
let services: [Target] = [
    simulated(
        "Controller",
        [
            "Addressing", "Broker", "JSON", "Keystone", "Model", "NeutronModel", "Store", "Time", atomics, hashTrees,
            deques,
            logging,
            serviceLifecycle,
        ]),
    library(
        "HTTPService",
        [
            "Addressing", "Controller", "JSON", "Keystone", "Model", "Store", atomics, deques, httpTypes, hummingbird,
            hummingbirdCore, hummingbirdTLS, nioCore, nioHTTP1, nioSSL, logging, serviceLifecycle,
        ]),
    library(
        "StatusAPI", ["Broker", "Controller", "HTTPService", "JSON", "Model", "Store", "Time", hashTrees, logging]),
    library("ConfigAPI", ["Addressing", "Controller", "HTTPService", "JSON", "Model", "Store", hummingbird, logging]),
    simulated(
        "NeutronAPI",
        ["Addressing", "Controller", "HTTPService", "JSON", "Model", "NeutronModel", hummingbird, logging]),
    .target(
        name: "Console",
        dependencies: [
            "Addressing", "Controller", "HTTPService", "JSON", "Keystone", "Model", "NeutronModel", asyncHTTPClient,
            crypto, httpTypes, hummingbird, hummingbirdTLS, logging, mustache, nioCore, nioPosix, nioSSL,
            serviceLifecycle,
        ],
        resources: [.embedInCode("Assets")],
        swiftSettings: settings),
    library(
        "Deploy",
        [
            "Addressing", "Blueprint", "JSON", "Keystone", "Model", "Remote", "Testbed", "Time", asn1, asyncHTTPClient,
            crypto, nioCore, nioHTTP1, nioSSL, logging, x509,
        ]),
    library("Watchdog", [logging, nioCore]),
    library("VIPHealth", ["Addressing", "Blueprint", "JSON", crypto]),
    library("Lab", ["Addressing", "CLinux", "JSON", nioCore, nioPosix, subprocess]),
    library(
        "Drill",
        [
            "Addressing", "Blueprint", "Broker", "History", "JSON", "Keystone", "Lab", "Remote", "Testbed",
            asyncHTTPClient, nioCore, nioHTTP1,
        ]),
    .executableTarget(
        name: "skein",
        dependencies: [
            "Addressing", "Blueprint", "Broker", "ConfigAPI", "Console", "Controller", "Deploy", "Drill", "EtcdStore",
            "HTTPService", "JSON", "Keystone", "Lab", "Model", "NeutronAPI", "Remote", "SQLiteStore", "StatusAPI",
            "Store", "Testbed", "Time", "VIPHealth", "Watchdog",
            argumentParser, logging, nioCore, nioPosix, serviceLifecycle, unixSignals,
        ],
        swiftSettings: settings),
]

let suites: [Target] = [
    // What suites share: the store as a value, and what must hold in every store.
    simulated("StoreContents", ["Addressing", "JSON", "Model", "Store", hashTrees], path: "Tests/StoreContents"),
    // Numbers by chance that a seed decides.
    simulated("SeededChance", path: "Tests/SeededChance"),
    // A scheduler, and the engines that it runs: what the simulation is made of.
    simulated("Simulator", ["Broker", "SeededChance", "Store", "StoreContents"], path: "Tests/Simulator"),
    tests("JSONTests", ["JSON", "SeededChance"]),
    tests("AddressingTests", ["Addressing", "SeededChance"]),
    tests("TimeTests", ["Time"]),
    tests("OrderedTests", ["Ordered", "SeededChance"]),
    tests("TestbedTests", ["Testbed", "Addressing", "JSON"]),
    tests("BlueprintTests", ["Blueprint", "Testbed", "Addressing", "JSON"], exclude: ["Golden"]),
    tests("ModelTests", ["Model", "SeededChance", "Store", "Time", "StoreContents", "JSON", "Addressing", hashTrees]),
    tests(
        "NeutronModelTests",
        ["NeutronModel", "Model", "SeededChance", "Store", "Time", "StoreContents", "JSON", "Addressing", hashTrees]),
    tests(
        "StoreTests",
        ["Store", "SQLiteStore", "EtcdStore", "EtcdAPI", "SeededChance", "Simulator", grpcCore, nioCore, nioEmbedded]),
    tests("BrokerTests", ["Broker", "Blueprint", "JSON", "SeededChance", "Simulator", "Time", subprocess]),
    tests(
        "KeystoneTests",
        [
            "Keystone", "JSON", httpTypes, hummingbird, hummingbirdTLS, nioCore, nioSSL, logging, serviceLifecycle,
            subprocess,
        ]),
    tests(
        "ControllerTests",
        [
            "Addressing", "Blueprint", "Controller", "HTTPService", "ConfigAPI", "NeutronAPI", "Model",
            "NeutronModel", "SeededChance", "StatusAPI", "Store", "Time",
            "SQLiteStore",
            "Broker", "JSON", "Keystone", hashTrees, httpTypes, hummingbird, hummingbirdTesting, logging, nioCore,
            nioPosix,
            serviceLifecycle,
        ]),
    tests(
        "ConfigAPITests",
        [
            "ConfigAPI", "Controller", "HTTPService", "JSON", "Keystone", "Model", "SQLiteStore", "Store", "Time",
            logging,
            serviceLifecycle, subprocess,
        ], exclude: ["vnc_client_check.py"]),
    tests(
        "ConsoleTests",
        [
            "Console", "HTTPService", "JSON", "Keystone", asyncHTTPClient, httpTypes, hummingbird, hummingbirdTesting,
            logging, nioCore, nioHTTP1, serviceLifecycle,
        ]),
    tests(
        "DeployTests",
        [
            "Addressing", "Deploy", "Blueprint", "Testbed", "Remote", "JSON", crypto, httpTypes, hummingbird, logging,
            nioCore, serviceLifecycle,
        ]),
    tests("VIPHealthTests", ["Addressing", "VIPHealth", "Blueprint", crypto]),
    tests("WatchdogTests", ["Watchdog", logging, nioCore, nioPosix]),
    tests("HistoryTests", ["History", "SeededChance"]),
    tests("DrillTests", ["Broker", "Drill", "History", "JSON", "Lab", "SeededChance", "Testbed"]),
    .testTarget(
        name: "SimulationTests",
        dependencies: [
            "Addressing", "Broker", "ConfigAPI", "Controller", "History", "HTTPService", "JSON", "Model", "NeutronAPI",
            "NeutronModel", "SeededChance", "Simulator", "Store", "StoreContents", "Time", hashTrees, logging,
        ], swiftSettings: simulatedSettings),
    tests("LabTests", ["Lab", "Addressing", "Testbed"]),
]

let package = Package(
    name: "skein",
    products: [.executable(name: "skein", targets: ["skein"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-atomics", from: "1.3.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.1"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: pure + adaptors + services + suites,
    swiftLanguageModes: [.v6]
)
