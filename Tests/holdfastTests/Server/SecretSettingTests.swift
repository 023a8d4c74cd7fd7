import Foundation
import HoldfastServer
import Testing

@Suite("Settings that are secrets")
struct SecretSettingTests {
    private static func read(_ values: [String: String]) throws(ServerConfigurationError) -> ServerConfiguration {
        var configuration = ServerConfiguration(cores: 1)
        try configuration.read { values[$0] }
        return configuration
    }

    /// A file with this content, which is removed after the body.
    private static func withFile(_ content: Data, _ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "holdfast-secret-\(UUID().uuidString)"
        try content.write(to: URL(fileURLWithPath: path))
        defer { unlink(path) }
        try body(path)
    }

    @Test(
        "come from the first line of a file",
        arguments: ["postgres://u:p@db/shop", "postgres://u:p@db/shop\n# old\n", "postgres://u:p@db/shop\r\n"])
    func file(content: String) throws {
        try Self.withFile(Data(content.utf8)) { path in
            let configuration = try Self.read(["HOLDFAST_POSTGRES_URL_FILE": path, "HOLDFAST_REDIS_URL_FILE": path])
            #expect(configuration.postgresURL == "postgres://u:p@db/shop")
            #expect(configuration.redisURL == "postgres://u:p@db/shop")
        }
    }

    @Test("cannot be in the environment and in a file")
    func both() throws {
        try Self.withFile(Data("redis://secret".utf8)) { path in
            let error = #expect(throws: ServerConfigurationError.self) {
                try Self.read(["HOLDFAST_REDIS_URL": "redis://r", "HOLDFAST_REDIS_URL_FILE": path])
            }
            #expect(error?.setting == "HOLDFAST_REDIS_URL_FILE")
            #expect(error?.reason.contains("secret") == false)
        }
    }

    @Test(
        "are refused where the file has none",
        arguments: [[], [10], [0x61, 0, 0x62], [0xff, 0xfe], [UInt8](repeating: 0x61, count: 16_385)])
    func badFile(content: [UInt8]) throws {
        try Self.withFile(Data(content)) { path in
            let error = #expect(throws: ServerConfigurationError.self) {
                try Self.read(["HOLDFAST_POSTGRES_URL_FILE": path])
            }
            #expect(error?.setting == "HOLDFAST_POSTGRES_URL_FILE")
        }
    }

    @Test("name a file that cannot be read", arguments: ["/nowhere/secret", "/"])
    func missing(path: String) {
        let error = #expect(throws: ServerConfigurationError.self) {
            try Self.read(["HOLDFAST_POSTGRES_URL_FILE": path])
        }
        #expect(error?.setting == "HOLDFAST_POSTGRES_URL_FILE")
        #expect(error?.reason.contains("cannot be read") == true)
    }
}
