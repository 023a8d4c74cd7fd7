/// Everything that a folder of the Olist layout holds, read into memory.
///
/// Orders keep their items and payments in the order of their numbers. A row that names something that is not there, such
/// as an item of an unknown order, is a problem and left out, as is a row that repeats another's key. Of several points of
/// one postcode the mean counts, points that repeat another and points outside Brazil left out.
public struct OlistBooks: Sendable {
    /// The orders by time of purchase, then id.
    public private(set) var orders: [OlistOrder] = []
    /// The sellers by id.
    public private(set) var sellers: [String: OlistSeller] = [:]
    /// The articles by id.
    public private(set) var products: [String: OlistProduct] = [:]
    /// The point of each postcode.
    public private(set) var points: [String: OlistPoint] = [:]
    /// Rows of each file that could be used.
    public private(set) var rows: [OlistFile: Int] = [:]
    /// Rows that could not be used.
    public private(set) var problems = OlistProblems()

    /// Reads a folder.
    ///
    /// Throws `OlistFolderError` where a file has not the columns of its kind, and `ByteSourceError` where it cannot be
    /// opened. A file that breaks off does not throw: the problems name it.
    public init(_ folder: OlistFolder) throws {
        try self.init { file in
            guard let path = folder.paths[file] else { preconditionFailure("a folder has every file") }
            return try InputFile.open(path: path)
        }
    }

    init(open: (OlistFile) throws -> any ByteSource) throws {
        func table(_ file: OlistFile) throws -> OlistTable {
            try OlistTable(open(file), file, named: file.rawValue)
        }
        readPlaces(try table(.places))
        readSellers(try table(.sellers))
        readProducts(try table(.products))
        let customers = readCustomers(try table(.customers))
        var byID = readOrders(try table(.orders), customers)
        readItems(try table(.items), &byID)
        readPayments(try table(.payments), &byID)
        orders = byID.values.map { order in
            var order = order
            order.items.sort { $0.number < $1.number }
            order.payments.sort { $0.number < $1.number }
            return order
        }
        orders.sort { ($0.purchasedAt, $0.id) < ($1.purchasedAt, $1.id) }
    }

    // MARK: - Files

    private mutating func readPlaces(_ table: OlistTable) {
        struct Mean {
            var seen: Set<OlistPoint> = []
            var latitude: Int64 = 0
            var longitude: Int64 = 0
        }
        var means: [String: Mean] = [:]
        each(table) { fields in
            guard let postcode = fields.text(.postcode, 1...16),
                let latitude = fields.degrees(.latitude, 90), let longitude = fields.degrees(.longitude, 180)
            else { return false }
            let isBrazil =
                (-33_800_000...5_300_000).contains(latitude) && (-74_000_000 ... -28_600_000).contains(longitude)
            guard isBrazil else {
                fields.refuse(.latitude, "with its longitude is no point of Brazil")
                return false
            }
            let point = OlistPoint(latitude: latitude, longitude: longitude)
            if means[postcode, default: Mean()].seen.insert(point).inserted {
                means[postcode]?.latitude += latitude
                means[postcode]?.longitude += longitude
            }
            return true
        }
        points = means.mapValues { mean in
            let count = Int64(mean.seen.count)
            return OlistPoint(latitude: mean.latitude / count, longitude: mean.longitude / count)
        }
    }

    private mutating func readSellers(_ table: OlistTable) {
        var sellers: [String: OlistSeller] = [:]
        each(table) { fields in
            guard let id = fields.id(.seller), let postcode = fields.text(.sellerPostcode, 0...16),
                let city = fields.text(.sellerCity, 0...128), let state = fields.text(.sellerState, 0...64)
            else { return false }
            guard sellers[id] == nil else { return fields.repeats(.seller) }
            sellers[id] = OlistSeller(id: id, postcode: postcode, city: city, state: state)
            return true
        }
        self.sellers = sellers
    }

