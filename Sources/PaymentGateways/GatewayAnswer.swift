import Domain

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The body that a gateway is sent.
struct GatewayBody: Encodable {
    var action: String
    var amountMinor: Int64
    var currency: String
    var isFinal: Bool
    var token: String?
    var reference: String?
    var orderID: String

    enum CodingKeys: String, CodingKey {
        case action
        case amountMinor = "amount_minor"
        case currency
        case isFinal = "final"
        case token
        case reference
        case orderID = "order_id"
    }

    init(_ request: GatewayRequest) {
        action = request.action.word
        amountMinor = request.amount
        currency = request.currency.code
        isFinal = request.isFinal
        token = request.token.isEmpty ? nil : request.token
        reference = request.reference.isEmpty ? nil : request.reference
        orderID = request.order.description
    }

    /// The body as JSON with sorted names: the same bytes for the same request.
    func bytes() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return [UInt8](try encoder.encode(self))
    }
}

/// What a gateway answers.
struct GatewayAnswer: Decodable {
    var key: String
    var action: String
    var amountMinor: Int64
    var currency: String
    var outcome: String
    var reference: String?
    var reason: String?
    var expiresAt: String?

    enum CodingKeys: String, CodingKey {
        case key
        case action
        case amountMinor = "amount_minor"
        case currency
        case outcome
        case reference
        case reason
        case expiresAt = "expires_at"
    }

    /// Most bytes of a reference or a reason that are kept.
    private static let textBound = 256

    /// Reads an answer to a request.
    ///
    /// Only one that repeats key, action, amount and currency is believed.
    static func outcome(_ bytes: [UInt8], of request: GatewayRequest) -> GatewayOutcome {
        let answer: GatewayAnswer
        do {
            answer = try JSONDecoder().decode(GatewayAnswer.self, from: Data(bytes))
        } catch {
            return .unknown(.unreadable("it is not the JSON that was expected"))
        }
        if let difference = answer.difference(from: request) { return .unknown(.mismatch(difference)) }
        switch answer.outcome {
        case "approved":
            guard let reference = answer.reference, !reference.isEmpty, reference.utf8.count <= textBound else {
                return .unknown(.unreadable("an approval must have a reference of 1 to \(textBound) bytes"))
            }
            guard let text = answer.expiresAt, request.action == .authorize else {
                return .approved(reference: reference)
            }
            guard let expiresAt = instant(text) else {
                return .unknown(.unreadable("expires_at must be a time, such as 2026-12-03T14:05:00Z"))
            }
            guard expiresAt > request.madeAt else {
                return .unknown(.mismatch("its hold has lapsed before it was asked for"))
            }
            return .approved(reference: reference, expiresAt: expiresAt)
        case "declined":
            let reason = answer.reason ?? ""
            return .declined(reason: reason.isEmpty ? "declined" : String(reason.prefix(textBound)))
        default:
            return .unknown(.unreadable("its outcome is neither approved nor declined"))
        }
    }

    /// A moment as RFC 3339 writes it, within what PostgreSQL and callers can be told; nil for anything else.
    private static func instant(_ text: String) -> Instant? {
        let formats = [Date.ISO8601FormatStyle(), Date.ISO8601FormatStyle(includingFractionalSeconds: true)]
        for format in formats {
            guard let date = try? format.parse(text) else { continue }
            let seconds = date.timeIntervalSince1970
            guard (0...253_402_300_799).contains(seconds) else { return nil }
            return Instant(microseconds: Int64((seconds * 1_000_000).rounded()))
        }
        return nil
    }

    private func difference(from request: GatewayRequest) -> String? {
        if EntityID(key) != request.key { return "it is about another key" }
        if action != request.action.word { return "it is about \(action), not \(request.action.word)" }
        if amountMinor != request.amount { return "it is about \(amountMinor) minor units, not \(request.amount)" }
        if currency != request.currency.code { return "it is in \(currency), not \(request.currency.code)" }
        return nil
    }
}
