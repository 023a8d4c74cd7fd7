// swift-tools-version: 6.2
import PackageDescription

// The readers of bytes from outside, built with libFuzzer and AddressSanitizer. The sources are the service's own, by
// links in Sources: only what the readers need, so that their internals can be reached and nothing else is compiled.
// Build with Fuzzing/fuzz.sh, which adds the fuzzer's library.
let instrumented: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .unsafeFlags(["-sanitize=fuzzer,address", "-enable-testing"]),
]

let grpcCore = Target.Dependency.product(name: "GRPCCore", package: "grpc-swift-2")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let swiftProtobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let serviceContext = Target.Dependency.product(name: "ServiceContextModule", package: "swift-service-context")

let names = ["frame", "meta", "stream-meta", "csv", "retail", "import", "trace", "token", "page-token", "sourcing"]

let package = Package(
    name: "fuzzing",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
        .package(url: "https://github.com/apple/swift-service-context", from: "1.5.1"),
    ],
    targets: [
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "CRetailSample", path: "Sources/Replay/Sample",
            exclude: ["LICENCE.md", "online_retail_slice.csv.gz", "online_retail_slice_expected.json"],
            publicHeadersPath: "include"),
        .target(name: "Domain", swiftSettings: instrumented),
        .target(name: "Sourcing", dependencies: ["Domain", crypto], swiftSettings: instrumented),
        .target(
            name: "Replay", dependencies: ["Domain", "CZlib", "CRetailSample"], exclude: ["Sample"],
            swiftSettings: instrumented),
        .target(
            name: "FramedTransport", dependencies: ["CZlib", grpcCore, nioCore],
            sources: ["Wire", "FramedBytes.swift", "Client/TimeAmount+GRPCTimeout.swift"],
            swiftSettings: instrumented),
        .target(name: "TraceContext", dependencies: [serviceContext, grpcCore], swiftSettings: instrumented),
        .target(
            name: "AccessTokens", dependencies: ["Domain"],
            sources: [
                "SignedToken.swift", "TokenClaim.swift", "TokenRules.swift", "TokenRules+Claims.swift",
                "TokenRefusal.swift", "TokenAlgorithm.swift", "ApiKeyText.swift",
            ], swiftSettings: instrumented),
        .target(
            name: "HoldfastServices", dependencies: ["Domain", swiftProtobuf],
            sources: [
                "Paging/PageToken.swift", "Validation/RequestValidation.swift", "Validation/TextRules.swift",
            ], swiftSettings: instrumented),
        .target(
            name: "holdfast", dependencies: ["Domain", "Replay"],
            sources: [
                "Import/ImportReader.swift", "Import/ImportLayout.swift", "Import/ImportFields.swift",
                "Import/ImportRow.swift", "Import/ImportFileError.swift",
            ], swiftSettings: instrumented),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "FramedTransport", "Replay", "holdfast", "TraceContext", "HoldfastServices", "AccessTokens", "Domain",
                "Sourcing", nioCore,
            ],
            swiftSettings: instrumented),
        .target(name: "FuzzDriver", dependencies: ["FuzzTargets"], swiftSettings: instrumented),
    ]
        + names.map { name in
            .executableTarget(
                name: "fuzz-\(name)", dependencies: ["FuzzDriver", "FuzzTargets"], swiftSettings: instrumented,
                linkerSettings: [.unsafeFlags(["-sanitize=address"])])
        }
)
