import Foundation
import HoldfastAPI
import PrivateStores
import SwiftProtobuf
import Testing

@testable import holdfast

@Suite("Keys on the command line", .serialized)
struct KeyTests {
    @Test("serve does not start open; a first key is made beside the database, works, is listed, rotated and ended")
    func firstKey() async throws {
        let folder = try Shop.temporaryFolder()
        defer { PrivateFile.removeTree(folder) }
        let stack = try await PrivateStack.start(directory: folder)
        try await stack.postgres.createDatabase("shop")
        let postgres = ["--postgres-url", stack.postgres.connectionString(database: "shop")]
        let serve = ["serve", "--tcp-port", "0", "--redis-url", stack.redis.url] + postgres
        #expect(try await Program.run(["key", "list"] + postgres).status == 4)
        #expect(try await Program.run(["migrate", "run"] + postgres).status == 0)

        let open = try await Program.run(serve)
        #expect(open.status == 4)
        #expect(open.errors.contains("holdfast key create") && open.errors.contains("--allow-anonymous"))

        let made = try await Program.run(["key", "create", "--name", "First", "--role", "admin"] + postgres)
        #expect(made.status == 0, "\(made.errors)")
        let secret = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(secret.hasPrefix("hf_") && !secret.contains("\n") && !made.errors.contains(secret))
        let prefix = String(secret.split(separator: "_")[1])
        let keyFile = folder + "/key"
        try Data((secret + "\n").utf8).write(to: URL(fileURLWithPath: keyFile))

        let program = try Program.start(serve)
        let server = try await program.serverAddress()
        let list = ["catalog", "product", "list"]
        #expect(try await Program.run(list, server: server).status == 4)
        #expect(try await Program.run(list + ["--api-key-file", keyFile], server: server).status == 0)

        let rotated = try await Program.run(
            ["key", "rotate", prefix, "--overlap", "1h", "--format", "json"] + postgres)
        let answer = try Holdfast_V1_RotateApiKeyResponse(jsonString: rotated.output)
        #expect(answer.key.roles == [.admin] && answer.replaced.prefix == prefix && answer.secret.hasPrefix("hf_"))
        let listed = try await Program.run(["key", "list"] + postgres).output
        #expect(listed.contains(prefix) && listed.contains(answer.key.prefix) && !listed.contains(secret))
        #expect(try await Program.run(["key", "revoke", prefix] + postgres).output.contains("revoked"))
        try await program.poll("the key to end") {
            try await Program.run(list + ["--api-key-file", keyFile], server: server).status == 4
        }
        let audit = try await Program.run(["audit"] + postgres).output
        for method in ["CreateApiKey", "RotateApiKey", "RevokeApiKey"] { #expect(audit.contains(method)) }
        #expect(audit.contains("operator:"))
        try await program.stop()
        await stack.stop()
    }

    @Test("Keys that cannot be made or found are refused with their exit status")
    func refusals() async throws {
        try await Shop.with { shop in
            let data = ["--data", shop.stores]
            #expect(try await Program.run(["key", "create", "--name", "x", "--role", "king"] + data).status == 2)
            #expect(try await Program.run(["key", "create", "--name", "a\nb", "--role", "pos"] + data).status == 2)
            #expect(try await Program.run(["key", "revoke", "nosuchprefix"] + data).status == 3)
            let id = "0190a1b2-0000-7000-8000-000000000001"
            let create = ["key", "create", "--role", "pos", "--id", id] + data
            #expect(try await Program.run(create + ["--name", "one"]).status == 0)
            let again = try await Program.run(create + ["--name", "one"])
            #expect(again.status == 0 && again.output.isEmpty && again.errors.contains("cannot be shown again"))
            #expect(try await Program.run(create + ["--name", "two"]).status == 5)
        }
    }
}
