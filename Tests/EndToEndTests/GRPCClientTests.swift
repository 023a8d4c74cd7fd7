import HoldfastTesting
import PrivateStores
import Testing

@Suite("A client of another ecosystem over HTTP/2", .serialized)
struct GRPCClientTests {
    @Test("grpcio: every unary method, details in their types, health, reflection, limits, deadlines, cancelling")
    func tour() async throws {
        let python = try await ForeignPython.make()
        try await ServedStack.with { stack in
            try await python.run(["tour", "\(stack.grpcPort)", python.modules])
            stack.stores.redis.kill9()
            try await python.run(["away", "\(stack.grpcPort)", python.modules])
        }
    }

    @Test("A server that asks for credentials: keys in metadata, roles and scopes, a key that is revoked, refusals")
    func access() async throws {
        let python = try await ForeignPython.make()
        try await ServedStack.with { stack in
            let key = try stack.makeKey(["--name", "First admin", "--role", "admin"])
            try await stack.besideClosedServer { ports in
                try await python.run(["access", "\(ports.grpc)", python.modules, key])
            }
        }
    }

    @Test("Those who watch the health of a server hear that it stops, then their stream ends")
    func watch() async throws {
        let python = try await ForeignPython.make()
        try await ServedStack.with { stack in
            let watcher = try python.start(["watch", "\(stack.grpcPort)"])
            _ = try await watcher.line(beginningWith: "state SERVING")
            await stack.stopServer()
            _ = try await watcher.line(beginningWith: "state NOT_SERVING")
            #expect(try await watcher.line(beginningWith: "ended ") == "ended UNAVAILABLE")
            _ = try await watcher.line(beginningWith: "ok")
        }
    }

    @Test(
        "TLS and mutual TLS on both ports; a certificate that is replaced reaches new connections, a bad one does not")
    func tls() async throws {
        let python = try await ForeignPython.make()
        let certificates = try await Certificates.make()
        let folder = certificates.folder
        try await ServedStack.with(certificates.options) { stack in
            try await python.run(["tls", "\(stack.grpcPort)", "\(stack.port)", folder])
            let ports = [(stack.grpcPort, "h2"), (stack.port, "baidu_std")]
            for (port, name) in ports {
                let shown = try await python.certificate(port: port, protocol: name, folder: folder)
                #expect(shown == "certificate server")
            }
            try await certificates.renew()
            for (port, name) in ports {
                #expect(
                    try await eventually {
                        try await python.certificate(port: port, protocol: name, folder: folder) == "certificate next"
                    })
            }
            let foreignKey = try PrivateProgram(
                [
                    BuiltProgram.path, "serve", "--tls-certificate", "\(folder)/server.pem", "--tls-key",
                    "\(folder)/client.key",
                ], log: folder + "/refused.log")
            _ = try await foreignKey.line(
                beginningWith: "holdfast: \(folder)/client.key: does not belong to the certificate")
            try await certificates.spoil()
            #expect(try await eventually { try stack.log.contains("the new certificate cannot be used") })
            for (port, name) in ports {
                let shown = try await python.certificate(port: port, protocol: name, folder: folder)
                #expect(shown == "certificate next")
            }
        }
    }
}
