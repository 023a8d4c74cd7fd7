import Domain

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What is posted about an order.
struct FraudQuestion: Encodable {
    struct Line: Encodable {
        var sku: String
        var quantity: Int64
        var unitPrice: String
    }

    struct Person: Encodable {
        var id: String
        var name: String
        var email: String
        var country: String
    }

    struct Place: Encodable {
        var name: String
        var lines: [String]
        var city: String
        var region: String
        var postcode: String
        var country: String
        var phone: String
        var latitude: Double?
        var longitude: Double?
    }

    struct Way: Encodable {
        var method: String
        var shipTo: Place?
        var pickupLocation: String?
        var service: String?
    }

    var checkId: String
    var orderId: String
    var channel: String
    var externalId: String
    var currency: String
    var owedMinor: Int64
    var placedAt: String
    var customer: Person
    var delivery: Way?
    var lines: [Line]

    init(_ order: FraudCase) {
        checkId = order.id.description
        orderId = order.order.description
        channel = order.channel
        externalId = order.externalID
        currency = order.currency.code
        owedMinor = order.owedMinor
        let placed = Date(timeIntervalSince1970: Double(order.placedAt.microseconds / 1_000_000))
        placedAt = placed.formatted(.iso8601)
        customer = Person(
            id: order.customer.id, name: order.customer.name, email: order.customer.email,
            country: order.customer.country)
        delivery = order.delivery.map { Way($0) }
        lines = order.lines.map {
            Line(sku: $0.sku, quantity: $0.quantity, unitPrice: $0.unitPrice.decimal)
        }
    }

    /// The body: JSON with keys in `snake_case`, sorted, so that one case has one body.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }
}

extension FraudQuestion.Way {
    init(_ delivery: OrderDelivery) {
        switch delivery.method {
        case .ship: method = "ship"
        case .pickup: method = "pickup"
        }
        shipTo = delivery.shipTo.map { address in
            FraudQuestion.Place(
                name: address.name, lines: address.lines, city: address.city, region: address.region,
                postcode: address.postcode, country: address.country, phone: address.phone,
                latitude: address.place?.latitude, longitude: address.place?.longitude)
        }
        pickupLocation = delivery.pickupLocation.isEmpty ? nil : delivery.pickupLocation
        service = delivery.service.isEmpty ? nil : delivery.service
    }
}

/// What is answered.
struct FraudAnswer: Decodable {
    var verdict: String
    var reason: String?

    /// The verdict of an answer's body; unavailable where it is none.
    static func verdict(of body: [UInt8]) -> FraudVerdict {
        let answer: FraudAnswer
        do {
            answer = try JSONDecoder().decode(FraudAnswer.self, from: Data(body))
        } catch {
            return .unavailable("the answer is not understood")
        }
        let reason = ReviewFinding(.fraudSuspected, answer.reason ?? "").detail
        switch answer.verdict {
        case "accept": return .accepted
        case "review": return .suspected(reason.isEmpty ? "no reason was given" : reason)
        case "reject": return .rejected(reason.isEmpty ? "no reason was given" : reason)
        default: return .unavailable("the answer's verdict is none of accept, review, reject")
        }
    }
}
