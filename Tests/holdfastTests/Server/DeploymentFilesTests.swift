import Foundation
import HoldfastServer
import Testing

@Suite("Files for deployments")
struct DeploymentFilesTests {
    private static let root = #filePath.components(separatedBy: "/Tests/")[0]

    @Test(
        "name only variables that the program reads",
        arguments: [
            "docker/Dockerfile", "docker/compose.yaml", "docker/healthcheck.sh", "docker/make-secrets.sh",
            "packaging/systemd/holdfast.service", "packaging/systemd/holdfast.env",
        ])
    func variables(file: String) throws {
        let text = try String(contentsOfFile: Self.root + "/" + file, encoding: .utf8)
        let known = Set(
            ServerConfiguration.environmentNames + ServerConfiguration.environmentFileNames + ["HOLDFAST_LOG_LEVEL"])
        for match in text.matches(of: /HOLDFAST_[A-Z0-9_]+/) {
            #expect(known.contains(String(match.output)), "\(file): \(match.output)")
        }
    }

    @Test("give the server longer to stop than it takes")
    func graces() throws {
        let compose = try String(contentsOfFile: Self.root + "/docker/compose.yaml", encoding: .utf8)
        let unit = try String(contentsOfFile: Self.root + "/packaging/systemd/holdfast.service", encoding: .utf8)
        let settings = try String(contentsOfFile: Self.root + "/packaging/systemd/holdfast.env", encoding: .utf8)
        let composed = try #require(compose.firstMatch(of: /HOLDFAST_SHUTDOWN_GRACE_S: "(\d+)"/)).output.1
        let killed = try #require(compose.firstMatch(of: /stop_grace_period: (\d+)s\n    ulimits/)).output.1
        #expect(try #require(Int(killed)) > #require(Int(composed)))
        let set = try #require(settings.firstMatch(of: /HOLDFAST_SHUTDOWN_GRACE_S=(\d+)/)).output.1
        let stopped = try #require(unit.firstMatch(of: /TimeoutStopSec=(\d+)s/)).output.1
        #expect(try #require(Int(stopped)) > #require(Int(set)))
    }

    @Test("set up a server that may start: encrypted, and nobody comes in without a key", arguments: Deployment.all)
    func validity(deployment: Deployment) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/holdfast-deployment-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // What the deployment mounts or hands over lies in one folder here.
        let variables = try deployment.variables(root: Self.root).mapValues { value in
            guard value.hasPrefix("/") || value.hasPrefix("%d/") else { return value }
            let file = folder + "/" + value.split(separator: "/").joined(separator: "-")
            try "postgres://holdfast@db.example/holdfast\n".write(toFile: file, atomically: true, encoding: .utf8)
            return file
        }
        #expect(!variables.isEmpty)
        var settings = ServerConfiguration(cores: 2)
        try settings.read { variables[$0] }
        try settings.validate()
        #expect(settings.host == "0.0.0.0")
        #expect(settings.tls != nil)
        #expect(!settings.allowsAnonymous && !settings.allowsPlaintext)
        try FileManager.default.removeItem(atPath: folder)
    }

    @Test("mount certificates by their folder, where a renewal is seen")
    func certificates() throws {
        let compose = try Deployment.compose.variables(root: Self.root)
        let text = try String(contentsOfFile: Self.root + "/docker/compose.yaml", encoding: .utf8)
        let mounted = try #require(text.firstMatch(of: /type: bind\n +source: secrets\/tls\n +target: (\S+)/)).output.1
        for name in ["HOLDFAST_TLS_CERTIFICATE", "HOLDFAST_TLS_KEY"] {
            #expect(try #require(compose[name]).hasPrefix(mounted + "/"))
            // A credential of systemd is a copy from the start.
            #expect(try #require(Deployment.systemd.variables(root: Self.root)[name]).hasPrefix("/etc/holdfast/tls/"))
        }
    }
}

/// A way in which a server is deployed.
enum Deployment: CaseIterable, Sendable {
    case compose, systemd, image

    static let all = Array(allCases)

    /// The environment in which `holdfast serve` runs there.
    func variables(root: String) throws -> [String: String] {
        func text(_ file: String) throws -> String { try String(contentsOfFile: root + "/" + file, encoding: .utf8) }
        var found: [String: String] = [:]
        func take(_ pairs: some Sequence<(Substring, Substring)>) {
            for (name, value) in pairs { found[String(name)] = value.trimmingCharacters(in: ["\""]) }
        }
        switch self {
        case .compose:
            let service = try #require(try text("docker/compose.yaml").components(separatedBy: "\n  holdfast:\n").last)
            take(service.matches(of: /\n {6}(HOLDFAST_\w+): (\S+)/).map { ($0.output.1, $0.output.2) })
        case .systemd:
            for file in ["packaging/systemd/holdfast.service", "packaging/systemd/holdfast.env"] {
                take(
                    try text(file).matches(of: /\n(?:Environment=)?(HOLDFAST_\w+)=(\S+)/).map {
                        ($0.output.1, $0.output.2)
                    })
            }
        case .image:
            take(
                try text("docker/Dockerfile").matches(of: /\nENV (HOLDFAST_\w+)=(\S+)/).map {
                    ($0.output.1, $0.output.2)
                })
            // What everybody who runs the bare image has to name.
            found["HOLDFAST_TLS_CERTIFICATE"] = "/run/tls/certificate.pem"
            found["HOLDFAST_TLS_KEY"] = "/run/tls/key.pem"
        }
        return found
    }
}
