import Domain
import Testing

@Suite("Stock values")
struct StockTests {
    @Test("FNV-1a gives its published values")
    func hash() {
        #expect(FNV1a.hash("".utf8) == 0xCBF2_9CE4_8422_2325)
        #expect(FNV1a.hash("a".utf8) == 0xAF63_DC4C_8601_EC8C)
        #expect(FNV1a.hash("foobar".utf8) == 0x8594_4171_F739_67E8)
    }

    @Test("skus spread over the vshards and always land on the same one")
    func vshards() {
        var counts = [Int](repeating: 0, count: 16)
        for number in 0..<16_000 {
            let vshard = VShard(sku: "SKU-\(number)", count: 16)
            #expect(vshard == VShard(sku: "SKU-\(number)", count: 16))
            counts[Int(vshard.rawValue)] += 1
        }
        #expect(counts.allSatisfy { $0 > 700 && $0 < 1_300 })
    }

    @Test("an explanation's terms add up to its answer, also below zero", arguments: [-7, 0, 5] as [Int64])
    func explanation(admissible: Int64) {
        let terms = AvailabilityTerms(
            location: "W", onHand: 20, safety: 2, allocated: 5, heldByChannel: [("pos", 3), ("web", 1)],
            admissible: admissible)
        #expect(terms.held == 4)
        #expect(
            terms.onHand - terms.safety - terms.allocated - terms.held - terms.inFlight + terms.shortfall
                == terms.available)
    }
}
