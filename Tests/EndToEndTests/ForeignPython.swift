import HoldfastTesting
import PrivateStores
import Testing

/// Python with grpcio, as `dev/python.sh` makes it, and the stubs that its tools make of the protos.
struct ForeignPython: Sendable {
    /// The folder of the whole project.
    static let root: String = {
        var path = #filePath[...]
        for _ in 0..<3 { path = path[..<(path.lastIndex(of: "/") ?? path.startIndex)] }
        return String(path)
    }()

    /// Where the generated modules are.
    let modules: String
    private let folder: String

    private static var python: String { root + "/.build/python/bin/python" }

    /// Makes the stubs in a folder of their own.
    static func make() async throws -> ForeignPython {
        let folder = TestDirectory.make("grpcio")
        let protos = [
            "access", "availability", "catalog", "delivery", "inventory", "money", "operations", "order", "reservation",
            "review", "shortage",
        ].map { "holdfast/v1/\($0).proto" }
        let python = ForeignPython(modules: folder, folder: folder)
        let generate = try PrivateProgram(
            [
                Self.python, "-m", "grpc_tools.protoc", "-I", root + "/Protos", "--python_out=" + folder,
                "--grpc_python_out=" + folder,
            ] + protos, log: folder + "/protoc.log")
        #expect(try await eventually { generate.processID == nil })
        return python
    }

    /// Starts the client with a command.
    func start(_ arguments: [String]) throws -> PrivateProgram {
        let name = arguments.joined(separator: "-").filter { $0 != "/" }
        return try PrivateProgram(
            [Self.python, Self.root + "/Tests/EndToEndTests/grpc_client.py"] + arguments,
            log: "\(folder)/\(name).log")
    }

    /// Runs the client with a command to its good end.
    func run(_ arguments: [String]) async throws {
        #expect(try await start(arguments).line(beginningWith: "ok", seconds: 120) == "ok")
    }

    /// The name in the certificate that a port shows to a new connection.
    func certificate(port: Int, protocol name: String, folder: String) async throws -> String {
        try await start(["certificate", "\(port)", name, folder]).line(beginningWith: "certificate ")
    }
}
