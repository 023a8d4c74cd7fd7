import HoldfastAPI
import Replay
import Testing

@testable import ReplayDriver

@Suite("The marker of a plan")
struct ReplayMarkerTests {
    private let lines = [Books.line("536365", "A1", 6), Books.line("536366", "A1", 6)]

    @Test("tells the stage it was written for")
    func tellsItsStage() throws {
        let marker = ReplayMarker(try Books.plan(lines).plan)
        #expect(marker.sku.count == 23)
        let product = marker.product(stage: 17)
        #expect(product.name == "replayed through stage 17")
        #expect(!product.tracked)
        #expect(marker.stage(of: product) == 17)
        var other = product
        other.name = "a mug"
        #expect(marker.stage(of: other) == nil)
        other = product
        other.sku = "A1"
        #expect(marker.stage(of: other) == nil)
    }

    @Test("is the same for the same plan, and another for another part, file or rule")
    func namesItsPlan() throws {
        let marker = ReplayMarker(try Books.plan(lines).plan)
        #expect(ReplayMarker(try Books.plan(lines).plan).sku == marker.sku)
        #expect(ReplayMarker(try Books.plan(lines, scope: ReplayScope(limit: 1)).plan).sku != marker.sku)
        let later = [Books.line("536367", "A1", 1, at: "2010-12-03 09:00:00")]
        #expect(
            ReplayMarker(try Books.plan(lines + later, dispatch: DispatchRule()).plan).sku
                != ReplayMarker(try Books.plan(lines + later).plan).sku)
        #expect(ReplayMarker(try Books.plan(lines + [Books.line("536367", "A1", 1)]).plan).sku != marker.sku)
        #expect(ReplayMarker(try Books.plan([lines[0], Books.line("536366", "A1", 7)]).plan).sku != marker.sku)
    }
}
