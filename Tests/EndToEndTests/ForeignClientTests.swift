import HoldfastTesting
import PrivateStores
import Testing

@Suite("A client that knows only the protos and the frames")
struct ForeignClientTests {
    @Test("Python on plain sockets: load, check, reserve, place, cancel, and every refusal with its details")
    func python() async throws {
        try await ServedStack.with { stack in
            let root = String(
                #filePath.prefix(upTo: try #require(#filePath.range(of: "/Tests/EndToEndTests")?.lowerBound)))
            let modules = TestDirectory.make("python")
            let protos = [
                "holdfast/v1/availability.proto", "holdfast/v1/catalog.proto", "holdfast/v1/delivery.proto",
                "holdfast/v1/inventory.proto", "holdfast/v1/review.proto",
                "holdfast/v1/money.proto", "holdfast/v1/operations.proto", "holdfast/v1/order.proto",
                "holdfast/v1/reservation.proto", "holdfast/v1/shortage.proto", "grpc/health/v1/health.proto",
                "google/rpc/status.proto", "google/rpc/error_details.proto", "rpc_meta.proto",
            ]
            let generate = try PrivateProgram(
                [
                    "/usr/bin/protoc", "-I", root + "/Protos", "-I", root + "/Tests/EndToEndTests",
                    "--python_out=" + modules,
                ] + protos, log: modules + "/protoc.log")
            #expect(try await eventually { generate.processID == nil })
            let client = try PrivateProgram(
                ["/usr/bin/python3", root + "/Tests/EndToEndTests/wire_client.py", "\(stack.port)", modules],
                log: modules + "/client.log")
            #expect(try await client.line(beginningWith: "ok") == "ok")
        }
    }
}

extension String {
    fileprivate func range(of text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
