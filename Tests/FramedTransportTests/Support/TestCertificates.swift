import FramedTransport
import NIOSSL
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Certificates that the `openssl` program makes for one test, in a directory that goes with it.
final class TestCertificates {
    /// A certificate and its key.
    struct Pair {
        let certificateFile: String
        let keyFile: String
    }

    private let directory: String

    init() throws {
        directory = "/tmp/framed-tls-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try run("mkdir -m 700 \(directory)")
    }

    deinit {
        do {
            try run("rm -rf \(directory)")
        } catch {
            Issue.record("cannot remove \(directory)")
        }
    }

    /// Makes an authority.
    func authority(_ name: String) throws -> Pair {
        let pair = pair(name)
        try run(
            """
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=\(name)" \
            -addext basicConstraints=critical,CA:TRUE -keyout \(pair.keyFile) -out \(pair.certificateFile)
            """)
        return pair
    }

    /// Makes a certificate that an authority signs, for `localhost` and 127.0.0.1 or for other names.
    func certificate(
        _ name: String, by authority: Pair, names: String = "DNS:localhost,IP:127.0.0.1"
    ) throws -> Pair {
        let pair = pair(name)
        try run(
            """
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=\(name)" \
            -keyout \(pair.keyFile) -out \(directory)/\(name).csr && \
            printf 'subjectAltName=\(names)\\n' > \(directory)/\(name).ext && \
            openssl x509 -req -in \(directory)/\(name).csr -CA \(authority.certificateFile) -CAkey \(authority.keyFile) \
            -set_serial \(UInt32.random(in: 1 ... .max)) -days 1 -extfile \(directory)/\(name).ext \
            -out \(pair.certificateFile)
            """)
        return pair
    }

    private func pair(_ name: String) -> Pair {
        Pair(certificateFile: "\(directory)/\(name).crt", keyFile: "\(directory)/\(name).key")
    }

    private func run(_ command: String) throws {
        var pid = pid_t()
        let arguments = ["/bin/sh", "-c", "(\(command)) > /dev/null 2>&1"]
        var cArguments = arguments.map { strdup($0) } + [nil]
        defer { for argument in cArguments { free(argument) } }
        try #require(posix_spawn(&pid, "/bin/sh", nil, nil, &cArguments, environ) == 0)
        var status: Int32 = 0
        try #require(waitpid(pid, &status, 0) == pid)
        try #require(status == 0, "\(command)")
    }
}

extension TestCertificates.Pair {
    /// What a server with this certificate offers; with an authority it demands certificates of its clients.
    func serverContext(clientsOf authority: TestCertificates.Pair? = nil) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(certificateFile).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: keyFile, format: .pem)))
        if let authority {
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .file(authority.certificateFile)
        }
        FramedServerTLS.complete(&configuration)
        return try NIOSSLContext(configuration: configuration)
    }
}
