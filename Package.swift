// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

// Points at which tests stop a server, and ways to break its promise on purpose: never in a release build.
let withFailpoints = strict + [.define("HOLDFAST_FAILPOINTS", .when(configuration: .debug))]

let grpcCore = Target.Dependency.product(name: "GRPCCore", package: "grpc-swift-2")
let grpcProtobuf = Target.Dependency.product(name: "GRPCProtobuf", package: "grpc-swift-protobuf")
let swiftProtobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let grpcHTTP2 = Target.Dependency.product(name: "GRPCNIOTransportHTTP2", package: "grpc-swift-nio-transport")
let nioHTTP2 = Target.Dependency.product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHPACK = Target.Dependency.product(name: "NIOHPACK", package: "swift-nio-http2")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let serviceContext = Target.Dependency.product(name: "ServiceContextModule", package: "swift-service-context")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioTestUtils = Target.Dependency.product(name: "NIOTestUtils", package: "swift-nio")
let nioConcurrency = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")

let package = Package(
    name: "holdfast",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "holdfast", targets: ["holdfast"]),
        .library(name: "FramedTransport", targets: ["FramedTransport"]),
        .library(name: "HoldfastAPI", targets: ["HoldfastAPI"]),
        .library(name: "CHoldfast", targets: ["CHoldfast"]),
        .library(name: "CHoldfastOpenSSL", targets: ["CHoldfastOpenSSL"]),
        .library(name: "HoldfastClient", targets: ["HoldfastClient"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.1"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-service-context", from: "1.5.1"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        .systemLibrary(name: "CHiredis", pkgConfig: "hiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(
            name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        .target(name: "Observability", dependencies: [coreMetrics], swiftSettings: strict),
        .target(name: "TraceContext", dependencies: [serviceContext, grpcCore], swiftSettings: strict),
        .target(
            name: "RedisClient", dependencies: ["CHiredis", nioCore, nioPosix, logging, coreMetrics],
            swiftSettings: strict),
        .target(
            name: "PostgresClient", dependencies: ["CLibPQ", nioCore, logging, coreMetrics], swiftSettings: strict),
        .target(
            name: "FramedTransport", dependencies: ["CZlib", grpcCore, nioCore, nioPosix, nioTLS, nioSSL, logging],
            swiftSettings: strict),
        .target(name: "HoldfastAPI", dependencies: [swiftProtobuf, grpcCore, grpcProtobuf], swiftSettings: strict),
        .target(
            name: "HoldfastClient",
            dependencies: [
                "HoldfastAPI", "FramedTransport", "TraceContext", grpcCore, grpcProtobuf, grpcHTTP2, swiftProtobuf,
                nioCore, nioPosix, logging,
            ], swiftSettings: strict),
        .target(name: "Domain", swiftSettings: strict),
        .target(name: "Sourcing", dependencies: ["Domain", crypto], swiftSettings: strict),
        .target(name: "Carriers", dependencies: ["Domain", "Sourcing", crypto], swiftSettings: strict),
        .target(
            name: "ReviewHook", dependencies: ["Domain", crypto, asyncHTTPClient, nioCore, nioHTTP1],
            swiftSettings: strict),
        .target(name: "Failpoints", swiftSettings: withFailpoints),
        .target(
            name: "AccessTokens",
            dependencies: ["Domain", crypto, jwtKit, asyncHTTPClient, nioCore, nioHTTP1, nioPosix, logging],
            swiftSettings: strict),
        .target(
            name: "PaymentGateways", dependencies: ["Domain", asyncHTTPClient, nioCore, nioHTTP1, logging],
            swiftSettings: strict),
        .target(
            name: "Ledger", dependencies: ["Domain", "Failpoints", "PostgresClient", logging],
            resources: [
                .embedInCode("Migrations/v0001_core.sql"), .embedInCode("Migrations/v0002_access.sql"),
                .embedInCode("Migrations/v0003_reliability.sql"), .embedInCode("Migrations/v0004_events.sql"),
                .embedInCode("Migrations/v0005_order_life.sql"), .embedInCode("Migrations/v0006_review.sql"),
                .embedInCode("Migrations/v0007_fulfilment.sql"), .embedInCode("Migrations/v0008_payments.sql"),
                .embedInCode("Migrations/v0009_returns.sql"), .embedInCode("Migrations/v0010_supply.sql"),
                .embedInCode("Migrations/v0011_capacity.sql"), .embedInCode("Migrations/v0012_drafts.sql"),
            ],
            swiftSettings: withFailpoints),
        .target(
            name: "HotStock", dependencies: ["Domain", "Failpoints", "RedisClient", nioCore],
            resources: [.embedInCode("Functions/holdfast_1.lua")], swiftSettings: withFailpoints),
        .target(
            name: "OrderPromising",
            dependencies: [
                "HotStock", "Ledger", "Domain", "Failpoints", "RedisClient", "PostgresClient", nioCore, nioConcurrency,
                logging, coreMetrics,
            ], swiftSettings: withFailpoints),
        .target(
            name: "OrderProcessing",
            dependencies: [
                "Carriers", "PaymentGateways", "OrderPromising", "Ledger", "Domain", "Sourcing", "Failpoints", crypto,
                nioCore, logging,
            ],
            swiftSettings: withFailpoints),
        .target(
            name: "HoldfastServices",
            dependencies: [
                "OrderProcessing", "OrderPromising", "Ledger", "Domain", "Sourcing", "HoldfastAPI", "FramedTransport",
                "TraceContext", grpcCore,
                grpcProtobuf, swiftProtobuf, nioCore, logging,
            ], swiftSettings: strict),
        .target(
            name: "HoldfastServer",
            dependencies: [
                "AccessTokens", "ReviewHook", "HoldfastServices", "PaymentGateways", "Carriers", "OrderProcessing",
                "OrderPromising", "HotStock", "Ledger", "Domain", "Sourcing",
                "RedisClient",
                "PostgresClient",
                "FramedTransport", "HoldfastAPI", grpcCore, grpcProtobuf, grpcHTTP2, nioHTTP2, nioHPACK, swiftProtobuf,
                "Observability", "TraceContext", hummingbird, hummingbirdCore, httpTypes, coreMetrics,
                asyncHTTPClient,
                metrics, serviceContext, nioCore, nioPosix, nioSSL, logging, lifecycle,
            ], resources: [.embedInCode("Reflection/descriptors.binpb")], swiftSettings: strict),

        .target(
            name: "CHoldfast", dependencies: ["CProtobufC"], exclude: ["Makefile"],
            cSettings: [.treatAllWarnings(as: .error)]),
        .target(
            name: "CHoldfastOpenSSL", dependencies: ["CHoldfast", "COpenSSL"],
            cSettings: [.treatAllWarnings(as: .error)]),

        .target(name: "PrivateStores", swiftSettings: strict),
        .target(
            name: "CRetailSample", path: "Sources/Replay/Sample",
            exclude: ["LICENCE.md", "online_retail_slice.csv.gz", "online_retail_slice_expected.json"],
            publicHeadersPath: "include"),
        .target(
            name: "Replay", dependencies: ["Domain", "CZlib", "CRetailSample"], exclude: ["Sample"],
            swiftSettings: strict),
        .target(
            name: "ReplayDriver",
            dependencies: ["Replay", "Domain", "HoldfastAPI", grpcCore, grpcProtobuf, swiftProtobuf, histogram],
            swiftSettings: strict),
        .target(
            name: "Bench",
            dependencies: [
                "FramedTransport", "HoldfastAPI", "HotStock", "Domain", "RedisClient", "PostgresClient", swiftProtobuf,
                nioCore, nioPosix, logging, histogram,
            ], swiftSettings: strict),
        .target(
            name: "Torture",
            dependencies: [
                "FramedTransport", "HoldfastAPI", "HoldfastClient", "Domain", "Ledger", "PostgresClient",
                "RedisClient", "PrivateStores", "Replay", grpcCore, swiftProtobuf, nioCore, nioHTTP1, nioPosix, logging,
            ], swiftSettings: strict),
        .executableTarget(
            name: "holdfast",
            dependencies: [
                "HoldfastServer", "HoldfastServices", "HoldfastClient", "PrivateStores", "Replay", "ReplayDriver",
                "Bench", "Torture",
                "HoldfastAPI",
                "FramedTransport",
                "Domain", "Sourcing", "Failpoints", "Ledger", "OrderPromising", "HotStock", "RedisClient",
                "PostgresClient",
                grpcCore,
                grpcProtobuf, swiftProtobuf, nioCore, nioPosix, argumentParser, lifecycle, logging,
            ], swiftSettings: strict),

        .target(
            name: "HoldfastTesting",
            dependencies: [
                "PrivateStores", "OrderPromising", "Ledger", "Domain", "RedisClient", "PostgresClient", nioCore,
                nioHTTP1, nioPosix, logging,
            ], path: "Tests/HoldfastTesting", swiftSettings: strict),
        .testTarget(
            name: "CHoldfastTests", dependencies: ["CHoldfast", "CHoldfastOpenSSL", "HoldfastTesting"],
            exclude: ["Corpus", "Programs"], swiftSettings: strict),
        .testTarget(name: "DomainTests", dependencies: ["Domain"], swiftSettings: strict),
        .testTarget(
            name: "SourcingTests", dependencies: ["Sourcing", "Domain", "HoldfastTesting"],
            exclude: ["optimum.py"], swiftSettings: strict),
        .testTarget(name: "CarriersTests", dependencies: ["Carriers", "Sourcing", "Domain"], swiftSettings: strict),
        .testTarget(
            name: "ReviewHookTests", dependencies: ["ReviewHook", "Domain", crypto, nioCore, nioPosix],
            swiftSettings: strict),
        .testTarget(
            name: "AccessTokensTests",
            dependencies: ["AccessTokens", "Domain", jwtKit, cryptoExtras, hummingbird, logging],
            swiftSettings: strict),
        .testTarget(
            name: "PaymentGatewaysTests",
            dependencies: ["PaymentGateways", "Domain", "HoldfastTesting", nioCore, logging],
            swiftSettings: strict),
        .testTarget(
            name: "RedisClientTests", dependencies: ["RedisClient", "PrivateStores", nioCore, nioPosix, logging],
            swiftSettings: strict),
        .testTarget(
            name: "PostgresClientTests", dependencies: ["PostgresClient", "PrivateStores", nioCore, nioPosix, logging],
            swiftSettings: strict),
        .testTarget(
            name: "FuzzTargetsTests",
            dependencies: [
                "FramedTransport", "Replay", "holdfast", "TraceContext", "HoldfastServices", "AccessTokens", "Domain",
                "Sourcing", nioCore,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HoldfastClientTests",
            dependencies: [
                "holdfast", "HoldfastClient", "HoldfastTesting", "PrivateStores", "FramedTransport", "Ledger",
                "PostgresClient",
                "HoldfastAPI", grpcCore, grpcProtobuf, swiftProtobuf, nioCore, nioPosix, nioSSL, logging,
            ], swiftSettings: strict),
        .testTarget(name: "PrivateStoresTests", dependencies: ["PrivateStores"], swiftSettings: strict),
        .testTarget(
            name: "FramedTransportTests",
            dependencies: [
                "FramedTransport", grpcCore, nioCore, nioPosix, nioEmbedded, nioTestUtils, nioTLS, nioSSL, logging,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "OrderPromisingTests",
            dependencies: [
                "HoldfastTesting", "OrderPromising", "HotStock", "Ledger", "Domain", "RedisClient", "PostgresClient",
                "PrivateStores", nioCore, logging,
            ], swiftSettings: strict),
        .testTarget(
            name: "OrderProcessingTests",
            dependencies: [
                "HoldfastTesting", "OrderProcessing", "OrderPromising", "Ledger", "Domain", "Sourcing", "Failpoints",
                "PrivateStores", "PostgresClient", nioCore, logging,
            ], swiftSettings: withFailpoints),
        .testTarget(
            name: "HoldfastServicesTests",
            dependencies: [
                "HoldfastTesting", "HoldfastServices", "PaymentGateways", "OrderProcessing", "OrderPromising", "Ledger",
                "Domain", "Carriers", "Sourcing", "Failpoints", "HoldfastAPI",
                "FramedTransport", "PostgresClient", grpcCore, grpcProtobuf, swiftProtobuf, nioCore, nioPosix, logging,
            ], swiftSettings: strict),
        .testTarget(name: "ObservabilityTests", dependencies: ["Observability", coreMetrics], swiftSettings: strict),
        .testTarget(
            name: "TraceContextTests", dependencies: ["TraceContext", serviceContext, grpcCore], swiftSettings: strict),
        .testTarget(
            name: "TortureTests",
            dependencies: [
                "Torture", "HoldfastAPI", "HoldfastTesting", "OrderPromising", "Domain", "Ledger", "PostgresClient",
                "PrivateStores", "RedisClient", "Replay", grpcCore, swiftProtobuf, nioCore, nioPosix,
            ],
            swiftSettings: strict),
        .testTarget(name: "ReplayTests", dependencies: ["Replay", "CZlib"], swiftSettings: strict),
        .testTarget(
            name: "HoldfastServerTests",
            dependencies: [
                "HoldfastServer", "HoldfastServices", "OrderProcessing", "AccessTokens", "HoldfastAPI", "Observability",
                "TraceContext",
                "HoldfastTesting", "PrivateStores", "FramedTransport", "OrderPromising", "HotStock", "Ledger", "Domain",
                "RedisClient", "PostgresClient", grpcCore, grpcProtobuf, grpcHTTP2, nioHTTP2, nioHPACK, swiftProtobuf,
                asyncHTTPClient,
                coreMetrics, serviceContext, crypto, nioCore, nioHTTP1, nioPosix, nioEmbedded, logging,
            ], swiftSettings: strict),
        .testTarget(
            name: "ReplayDriverTests",
            dependencies: [
                "ReplayDriver", "Replay", "HoldfastAPI", "HoldfastServer", "HoldfastTesting", "PrivateStores",
                "FramedTransport", grpcCore, grpcProtobuf, swiftProtobuf, nioCore, nioPosix, logging,
            ], swiftSettings: strict),
        .testTarget(
            name: "CrashTableTests",
            dependencies: [
                "holdfast", "HoldfastTesting", "Failpoints", "PrivateStores", "Torture", "OrderPromising", "HotStock",
                "Ledger", "Domain", "HoldfastAPI", "FramedTransport", "PostgresClient", "RedisClient", grpcCore,
                swiftProtobuf, nioCore, nioPosix, logging,
            ], swiftSettings: withFailpoints),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "holdfast", "HoldfastTesting", "PrivateStores", "ReplayDriver", "Replay", "Torture", "HoldfastAPI",
                "FramedTransport", "Ledger", "Domain", "PostgresClient", grpcCore, swiftProtobuf, nioCore, nioPosix,
                logging,
            ], exclude: ["wire_client.py", "grpc_client.py", "rpc_meta.proto"], swiftSettings: strict),
        .testTarget(
            name: "holdfastTests",
            dependencies: [
                "holdfast", "HoldfastServer", "HoldfastAPI", "HoldfastClient", "Domain", "Ledger", "Replay",
                "PrivateStores", "HoldfastTesting",
                "PostgresClient", logging,
                grpcCore,
                grpcProtobuf,
                swiftProtobuf, argumentParser, nioCore,
            ], swiftSettings: strict),
    ]
)
