import Testing

@testable import HoldfastServer

@Suite("Which calls over HTTP/2 may begin")
struct CallAdmissionTests {
    private func admission(_ change: (inout HTTP2Limits) -> Void = { _ in }) -> CallAdmission {
        var limits = HTTP2Limits()
        change(&limits)
        return CallAdmission(limits)
    }

    private func fill(_ admission: CallAdmission, _ count: Int, isStream: Bool, _ peer: (Int) -> String) throws
        -> [CallAdmission.Place]
    {
        try (0..<count).map { try admission.admit(peer($0), isStream: isStream) }
    }

    @Test("One address gets a quarter of the unary calls, over all its connections; others go on")
    func address() throws {
        let admission = admission()
        let places = try fill(admission, 2_500, isStream: false) { "ipv4:10.0.0.1:\(1_000 + $0 % 7)" }
        #expect(throws: CallAdmission.Refusal.address) {
            try admission.admit("ipv4:10.0.0.1:9", isStream: false)
        }
        let other = try admission.admit("ipv4:10.0.0.2:1000", isStream: false)
        #expect(admission.count == 2_501)
        admission.release(places[0])
        let next = try admission.admit("ipv4:10.0.0.1:9", isStream: false)
        for place in places.dropFirst() + [other, next] { admission.release(place) }
        #expect(admission.count == 0)
    }

    @Test("The addresses of one IPv6 network are one")
    func network() throws {
        let admission = admission { $0.maximumCallsPerAddress = 2 }
        for host in 1...2 { _ = try admission.admit("ipv6:[2001:db8::\(host)]:1000", isStream: false) }
        #expect(throws: CallAdmission.Refusal.address) {
            try admission.admit("ipv6:[2001:db8::3]:1000", isStream: false)
        }
        _ = try admission.admit("ipv6:[2001:db8:0:1::1]:1000", isStream: false)
    }

    @Test("The port as a whole has a bound too")
    func port() throws {
        let admission = admission()
        let places = try fill(admission, 10_000, isStream: false) { "ipv4:10.0.0.\($0 / 2_500):1" }
        #expect(throws: CallAdmission.Refusal.port) { try admission.admit("ipv4:10.0.1.1:1", isStream: false) }
        admission.release(places[0])
        _ = try admission.admit("ipv4:10.0.1.1:1", isStream: false)
    }

    @Test("A known caller has a bound over all addresses that leaves places of one address to others")
    func caller() throws {
        #expect(HTTP2Limits().maximumCallsPerCaller < HTTP2Limits().maximumCallsPerAddress)
        let admission = admission { $0.maximumCallsPerCaller = 2 }
        for _ in 1...2 { try admission.admit(caller: "key:a") }
        #expect(throws: CallAdmission.Refusal.caller) { try admission.admit(caller: "key:a") }
        try admission.admit(caller: "key:b")
        admission.release(caller: "key:a")
        try admission.admit(caller: "key:a")
        #expect(throws: CallAdmission.Refusal.caller) { try admission.admit(caller: "key:a") }
    }

    @Test("Streams have bounds of their own, by connection, by address and in all, and take no unary call's place")
    func streams() throws {
        let admission = admission()
        let first = try fill(admission, 16, isStream: true) { _ in "ipv4:10.0.0.1:1" }
        #expect(throws: CallAdmission.Refusal.connection) { try admission.admit("ipv4:10.0.0.1:1", isStream: true) }
        _ = try fill(admission, 48, isStream: true) { "ipv4:10.0.0.1:\(2 + $0 / 16)" }
        #expect(throws: CallAdmission.Refusal.address) { try admission.admit("ipv4:10.0.0.1:9", isStream: true) }
        _ = try fill(admission, 192, isStream: true) { "ipv4:10.0.1.\($0 / 64):\($0 / 16)" }
        #expect(throws: CallAdmission.Refusal.port) { try admission.admit("ipv4:10.0.2.1:1", isStream: true) }
        _ = try fill(admission, 2_500, isStream: false) { _ in "ipv4:10.0.0.1:1" }
        admission.release(first[0])
        _ = try admission.admit("ipv4:10.0.0.1:1", isStream: true)
    }
}
