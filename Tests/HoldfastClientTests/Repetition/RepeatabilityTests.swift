import GRPCCore
import Testing

@testable import HoldfastClient

@Suite("What may be repeated is known for every method")
struct RepeatabilityTests {
    @Test("Every method of the contract is known")
    func contract() throws {
        let methods = Set(
            try Contract.services().flatMap { service, methods in methods.map { "holdfast.v1.\(service)/\($0)" } })
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
