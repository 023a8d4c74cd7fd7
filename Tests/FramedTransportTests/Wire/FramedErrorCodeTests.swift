import GRPCCore
import Testing

@testable import FramedTransport

@Suite("Error codes")
struct FramedErrorCodeTests {
    @Test("A handler's status travels as 10,000 and more, and comes back")
    func mapsStatus() {
        #expect(FramedErrorCode(.notFound).rawValue == 10_005)
        #expect(FramedErrorCode(.notFound).status == .notFound)
        #expect(FramedErrorCode(.unauthenticated).rawValue == 10_016)
        #expect(FramedErrorCode(rawValue: 10_016).status == .unauthenticated)
        #expect(FramedErrorCode(rawValue: 10_017).status == .unknown)
        #expect(FramedErrorCode(rawValue: 10_000).status == .unknown)
        #expect(FramedErrorCode.ok.status == nil)
    }

    @Test(
        "Codes of the protocol have the status that the table gives them",
        arguments: [
            (125, "CANCELLED"), (1001, "UNIMPLEMENTED"), (1002, "UNIMPLEMENTED"), (1003, "INVALID_ARGUMENT"),
            (1004, "UNAUTHENTICATED"), (1008, "DEADLINE_EXCEEDED"), (1011, "RESOURCE_EXHAUSTED"),
            (2001, "INTERNAL"), (2002, "INTERNAL"), (2003, "UNAVAILABLE"), (2004, "RESOURCE_EXHAUSTED"),
            (2, "UNKNOWN"), (62, "UNKNOWN"), (-5, "UNKNOWN"), (500, "UNKNOWN"),
        ])
    func mapsCodes(code: Int32, name: String) {
        #expect(FramedErrorCode(rawValue: code).status.map { "\($0.wireName)" } == name)
    }
}