    private mutating func readProducts(_ table: OlistTable) {
        var products: [String: OlistProduct] = [:]
        each(table) { fields in
            guard let id = fields.id(.product), let category = fields.text(.category, 0...128),
                let grams = fields.whole(.weight), let length = fields.whole(.length),
                let height = fields.whole(.height), let width = fields.whole(.width)
            else { return false }
            guard products[id] == nil else { return fields.repeats(.product) }
            products[id] = OlistProduct(
                id: id, category: category, grams: grams, length: length * 10, height: height * 10, width: width * 10)
            return true
        }
        self.products = products
    }

    private mutating func readCustomers(_ table: OlistTable) -> [String: OlistOrder.Customer] {
        var customers: [String: OlistOrder.Customer] = [:]
        each(table) { fields in
            guard let id = fields.id(.customer), let person = fields.id(.person),
                let postcode = fields.text(.customerPostcode, 0...16), let city = fields.text(.customerCity, 0...128),
                let state = fields.text(.customerState, 0...64)
            else { return false }
            guard customers[id] == nil else { return fields.repeats(.customer) }
            customers[id] = OlistOrder.Customer(person: person, postcode: postcode, city: city, state: state)
            return true
        }
        return customers
    }

    private mutating func readOrders(
        _ table: OlistTable, _ customers: [String: OlistOrder.Customer]
    ) -> [String: OlistOrder] {
        var orders: [String: OlistOrder] = [:]
        each(table) { fields in
            guard let id = fields.id(.order), let customerID = fields.id(.customer),
                let purchased = fields.time(.purchasedAt), let approved = fields.time(.approvedAt),
                let handedOver = fields.time(.handedOverAt), let delivered = fields.time(.deliveredAt),
                let estimated = fields.time(.estimatedAt)
            else { return false }
            guard let purchasedAt = purchased.moment else {
                fields.refuse(.purchasedAt, "is no time: an order must have been bought")
                return false
            }
            guard let status = OlistOrder.Status(rawValue: String(decoding: fields.row[.status], as: UTF8.self)) else {
                let known = OlistOrder.Status.allCases.map(\.rawValue).joined(separator: ", ")
                fields.refuse(.status, "is none of \(known)")
                return false
            }
            guard let customer = customers[customerID] else { return fields.isUnknown(.customer) }
            guard orders[id] == nil else { return fields.repeats(.order) }
            orders[id] = OlistOrder(
                id: id, status: status, customer: customer, purchasedAt: purchasedAt, approvedAt: approved.moment,
                handedOverAt: handedOver.moment, deliveredAt: delivered.moment, estimatedAt: estimated.moment)
            return true
        }
        return orders
    }

    private mutating func readItems(_ table: OlistTable, _ orders: inout [String: OlistOrder]) {
        var read = orders
        let (products, sellers) = (products, sellers)
        each(table) { fields in
            guard let order = fields.id(.order), let number = fields.number(.itemNumber),
                let product = fields.id(.product), let seller = fields.id(.seller), let price = fields.money(.price),
                let freight = fields.money(.freight)
            else { return false }
            guard let numbers = read[order]?.items.map(\.number) else { return fields.isUnknown(.order) }
            guard products[product] != nil else { return fields.isUnknown(.product) }
            guard sellers[seller] != nil else { return fields.isUnknown(.seller) }
            guard !numbers.contains(number) else { return fields.repeats(.itemNumber) }
            read[order]?.items.append(
                .init(number: number, product: product, seller: seller, price: price, freight: freight))
            return true
        }
        orders = read
    }

    private mutating func readPayments(_ table: OlistTable, _ orders: inout [String: OlistOrder]) {
        var read = orders
        each(table) { fields in
            guard let order = fields.id(.order), let number = fields.number(.paymentNumber),
                let kind = fields.text(.paymentType, 1...64), let value = fields.money(.paymentValue)
            else { return false }
            guard let numbers = read[order]?.payments.map(\.number) else { return fields.isUnknown(.order) }
            guard !numbers.contains(number) else { return fields.repeats(.paymentNumber) }
            read[order]?.payments.append(.init(number: number, kind: .init(rawValue: kind) ?? .other, value: value))
            return true
        }
        orders = read
    }

