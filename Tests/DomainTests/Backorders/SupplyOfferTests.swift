import Domain
import Testing

@Suite("Supply offered to waiting lines")
struct SupplyOfferTests {
    private static func offer(_ parts: (cell: Int64, location: Int32, units: Int64)...) -> SupplyOffer {
        SupplyOffer(parts.map { .init(cell: CellID($0.cell), location: $0.location, units: $0.units) })
    }

    private static func units(_ grants: [SupplyOffer.Grant]) -> [Int64: Int64] {
        Dictionary(uniqueKeysWithValues: grants.map { ($0.cell.rawValue, $0.units) })
    }

    @Test("serves one line after the other until nothing is left")
    func order() {
        var offer = Self.offer((1, 1, 3), (2, 2, 4))
        #expect(Self.units(offer.serve(.init(units: 2, locations: nil, single: false))) == [1: 2])
        #expect(Self.units(offer.serve(.init(units: 4, locations: nil, single: false))) == [1: 1, 2: 3])
        #expect(Self.units(offer.serve(.init(units: 9, locations: nil, single: false))) == [2: 1])
        #expect(offer.isEmpty)
        #expect(offer.serve(.init(units: 1, locations: nil, single: false)).isEmpty)
    }

    @Test("gives a line only what its locations have")
    func locations() {
        var offer = Self.offer((1, 1, 3), (2, 2, 4))
        #expect(Self.units(offer.serve(.init(units: 9, locations: [2], single: false))) == [2: 4])
        #expect(offer.serve(.init(units: 9, locations: [2, 3], single: false)).isEmpty)
        #expect(offer.units == 3)
    }

    @Test("serves a line that must not be split from one location: the first that has all, else the fullest")
    func single() {
        var offer = Self.offer((1, 1, 3), (2, 2, 5), (3, 3, 4))
        #expect(Self.units(offer.serve(.init(units: 4, locations: nil, single: true))) == [2: 4])
        #expect(Self.units(offer.serve(.init(units: 6, locations: nil, single: true))) == [3: 4])
        #expect(Self.units(offer.serve(.init(units: 6, locations: [2], single: true))) == [2: 1])
        #expect(offer.serve(.init(units: 6, locations: [2], single: true)).isEmpty)
        #expect(offer.units == 3)
    }

    @Test("offers what a line cannot take to the next one, in the same order")
    func takenBack() {
        var offer = Self.offer((1, 1, 3), (2, 2, 4))
        for grant in offer.serve(.init(units: 7, locations: nil, single: false)) { offer.takeBack(grant) }
        #expect(offer.units == 7)
        #expect(Self.units(offer.serve(.init(units: 4, locations: nil, single: false))) == [1: 3, 2: 1])
    }

    @Test("leaves out parts without units")
    func empty() {
        #expect(Self.offer((1, 1, 0), (2, 1, 0)).isEmpty)
    }

    @Test("never gives more than there is or than is wanted, whatever is asked")
    func bounds() {
        var generator = SplitMix64(state: 20_261_126)
        for _ in 0..<5_000 {
            let parts = (0..<Int64.random(in: 0...5, using: &generator)).map { cell in
                SupplyOffer.Part(
                    cell: CellID(cell), location: Int32.random(in: 1...3, using: &generator),
                    units: Int64.random(in: 0...6, using: &generator))
            }
            var offer = SupplyOffer(parts)
            var left = offer.units
            for _ in 0..<4 {
                let allowed: Set<Int32>? =
                    Bool.random(using: &generator) ? nil : [Int32.random(in: 1...3, using: &generator)]
                let wish = SupplyOffer.Wish(
                    units: Int64.random(in: 1...8, using: &generator), locations: allowed,
                    single: Bool.random(using: &generator),
                    avoided: Bool.random(using: &generator) ? [] : [Int32.random(in: 1...3, using: &generator)])
                let eligible = offer.parts.filter {
                    (allowed?.contains($0.location) ?? true) && !wish.avoided.contains($0.location)
                }
                let grants = offer.serve(wish)
                let given = grants.reduce(0) { $0 + $1.units }
                #expect(given <= wish.units)
                #expect(offer.units == left - given)
                #expect(grants.allSatisfy { grant in allowed?.contains(grant.location) ?? true })
                #expect(grants.allSatisfy { !wish.avoided.contains($0.location) })
                if wish.single {
                    #expect(Set(grants.map(\.location)).count <= 1)
                } else {
                    #expect(given == min(wish.units, eligible.reduce(0) { $0 + $1.units }))
                }
                left -= given
            }
        }
    }

    @Test("A location where a line was not found does not serve it, and serves the next one")
    func avoided() {
        let parts = [
            SupplyOffer.Part(cell: CellID(1), location: 1, units: 9), .init(cell: CellID(2), location: 2, units: 2),
        ]
        for single in [false, true] {
            var offer = SupplyOffer(parts)
            let grants = offer.serve(.init(units: 4, locations: nil, single: single, avoided: [1]))
            #expect(grants.map(\.location) == [2])
            #expect(grants.map(\.units) == [2])
            #expect(offer.serve(.init(units: 4, locations: [1], single: single, avoided: [1])).isEmpty)
            #expect(offer.serve(.init(units: 4, locations: nil, single: single)).map(\.units) == [4])
        }
    }
}
