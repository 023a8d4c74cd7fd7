import HoldfastClient
import Testing

@Suite("Clients whose body ends at once")
struct EarlyEndTests {
    private struct Stop: Error, Equatable {}

    /// Whether the connections have begun when the body ends is a matter of chance.
    private static let rounds = 300

    @Test("A body that calls nothing returns what it returns, however early")
    func returning() async throws {
        let configuration = HoldfastClientConfiguration(endpoints: [try ClosedPort().endpoint])
        for round in 0..<Self.rounds {
            #expect(try await withHoldfastClient(configuration) { _ in round } == round)
        }
    }

    @Test("A body that throws before it calls anything throws that, however early")
    func throwing() async throws {
        let configuration = HoldfastClientConfiguration(endpoints: [try ClosedPort().endpoint])
        for _ in 0..<Self.rounds {
            await #expect(throws: Stop()) { try await withHoldfastClient(configuration) { _ in throw Stop() } }
        }
    }
}
