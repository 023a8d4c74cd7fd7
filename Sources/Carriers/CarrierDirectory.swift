public import Sourcing

/// The carriers that a deployment works with, by code.
public struct CarrierDirectory: Sendable {
    /// The carriers by code; never empty.
    private let carriers: [String: any CarrierAdapter]
    /// Code of the carrier that is taken where none is named.
    public let standard: String

    /// Makes a directory.
    ///
    /// - Parameter carriers: at least one, codes unique; the first is taken where none is named.
    /// - Precondition: as said.
    public init(_ carriers: [any CarrierAdapter]) {
        guard let first = carriers.first else { preconditionFailure("a deployment has a carrier") }
        var byCode: [String: any CarrierAdapter] = [:]
        for carrier in carriers {
            precondition(byCode.updateValue(carrier, forKey: carrier.code) == nil, "a carrier comes twice")
        }
        self.carriers = byCode
        standard = first.code
    }

    /// Carriers by their rate tables; none is the company's own van, which goes anywhere for nothing.
    public init(_ tables: [RateTable]) {
        self.init(tables.isEmpty ? [RateTableCarrier.own] : tables.map { RateTableCarrier($0) })
    }

    /// The codes, sorted.
    public var codes: [String] { carriers.keys.sorted() }

    /// The carrier of a code, of the standard one where it is empty; nil where there is none.
    public subscript(code: String) -> (any CarrierAdapter)? {
        carriers[code.isEmpty ? standard : code]
    }
}
