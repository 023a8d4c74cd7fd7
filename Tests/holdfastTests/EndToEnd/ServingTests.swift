import Foundation
import Ledger
import PostgresClient
import PrivateStores
import Testing

@testable import holdfast

@Suite("Serving", .serialized)
struct ServingTests {
    @Test("dev prints one line, keeps its data between runs, and leaves no process behind")
    func dev() async throws {
        let folder = try Shop.temporaryFolder()
        defer { PrivateFile.removeTree(folder) }
        let arguments = ["dev", "--data", folder + "/d", "--tcp-port", "0", "--grpc-port", "0", "--admin-port", "0"]
        for run in 1...2 {
            let program = try Program.start(arguments)
            let server = try await program.serverAddress()
            #expect(program.text.hasPrefix("ready tcp=\(server)"))
            #expect(program.text.split(separator: "\n").count == 1)
            #expect(server.hasPrefix("127.0.0.1:"))
            let children = try children(of: program.processID)
            #expect(!children.isEmpty)
            if run == 1 {
                #expect(try await Program.run(["stock", "receive", "TEAPOT@WAREHOUSE=1"], server: server).status == 0)
                #expect(try await Program.run(["dev", "--data", folder + "/d", "--tcp-port", "0"]).status == 4)
            }
            let level = try await Program.run(["stock", "list", "--sku", "TEAPOT"], server: server)
            #expect(level.output.contains("TEAPOT  WAREHOUSE        9"), "\(level.output)")
            try await program.stop()
            #expect(program.status == 0)
            #expect(children.allSatisfy { kill($0, 0) != 0 })
        }
    }

    @Test("dev --ephemeral leaves nothing behind")
    func ephemeral() async throws {
        let program = try Program.start(["dev", "--ephemeral", "--tcp-port", "0", "--empty"])
        let server = try await program.serverAddress()
        #expect(try await Program.run(["catalog", "product", "list"], server: server).output == "(none)\n")
        let note = try #require(program.errorText.split(separator: "\n").first { $0.contains("folder=") })
        let folder = try #require(note.split(separator: "=").last.map(String.init))
        #expect(PrivateFile.exists(folder))
        try await program.stop()
        #expect(!PrivateFile.exists(folder))
    }

    @Test("dev starts a store again that was killed, and calls are answered again")
    func killedStores() async throws {
        try await Shop.with { shop in
            for name in ["redis-server", "postgres"] {
                let victim = try #require(try children(of: shop.program.processID, named: name).first)
                kill(victim, SIGKILL)
                try await shop.program.poll("\(name) to be replaced") {
                    let now = try children(of: shop.program.processID, named: name)
                    return !now.isEmpty && !now.contains(victim)
                }
                try await shop.program.poll("reservations after \(name)") {
                    try await shop.run("reserve", "create", "MUG-WHITE=1", "--channel", "WEB").status == 0
                }
            }
            #expect(try await shop.run("doctor", "--data", shop.stores).status == 0)
        }
    }

    @Test("serve comes up without its stores, says UNAVAILABLE, and is ready when they come")
    func storesComeLate() async throws {
        let folder = try Shop.temporaryFolder()
        defer { PrivateFile.removeTree(folder) }
        let stack = try await PrivateStack.start(directory: folder)
        try await stack.postgres.createDatabase("shop")
        let urls = [
            "--redis-url", stack.redis.url, "--postgres-url", stack.postgres.connectionString(database: "shop"),
        ]
        let early = try await Program.run(["serve", "--tcp-port", "0", "--allow-anonymous"] + urls)
        #expect(early.status == 4)
        #expect(early.errors.contains("holdfast migrate run"))
        #expect(try await Program.run(["migrate", "status"] + urls).status == 4)
        #expect(
            try await Program.run(["migrate", "run"] + urls).output
                == Ledger.migrations.map { "applied \($0.version) \($0.name)\n" }.joined())
        #expect(try await Program.run(["migrate", "run"] + urls).output == "the schema is up to date\n")
        #expect(try await Program.run(["migrate", "status"] + urls).status == 0)

        stack.redis.kill9()
        stack.postgres.kill9()
        let sick = try await Program.run(["doctor"] + urls)
        #expect(sick.status == 4)
        let program = try Program.start(["serve", "--tcp-port", "0", "--allow-anonymous"] + urls)
        try await program.poll("listening") { program.errorText.contains(": listening ") }
        let server = try #require(
            program.errorText.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("tcp=") }?.dropFirst(4)
        ).description
        #expect(program.errorText.contains("waiting for PostgreSQL"))
        let refused = try await Program.run(["reserve", "create", "A=1", "--channel", "WEB"], server: server)
        #expect(refused.status == 6)
        #expect(refused.errors.contains("try again in"))
        #expect(program.text.isEmpty)

        try await stack.postgres.restart()
        try await stack.redis.restart()
        _ = try await program.serverAddress()
        #expect(try await Program.run(["catalog", "product", "list"], server: server).status == 0)

        let busy = try await Program.run(
            ["serve", "--tcp-port", String(server.split(separator: ":")[1]), "--allow-anonymous"] + urls)
        #expect(busy.status == 6)
        #expect(busy.errors.contains("cannot listen on \(server)"))
        try await program.stop()
        #expect(program.status == 0)
        await stack.stop()
    }

    @Test("Settings that cannot be used are refused before anything starts")
    func settings() async throws {
        let open = try await Program.run(["serve", "--host", "0.0.0.0"])
        #expect(open.status == 2)
        #expect(open.errors.contains("--allow-plaintext"))
        #expect(try await Program.run(["serve", "--redis-url", "http://x"]).status == 2)
        #expect(try await Program.run(["serve", "--tcp-port", "70000"]).status == 2)
        let unreadable = ["--postgres-url", "postgres://oms:hush@db:1:2/holdfast"]
        for command in [["serve"], ["migrate", "status"], ["doctor"], ["key", "list"]] {
            let outcome = try await Program.run(command + unreadable)
            #expect(outcome.status == 2, "\(command): \(outcome.errors)")
            #expect(outcome.errors.hasPrefix("holdfast: postgres-url cannot be used: "), "\(outcome.errors)")
            #expect(!outcome.errors.contains("hush") && outcome.output.isEmpty)
        }
        #expect(try await Program.run(["dev", "--ephemeral", "--data", "x"]).status == 2)
        #expect(try await Program.run(["serve", "--log-level", "loud"]).status == 2)
    }

    private func children(of parent: Int32, named name: String? = nil) throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter { process in
            // A process may end while it is looked at.
            guard let bytes = FileManager.default.contents(atPath: "/proc/\(process)/stat") else { return false }
            let text = String(decoding: bytes, as: UTF8.self)
            guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")") else { return false }
            let fields = text[text.index(after: close)...].split(separator: " ")
            guard fields.count > 1, Int32(fields[1]) == parent else { return false }
            return name == nil || text[text.index(after: open)..<close] == name ?? ""
        }
    }
}
