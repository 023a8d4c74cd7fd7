import Testing

@testable import Replay

@Suite("Reading the Olist layout")
struct OlistReaderTests {
    @Test("an order comes with its items, payments and customer, in the order of their numbers")
    func reads() throws {
        let books = try OlistSamples.one(
            items: ["o1,2,p2,s2,,5.00,1.00", "o1,1,p1,s1,,10.00,2.50"],
            payments: ["o1,2,voucher,1,8.50", "o1,1,credit_card,3,10.00"]
        ).books()
        #expect(books.problems.count == 0)
        let order = try #require(books.orders.first)
        #expect(order.items.map(\.number) == [1, 2])
        #expect(order.items.map(\.price) == [1_000, 500])
        #expect(order.payments.map(\.kind) == [.creditCard, .voucher])
        #expect(order.cost == 1_850)
        #expect(order.paid == 1_850)
        #expect(order.customer == .init(person: "u1", postcode: "01001", city: "sao paulo", state: "SP"))
        #expect(order.purchasedAt.description == "2018-01-02 10:00:00")
        #expect(order.deliveredAt?.description == "2018-01-08 12:00:00")
        #expect(!order.isLate)
        #expect(
            books.products["p1"]
                == OlistProduct(id: "p1", category: "toys", grams: 500, length: 200, height: 100, width: 150))
        #expect(books.sellers["s2"]?.state == "RJ")
        #expect(books.rows[.places] == 4)
    }

    @Test("several points of a postcode are one mean, repeated ones counted once, postcodes stay text")
    func places() throws {
        let books = try OlistSamples.one().books()
        #expect(books.points["01001"] == OlistPoint(latitude: -23_555_000, longitude: -46_640_000))
        #expect(books.points["1001"] == nil)
    }

    @Test("the short column names of an averaged extract do as well, in any order and with others beside them")
    func otherNames() throws {
        var samples = OlistSamples.one()
        samples.places = ["lng_mean,points,zip_code_prefix,lat_mean,state", "-46.63647,6,01001,-23.54957,SP"]
        samples.products = [
            "product_id,category,category_english,weight_g,length_cm,height_cm,width_cm",
            "p1,brinquedos,toys,500,20,10,15",
        ]
        let books = try samples.books()
        #expect(books.points["01001"] == OlistPoint(latitude: -23_549_570, longitude: -46_636_470))
        #expect(books.products["p1"]?.category == "brinquedos")
        #expect(books.orders.count == 1)
    }

    /// A row that cannot be used, and what is said of it.
    struct Fault: Sendable, CustomTestStringConvertible {
        let file: OlistFile
        let row: String
        let said: String
        var testDescription: String { row }
    }

    static let faults = [
        Fault(
            file: .orders, row: "o2,c1,lost,2018-01-02 10:00:00,,,,",
            said: "line 3, column 3 (order_status): \"lost\" is none of"),
        Fault(file: .orders, row: "o2,c1,created,,,,,", said: "column 4 (order_purchase_timestamp): \"\" is no time"),
        Fault(file: .orders, row: "o2,c1,created,2018-02-30 10:00:00,,,,", said: "column 4 (order_purchase_timestamp)"),
        Fault(
            file: .orders, row: "o2,c9,created,2018-01-02 10:00:00,,,,",
            said: "column 2 (customer_id): \"c9\" has no row"),
        Fault(
            file: .orders, row: "o1,c1,created,2018-01-02 10:00:00,,,,",
            said: "column 1 (order_id): \"o1\" stands in an earlier row"),
        Fault(file: .orders, row: "o2,c1,created", said: "line 3: 3 fields where the header has 8"),
        Fault(file: .items, row: "o9,1,p1,s1,,1.00,0.00", said: "column 1 (order_id): \"o9\" has no row"),
        Fault(file: .items, row: "o1,2,p9,s1,,1.00,0.00", said: "column 3 (product_id): \"p9\" has no row"),
        Fault(file: .items, row: "o1,2,p1,s9,,1.00,0.00", said: "column 4 (seller_id): \"s9\" has no row"),
        Fault(
            file: .items, row: "o1,1,p1,s1,,1.00,0.00", said: "column 2 (order_item_id): \"1\" stands in an earlier row"
        ),
        Fault(file: .items, row: "o1,0,p1,s1,,1.00,0.00", said: "column 2 (order_item_id): \"0\" is not a number"),
        Fault(file: .items, row: "o1,2,p1,s1,,1.001,0.00", said: "column 6 (price): \"1.001\" is not an amount"),
        Fault(file: .items, row: "o1,2,p1,s1,,-1.00,0.00", said: "column 6 (price): \"-1.00\" is not an amount"),
        Fault(file: .payments, row: "o1,2,voucher,1,free", said: "column 5 (payment_value): \"free\" is not an amount"),
        Fault(file: .sellers, row: "S 1,01001,x,SP", said: "column 1 (seller_id): \"S 1\" is not 1 to 64 digits"),
        Fault(
            file: .products, row: "p4,toys,heavy,1,1,1", said: "column 3 (product_weight_g): \"heavy\" is not a number"),
        Fault(
            file: .places, row: "02000,48.85,2.35,paris,FR",
            said: "column 2 (geolocation_lat): \"48.85\" with its longitude"),
        Fault(
            file: .places, row: "02000,north,-46,x,SP",
            said: "column 2 (geolocation_lat): \"north\" is not a number of degrees"),
    ]

    @Test("a row that cannot be used is named by file, line and column, and the others are read", arguments: faults)
    func names(fault: Fault) throws {
        var samples = OlistSamples.one()
        switch fault.file {
        case .orders: samples.orders.append(fault.row)
        case .items: samples.items.append(fault.row)
        case .payments: samples.payments.append(fault.row)
        case .customers: samples.customers.append(fault.row)
        case .sellers: samples.sellers.append(fault.row)
        case .products: samples.products.append(fault.row)
        case .places: samples.places.append(fault.row)
        }
        let books = try samples.books()
        #expect(books.problems.count == 1)
        let said = try #require(books.problems.first.first).description
        #expect(said.hasPrefix("\(fault.file.rawValue), line \(samples[fault.file].count)"))
        #expect(said.contains(fault.said))
        #expect(books.orders.count == 1)
        #expect(books.orders[0].items.count == 1)
        #expect(books.orders[0].payments.count == 1)
    }

    @Test("a file without a column is refused by its name")
    func missingColumn() {
        var samples = OlistSamples.one()
        samples.items[0] = "order_id,order_item_id,product_id,seller_id,price"
        let refused = #expect(throws: OlistFolderError.self) { try samples.books() }
        #expect(refused?.reason == "olist_order_items: no column freight_value")
        samples.items = []
        #expect(throws: OlistFolderError.self) { try samples.books() }
    }

    @Test("files are found by their published names, with dates in them or not, plain or compressed")
    func finds() throws {
        let names = [
            ".", "..", "README.md", "olist_orders_dataset.csv", "olist_order_items_2016-09_2018-04.csv.gz",
            "olist_order_payments.csv", "olist_customers_dataset.csv", "olist_sellers.csv.gz",
            "olist_products_dataset.csv",
            "olist_zip_prefix_geo.csv.gz", "olist_order_reviews_dataset.csv", "olist_orders_dataset.txt",
        ]
        let folder = try OlistFolder(path: "/data", names: names)
        #expect(folder.paths[.orders] == "/data/olist_orders_dataset.csv")
        #expect(folder.paths[.items] == "/data/olist_order_items_2016-09_2018-04.csv.gz")
        #expect(folder.paths[.places] == "/data/olist_zip_prefix_geo.csv.gz")
        let more = #expect(throws: OlistFolderError.self) {
            try OlistFolder(path: "/data", names: names + ["olist_geolocation_dataset.csv"])
        }
        #expect(more?.reason.contains("more than one file of olist_geolocation") == true)
        let none = #expect(throws: OlistFolderError.self) { try OlistFolder(path: "/data", names: []) }
        #expect(none?.reason.contains("no file olist_orders*.csv") == true)
        #expect(throws: OlistFolderError.self) { try OlistFolder(path: "/no/such/folder") }
    }

    @Test("what is odd is counted, each by its name")
    func quirks() throws {
        func counts(_ samples: OlistSamples) throws -> [String: Int] {
            Dictionary(uniqueKeysWithValues: OlistQuirks(try samples.books()).counts.map { ($0.name, $0.count) })
                .filter { $0.value > 0 && !$0.key.hasPrefix("articles_") }
        }
        #expect(try counts(.one()) == [:])
        #expect(
            try counts(.one("unavailable", handedOver: "", delivered: "", items: []))
                == ["orders_without_items": 1])
        #expect(
            try counts(.one(payments: ["o1,1,credit_card,1,10.00", "o1,2,voucher,1,2.49", "o1,3,voucher,1,0.00"]))
                == [
                    "orders_with_several_payments": 1, "payments_of_0": 1, "orders_paid_less_than_price_and_freight": 1,
                    "orders_that_differ_by_a_hundredth": 1,
                ])
        #expect(
            try counts(.one(payments: ["o1,1,credit_card,1,13.00"])) == ["orders_paid_more_than_price_and_freight": 1])
        #expect(
            try counts(.one(payments: []))
                == ["orders_without_payment": 1, "orders_paid_less_than_price_and_freight": 1])
        #expect(
            try counts(.one(items: ["o1,1,p1,s1,,10.00,0.00", "o1,2,p2,s2,,2.50,0.00"])) == [
                "orders_of_several_sellers": 1
            ])
        #expect(
            try counts(.one(approved: "2018-01-04 00:00:00", delivered: "2018-01-03 08:00:00"))
                == ["orders_handed_over_before_approval": 1, "orders_delivered_before_hand_over": 1])
        #expect(try counts(.one(delivered: "")) == ["delivered_without_time_of_delivery": 1])
        #expect(try counts(.one("shipped", handedOver: "", delivered: "")) == ["sent_without_time_of_hand_over": 1])
        #expect(try counts(.one("canceled")) == ["cancelled_after_delivery": 1])
        #expect(try counts(.one("canceled", delivered: "")) == ["cancelled_under_way": 1])
        var far = OlistSamples.one()
        far.orders[1] = far.orders[1].replacing(",c1,", with: ",c3,")
        far.sellers.append("s3,88888,x,SC")
        #expect(try counts(far) == ["customers_without_point": 1, "sellers_without_point": 1])
    }

    @Test("what the files offer is added up")
    func offers() throws {
        let offered = OlistOffered(try OlistSamples.one(estimated: "2018-01-07 00:00:00").books())
        #expect(offered.orders == [.delivered: 1])
        #expect(offered.price == 1_000)
        #expect(offered.freight == 250)
        #expect(offered.paid == 1_250)
        #expect(offered.delivered == 1)
        #expect(offered.late == 1)
        #expect(OlistOffered.medianHours(offered.secondsToShip) == "23.0")
        #expect(OlistOffered.medianHours(offered.secondsUnderWay) == "123.0")
        #expect(OlistOffered.medianHours([]) == "0.0")
    }
}