    /// Gives every row of a table to `use`, and counts those that it can use.
    private mutating func each(_ table: OlistTable, _ use: (inout OlistFields) -> Bool) {
        var table = table
        var problems = problems
        while let row = table.next(&problems) {
            var fields = OlistFields(row: row, table: table)
            if use(&fields) {
                rows[table.file, default: 0] += 1
            } else if let (column, fault) = fields.fault {
                table.refuse(row, column, fault, &problems)
            }
        }
        self.problems = problems
    }
}

/// Turns the fields of one row into values; the first that is no good is kept.
struct OlistFields {
    let row: OlistTable.Row
    let table: OlistTable
    /// The first column that cannot be used, and why.
    private(set) var fault: (column: OlistColumn, reason: String)?

    init(row: OlistTable.Row, table: OlistTable) {
        self.row = row
        self.table = table
    }

    /// A moment, or none where the field is empty.
    struct Time {
        let moment: WallClock?
    }

    mutating func refuse(_ column: OlistColumn, _ reason: String) {
        if fault == nil { fault = (column, reason) }
    }

    mutating func repeats(_ column: OlistColumn) -> Bool {
        refuse(column, "stands in an earlier row already")
        return false
    }

    mutating func isUnknown(_ column: OlistColumn) -> Bool {
        refuse(column, "has no row of its own that can be used")
        return false
    }

    mutating func id(_ column: OlistColumn) -> String? {
        let text = row[column]
        guard (1...64).contains(text.count),
            text.allSatisfy({ ASCIIText.isDigit($0) || ASCIIText.isLowerCaseLetter($0) })
        else {
            refuse(column, "is not 1 to 64 digits and small letters")
            return nil
        }
        return String(decoding: text, as: UTF8.self)
    }

    mutating func text(_ column: OlistColumn, _ bytes: ClosedRange<Int>) -> String? {
        guard bytes.contains(row[column].count), !row[column].contains(where: ASCIIText.isControl),
            let text = String(validating: row[column], as: UTF8.self)
        else {
            refuse(column, "is not plain text of \(bytes.lowerBound) to \(bytes.upperBound) bytes")
            return nil
        }
        return text
    }

    mutating func time(_ column: OlistColumn) -> Time? {
        if row[column].isEmpty { return Time(moment: nil) }
        guard let moment = WallClock(text: row[column]) else {
            refuse(column, "is not a date and time written YYYY-MM-DD HH:MM:SS")
            return nil
        }
        return Time(moment: moment)
    }

    mutating func number(_ column: OlistColumn) -> Int? {
        guard let value = Int(String(decoding: row[column], as: UTF8.self)), (1...1_000_000).contains(value) else {
            refuse(column, "is not a number of 1 to 1,000,000")
            return nil
        }
        return value
    }

    /// A whole number of at most 1,000,000, rounded down; 0 where the field is empty.
    mutating func whole(_ column: OlistColumn) -> Int64? {
        if row[column].isEmpty { return 0 }
        guard let value = PricePerUnit(text: row[column]), (0...1_000_000).contains(value.units), value.billionths >= 0
        else {
            refuse(column, "is not a number of 0 to 1,000,000")
            return nil
        }
        return value.units
    }

    /// An amount in hundredths.
    mutating func money(_ column: OlistColumn) -> Int64? {
        guard let value = PricePerUnit(text: row[column]), value.billionths >= 0,
            value.billionths % 10_000_000 == 0
        else {
            refuse(column, "is not an amount of at least 0 with two decimals")
            return nil
        }
        return value.billionths / 10_000_000
    }

    /// Degrees in millionths, cut off behind the sixth decimal.
    mutating func degrees(_ column: OlistColumn, _ bound: Int64) -> Int64? {
        // Published coordinates have up to fifteen decimals, which is finer than any price.
        let text = row[column]
        let point = text.firstIndex(of: UInt8(ascii: ".")) ?? text.endIndex
        let kept = text[..<min(text.endIndex, point + 8)]
        let rest = text[kept.endIndex...]
        guard rest.allSatisfy(ASCIIText.isDigit), let value = PricePerUnit(text: kept),
            abs(value.billionths) <= bound * 1_000_000_000
        else {
            refuse(column, "is not a number of degrees up to \(bound)")
            return nil
        }
        return value.billionths / 1_000
    }
}
