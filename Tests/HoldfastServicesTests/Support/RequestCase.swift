import Domain
import Testing

/// One row of a validation table: what is changed in a valid request, and the fields that are then refused.
struct RequestCase<Request>: Sendable, CustomTestStringConvertible {
    let title: String
    let refused: [String]
    let change: @Sendable (inout Request) -> Void

    init(_ title: String, _ refused: [String] = [], change: @escaping @Sendable (inout Request) -> Void) {
        self.title = title
        self.refused = refused
        self.change = change
    }

    var testDescription: String { title }

    /// The request with the change made.
    func applied(to request: Request) -> Request {
        var request = request
        change(&request)
        return request
    }
}

/// Paths of the fields that a translation refuses; empty where it accepts.
func refusedFields<Value>(_ translate: () throws -> Value) throws -> [String] {
    do {
        _ = try translate()
        return []
    } catch Refusal.invalid(let violations) {
        #expect(violations.allSatisfy { !$0.description.isEmpty })
        return violations.map(\.field)
    }
}

/// A UUID for tests.
func testID(_ low: UInt64) -> EntityID {
    EntityID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0000 | low)
}
