import Foundation
import GRPCCore
import Testing

@testable import HoldfastClient

@Suite("What may be repeated is known for every method")
struct RepeatabilityTests {
    @Test("Every method of the contract is known")
    func contract() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Protos/holdfast/v1")
        var methods: Set<String> = []
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) where file.hasSuffix(".proto") {
            let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
            var service = ""
            for line in text.split(separator: "\n") {
                let words = line.split(whereSeparator: { $0 == " " || $0 == "(" })
                if words.first == "service", words.count > 1 { service = String(words[1]) }
                if words.first == "rpc", words.count > 1 { methods.insert("holdfast.v1.\(service)/\(words[1])") }
            }
        }
        #expect(methods.count >= 25)
        let known = Set(Repeatability.known.keys.filter { $0.hasPrefix("holdfast.v1.") })
        #expect(methods.subtracting(known).sorted() == [])
        #expect(known.subtracting(methods).sorted() == [])
    }

    @Test("A method that is not of the contract is made once")
    func unknown() {
        #expect(!Repeatability(MethodDescriptor(fullyQualifiedService: "lab.v1.Once", method: "Do")).isRepeatable)
    }
}
