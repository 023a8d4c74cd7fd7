import Testing

@testable import Replay

@Suite("Planning the Olist layout")
struct OlistPlanTests {
    private func sale(_ samples: OlistSamples) throws -> OlistSale {
        try #require(OlistPlan(try samples.books()).sales.first)
    }

    @Test("units of one article, seller and price are one line, freight is one line without stock")
    func lines() throws {
        let sale = try sale(
            .one(
                items: [
                    "o1,1,p1,s1,,10.00,2.50", "o1,2,p1,s1,,10.00,2.50", "o1,3,p1,s1,,9.00,0.00",
                    "o1,4,p3,s2,,1.00,1.11",
                ], payments: ["o1,1,boleto,1,36.11"]))
        #expect(sale.lines.map(\.sku) == ["p1", "p1", "p3", OlistPlan.freight])
        #expect(sale.lines.map(\.quantity) == [2, 1, 1, 1])
        #expect(sale.lines.map(\.seller) == ["s1", "s1", "s2", nil])
        #expect(sale.lines.map(\.isGoods) == [true, true, true, false])
        #expect(sale.lines[3].price == 611)
        #expect(sale.total == 3_611)
        #expect(sale.tenders.map(\.amount) == [3_611])
        #expect(!sale.isSourced)
        #expect(sale.point == OlistPoint(latitude: -23_555_000, longitude: -46_640_000))
    }

    @Test("tenders come to what the lines cost, whatever the payments come to")
    func tenders() throws {
        let less = try sale(.one(payments: ["o1,1,credit_card,1,10.00", "o1,2,voucher,1,0.00", "o1,3,voucher,1,2.49"]))
        #expect(less.tenders.map(\.kind) == [.creditCard, .voucher, nil])
        #expect(less.tenders.map(\.amount) == [1_000, 249, 1])
        #expect(less.total == 1_250)
        #expect(Set(less.tenders.map(\.id)).count == 3)
        let more = try sale(.one(payments: ["o1,1,credit_card,1,13.75"]))
        #expect(more.lines.map(\.sku) == ["p1", OlistPlan.freight, OlistPlan.surcharge])
        #expect(more.lines[2].price == 125)
        #expect(more.tenders.map(\.amount) == [1_375])
        #expect(more.total == 1_375)
        #expect(try sale(.one(payments: [])).tenders.map(\.amount) == [1_250])
    }

    @Test(
        "an order goes as far as its status says",
        arguments: [
            ("created", "", OlistSale.End.paid), ("approved", "", .paid), ("invoiced", "", .acknowledged),
            ("processing", "", .acknowledged), ("shipped", "", .shipped),
            ("delivered", "2018-01-08 12:00:00", .delivered),
            ("delivered", "", .delivered), ("canceled", "", .cancelled), ("unavailable", "", .cancelled),
            ("canceled", "2018-01-08 12:00:00", .returned),
        ])
    func ends(status: String, delivered: String, end: OlistSale.End) throws {
        #expect(try sale(.one(status, delivered: delivered)).end == end)
    }

    @Test("sellers get what the orders take from them, and articles of several sellers are for the service to source")
    func stock() throws {
        var samples = OlistSamples.one(items: [
            "o1,1,p1,s1,,10.00,2.50", "o1,2,p1,s1,,10.00,2.50", "o1,3,p3,s1,,1.00,0.00",
        ])
        samples.orders.append("o2,c2,delivered,2018-01-01 10:00:00,,,,")
        samples.orders.append("o3,c3,unavailable,2018-01-01 10:00:00,,,,")
        samples.items.append("o2,1,p1,s2,,9.00,1.00")
        let plan = OlistPlan(try samples.books())
        #expect(plan.sales.map(\.order.id) == ["o2", "o1"])
        #expect(plan.sales.map(\.isSourced) == [true, true])
        #expect(plan.sales[1].lines.map(\.seller) == [nil, "s1", nil])
        #expect(plan.receipts.map(\.reference) == ["olist/opening/1"])
        #expect(
            plan.receipts[0].lines.map { "\($0.seller) \($0.sku) \($0.quantity)" } == ["s1 p1 2", "s1 p3 1", "s2 p1 1"])
        #expect(plan.sellers.map(\.id) == ["s1", "s2"])
        #expect(plan.sourced.map(\.id) == ["s1", "s2"])
        #expect(plan.products.map(\.id) == ["p1", "p3"])
        #expect(OlistPlan(try samples.books(), limit: 1).sales.map(\.order.id) == ["o2"])
    }

    @Test("the same files give the same plan")
    func repeatable() throws {
        let samples = OlistSamples.one()
        #expect(try OlistPlan(samples.books()).sales == OlistPlan(samples.books()).sales)
        #expect(try sale(samples).id == ReplayID(.order, "olist/o1"))
    }
}
