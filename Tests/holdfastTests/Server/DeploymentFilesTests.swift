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
}
