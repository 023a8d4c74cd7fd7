// swift-tools-version: 6.2
import PackageDescription

// A service of another team that uses Holdfast: it depends on the client's product and on what its own code imports.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let holdfastClient = Target.Dependency.product(name: "HoldfastClient", package: "holdfast")
let holdfastAPI = Target.Dependency.product(name: "HoldfastAPI", package: "holdfast")
let grpcCore = Target.Dependency.product(name: "GRPCCore", package: "grpc-swift-2")
let swiftProtobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")

let package = Package(
    name: "swift-service",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "holdfast", path: "../.."),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
    ],
    targets: [
        .target(
            name: "ShopTour", dependencies: [holdfastClient, holdfastAPI, grpcCore, swiftProtobuf],
            swiftSettings: strict),
        .executableTarget(name: "tour", dependencies: ["ShopTour", holdfastClient, grpcCore], swiftSettings: strict),
        .testTarget(
            name: "ShopTourTests", dependencies: ["ShopTour", holdfastClient, holdfastAPI, grpcCore, swiftProtobuf],
            swiftSettings: strict),
    ]
)
