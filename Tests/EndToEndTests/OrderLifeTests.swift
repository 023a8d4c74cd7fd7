import HoldfastTesting
import PrivateStores
import Testing

/// The script that the documentation shows: the lives of orders, over gRPC with grpcio and over the command line.
@Suite("The life of an order, by a script", .serialized)
struct OrderLifeTests {
    @Test("every scenario works over gRPC and over the command line", arguments: ["grpc", "command-line"])
    func script(over way: String) async throws {
        try await ServedStack.with { stack in
            let log = TestDirectory.make("order-life") + "/\(way).log"
            let script = try PrivateProgram(
                [
                    ForeignPython.root + "/.build/python/bin/python",
                    ForeignPython.root + "/examples/order-life/order_life.py", "--grpc", "127.0.0.1:\(stack.grpcPort)",
                    "--tcp", "127.0.0.1:\(stack.port)", "--program", BuiltProgram.path, "--protos",
                    ForeignPython.root + "/Protos", "--over", way,
                ], log: log)
            #expect(try await script.line(beginningWith: "ok", seconds: 300) == "ok")
        }
    }
}
