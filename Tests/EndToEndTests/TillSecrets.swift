import HoldfastTesting
import Testing

/// Certificates of a server, made as a deployment makes them, and one of a till.
struct TillSecrets {
    /// Who issued the server's certificate.
    var authority: String
    /// The server's certificate, for 127.0.0.1.
    var certificate: String
    /// Its key.
    var key: String
    /// The till's certificate, which issued itself.
    var tillCertificate: String
    /// Its key.
    var tillKey: String

    /// Makes them in a folder of their own.
    static func make() throws -> TillSecrets {
        let folder = TestDirectory.make("secrets")
        for command in [
            ["cp", Repository.root + "/docker/make-secrets.sh", folder],
            [folder + "/make-secrets.sh", "127.0.0.1"],
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                "1",
                "-subj", "/CN=till", "-keyout", folder + "/till_key.pem", "-out", folder + "/till.pem",
            ],
        ] {
            let outcome = try RunProgram.run(command)
            try #require(outcome.status == 0, "\(outcome.text)")
        }
        let secrets = folder + "/secrets/"
        return TillSecrets(
            authority: secrets + "ca.pem", certificate: secrets + "tls/certificate.pem", key: secrets + "tls/key.pem",
            tillCertificate: folder + "/till.pem", tillKey: folder + "/till_key.pem")
    }
}
