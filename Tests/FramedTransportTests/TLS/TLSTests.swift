import GRPCCore
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import FramedTransport

@Suite("Encryption", .timeLimit(.minutes(2)))
struct TLSTests {
    private let certificates: TestCertificates
    private let authority: TestCertificates.Pair
    private let server: TestCertificates.Pair

    init() throws {
        certificates = try TestCertificates()
        authority = try certificates.authority("authority")
        server = try certificates.certificate("server", by: authority)
    }

    private func tls(_ adjust: (inout FramedServerTLS) -> Void = { _ in }) throws -> FramedServerTLS {
        var tls = FramedServerTLS(context: FramedTLSContext(try server.serverContext()))
        // However slow the machine is.
        tls.handshakeTimeout = .minutes(1)
        adjust(&tls)
        return tls
    }

    private func client(
        trusting authority: TestCertificates.Pair, showing pair: TestCertificates.Pair? = nil,
        serverName: String? = nil
    ) throws -> FramedClientConfiguration {
        var configuration = FramedClientConfiguration()
        configuration.connectTimeout = .minutes(1)
        configuration.tls = try FramedClientTLS(
            trustRootsFile: authority.certificateFile, certificateFile: pair?.certificateFile,
            keyFile: pair?.keyFile, serverName: serverName)
        return configuration
    }

    private func connect(
        _ address: FramedAddress, _ configuration: FramedClientConfiguration
    ) async throws -> FramedClientConnection {
        try await FramedClientConnection.connect(
            to: address, on: .singletonMultiThreadedEventLoopGroup, configuration: configuration)
    }

    /// Makes one call on a connection of its own.
    private func say(_ address: FramedAddress, _ configuration: FramedClientConfiguration) async throws {
        let connection = try await connect(address, configuration)
        let message = ByteBuffer(repeating: 3, count: 300_000)
        for service in LaneTests.lanes {
            let response = try await connection.call(service: service, method: "Say", message: message).get()
            #expect(response.message == message)
        }
        try await connection.close()
    }

    @Test("Calls of both lanes travel encrypted, with the host's number or name on the certificate")
    func encrypts() async throws {
        try await TestServer.with(tls: try tls()) { running in
            try await say(running.address, try client(trusting: authority))
            try await say(running.address, try client(trusting: authority, serverName: "localhost"))
        }
    }

    @Test("The gRPC client transport encrypts too, and so do compression and checksums go together with it")
    func encryptsTransport() async throws {
        try await TestServer.with(tls: try tls()) { running in
            var configuration = try client(trusting: authority)
            configuration.compression = .gzip
            configuration.sendsChecksums = true
            let transport = FramedClientTransport(
                address: running.address, eventLoopGroup: .singletonMultiThreadedEventLoopGroup,
                configuration: configuration)
            try await withGRPCClient(transport: transport) { client in
                for service in LaneTests.lanes {
                    let message = [UInt8](repeating: 9, count: 100_000)
                    let answer = try await client.unary(
                        request: ClientRequest(message: message),
                        descriptor: MethodDescriptor(fullyQualifiedService: service, method: "Say", type: .unary),
                        serializer: PlainBytes(), deserializer: PlainBytes(), options: .defaults
                    ) { try $0.message }
                    #expect(answer == message)
                }
            }
        }
    }

    @Test("A client refuses a server of another authority, and one of another name")
    func clientVerifies() async throws {
        let other = try certificates.authority("other")
        let named = try certificates.certificate("named", by: authority, names: "DNS:till.example")
        var encryption = FramedServerTLS(context: FramedTLSContext(try named.serverContext()))
        encryption.handshakeTimeout = .minutes(1)
        try await TestServer.with(tls: encryption) { running in
            try await say(running.address, try client(trusting: authority, serverName: "till.example"))
            for configuration in [
                try client(trusting: other, serverName: "till.example"),
                try client(trusting: authority, serverName: "elsewhere.example"),
                // By the number of the host alone this certificate cannot be told to be right.
                try client(trusting: authority),
            ] {
                await #expect(throws: (any Error).self) { try await connect(running.address, configuration) }
            }
        }
    }

    @Test("TLS below 1.2 is refused, 1.2 and 1.3 are taken")
    func refusesOldVersions() async throws {
        try await TestServer.with(tls: try tls()) { running in
            for (version, isTaken) in [
                (TLSVersion.tlsv1, false), (.tlsv11, false), (.tlsv12, true), (.tlsv13, true),
            ] {
                var settings = TLSConfiguration.makeClientConfiguration()
                settings.trustRoots = .file(authority.certificateFile)
                settings.minimumTLSVersion = version
                settings.maximumTLSVersion = version
                var configuration = FramedClientConfiguration()
                configuration.tls = FramedClientTLS(context: try NIOSSLContext(configuration: settings))
                if isTaken {
                    try await say(running.address, configuration)
                } else {
                    await #expect(throws: (any Error).self) { try await say(running.address, configuration) }
                }
            }
        }
    }

