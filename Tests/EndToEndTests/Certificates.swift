import HoldfastTesting
import PrivateStores
import Testing

/// Certificates made by openssl when a test runs: an authority with a server and a client, and a foreign authority.
struct Certificates: Sendable {
    /// The folder with `ca.pem`, `server.pem`, `server.key`, `client.pem`, `client.key`, the same with `foreign` in the
    /// name, and a second server's `next.pem` and `next.key`.
    let folder: String

    /// Makes them.
    static func make() async throws -> Certificates {
        let made = Certificates(folder: TestDirectory.make("tls"))
        for authority in ["ca", "foreign-ca"] {
            try await made.openssl(
                ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90"]
                    + ["-subj", "/CN=\(authority)", "-keyout", "\(authority).key", "-out", "\(authority).pem"])
        }
        for (name, authority) in [
            ("server", "ca"), ("next", "ca"), ("client", "ca"), ("foreign", "foreign-ca"),
        ] {
            try await made.openssl(
                ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90"]
                    + ["-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
                    + ["-addext", "basicConstraints=critical,CA:FALSE"]
                    + ["-CA", "\(authority).pem", "-CAkey", "\(authority).key"]
                    + ["-keyout", "\(name).key", "-out", "\(name).pem"])
        }
        return made
    }

    /// Puts the second server's certificate in the place of the first one's.
    func renew() async throws {
        try await run(["/bin/sh", "-c", "cd \(folder) && mv next.key server.key && mv next.pem server.pem"])
    }

    /// Writes what is no certificate in its place.
    func spoil() async throws {
        try await run(["/bin/sh", "-c", "cd \(folder) && echo nonsense > spoilt && mv spoilt server.pem"])
    }

    /// Names the files as `serve` takes them.
    var options: [String] {
        [
            "--tls-certificate", "\(folder)/server.pem", "--tls-key", "\(folder)/server.key", "--tls-client-ca",
            "\(folder)/ca.pem",
        ]
    }

    private func openssl(_ arguments: [String]) async throws {
        let quoted = arguments.map { "'\($0)'" }.joined(separator: " ")
        try await run(["/bin/sh", "-c", "cd \(folder) && openssl \(quoted)"])
    }

    private func run(_ arguments: [String]) async throws {
        let program = try PrivateProgram(arguments, log: folder + "/commands.log")
        #expect(try await eventually { program.processID == nil })
    }
}
