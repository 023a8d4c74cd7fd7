// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "ProtocolModel",
    products: [
        .executable(name: "protocol-model", targets: ["protocol-model"])
    ],
    targets: [
        .target(name: "ProtocolModel", swiftSettings: settings),
        .executableTarget(name: "protocol-model", dependencies: ["ProtocolModel"], swiftSettings: settings),
        .testTarget(name: "ProtocolModelTests", dependencies: ["ProtocolModel"], swiftSettings: settings),
    ]
)