    @Test("Where certificates are demanded of clients, one of another authority and none at all are refused")
    func verifiesClients() async throws {
        let other = try certificates.authority("other")
        var mutual = try tls()
        mutual.context = FramedTLSContext(try server.serverContext(clientsOf: authority))
        let log = CallLog()
        try await TestServer.with(observer: log, tls: mutual) { running in
            let good = try certificates.certificate("till-1", by: authority)
            let foreign = try certificates.certificate("till-2", by: other)
            try await say(running.address, try client(trusting: authority, showing: good))
            let calls = log.started.count
            // With TLS 1.3 the client has done its part before it hears of the refusal.
            for pair in [nil, foreign] {
                await #expect(throws: (any Error).self) {
                    try await say(running.address, try client(trusting: authority, showing: pair))
                }
            }
            #expect(log.started.count == calls)
        }
    }

    @Test("A new certificate is shown to new connections, and the old ones go on")
    func replacesCertificates() async throws {
        let other = try certificates.authority("other")
        let replacement = try certificates.certificate("replacement", by: other)
        let encryption = try tls()
        try await TestServer.with(tls: encryption) { running in
            let old = try await connect(running.address, try client(trusting: authority))
            _ = try await old.call(service: FastEcho.name, method: "Say", message: ByteBuffer()).get()
            encryption.context.replace(try replacement.serverContext())
            try await say(running.address, try client(trusting: other))
            await #expect(throws: (any Error).self) {
                try await say(running.address, try client(trusting: authority))
            }
            _ = try await old.call(service: FastEcho.name, method: "Say", message: ByteBuffer()).get()
            try await old.close()
        }
    }

    @Test("Plain bytes on an encrypted port are refused, unless they are allowed there")
    func tellsPlainText() async throws {
        let log = CallLog()
        try await TestServer.with(observer: log, tls: try tls()) { running in
            try await RawPeer.with(running.address) { peer in
                try await peer.call(FastEcho.name, "Say", id: 1)
                let answer = try await peer.next()
                #expect(answer == nil)
            }
        }
        #expect(log.refusals == ["plain_text"] && log.started.isEmpty)
        try await TestServer.with(
            { $0.firstRequestTimeout = .seconds(30) },
            tls: try tls {
                $0.acceptsPlainText = true
                $0.handshakeTimeout = .seconds(2)
            }
        ) { running in
            try await RawPeer.with(running.address) { peer in
                try await peer.call(FastEcho.name, "Say", id: 1)
                #expect(try await peer.next()?.id == 1)
                // The time for a handshake is over by then, and does not matter.
                try await Task.sleep(for: .milliseconds(2_200))
                try await peer.call(EchoService.name, "Say", id: 2)
                #expect(try await peer.next()?.id == 2)
            }
        }
    }

    @Test("A handshake that does not end in time closes the connection", arguments: ["", "16 03 01 02 00 01 00 01"])
    func endsSlowHandshakes(beginning: String) async throws {
        let log = CallLog()
        try await TestServer.with(observer: log, tls: try tls { $0.handshakeTimeout = .milliseconds(50) }) { running in
            try await RawPeer.with(running.address) { peer in
                do {
                    try await peer.send(hex(beginning))
                } catch {
                    // On a slow machine the time was up before that.
                }
                let answer = try await peer.next()
                #expect(answer == nil)
            }
            try await eventually("the connection is gone") { running.transport.connectionCount == 0 }
        }
        #expect(log.refusals == ["handshake"])
    }

    @Test("Bytes that only look like a handshake close the connection", arguments: 0..<20)
    func survivesJunk(seed: Int) async throws {
        try await TestServer.with(tls: try tls()) { running in
            try await RawPeer.with(running.address) { peer in
                let junk = (0..<300).map { UInt8(truncatingIfNeeded: ($0 * 31 + seed * 17) ^ ($0 >> 3)) }
                try await peer.send([0x16] + junk)
                while try await peer.next() != nil {}
            }
            try await eventually("the connection is gone") { running.transport.connectionCount == 0 }
            try await say(running.address, try client(trusting: authority))
        }
    }

    @Test("A draining server sends its last answers through the encryption, and closes")
    func drains() async throws {
        try await TestServer.with(tls: try tls()) { running in
            let connection = try await connect(running.address, try client(trusting: authority))
            let call = connection.call(service: FastEcho.name, method: "Hold", message: ByteBuffer(string: "x"))
            try await eventually("the call is held") { running.fast.heldCalls.count == 1 }
            running.beginGracefulShutdown()
            running.fast.completeAll()
            #expect(String(buffer: try await call.get().message) == "x")
            try await connection.closeFuture.get()
        }
    }

    @Test("A client does not wait for ever for a server that never agrees on encryption")
    func boundsClientHandshake() async throws {
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        var configuration = try client(trusting: authority)
        configuration.connectTimeout = .milliseconds(50)
        let port = try #require(listener.localAddress?.port)
        await #expect(throws: ChannelError.self) {
            try await connect(.tcp(host: "127.0.0.1", port: port), configuration)
        }
        try await listener.close()
    }
}
