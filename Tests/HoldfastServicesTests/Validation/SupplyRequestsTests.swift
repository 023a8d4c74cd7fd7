import Domain
import HoldfastAPI
import SwiftProtobuf
import Testing

@testable import HoldfastServices

@Suite("Requests about waiting lines, sourcing and customers")
struct SupplyRequestsTests {
    // MARK: - Backorders

    static let policies = Holdfast_V1_SetBackorderPoliciesRequest.with {
        $0.requestID = testID(1).description
        $0.policies = [policy("A"), policy("B")]
    }

    static func policy(_ sku: String) -> Holdfast_V1_BackorderPolicy {
        .with {
            $0.sku = sku
            $0.channel = "web"
            $0.cap = 5
        }
    }

    @Test(
        "Caps of waiting units",
        arguments: [
            RequestCase<Holdfast_V1_SetBackorderPoliciesRequest>("as it is") { _ in },
            .init("no id", ["request_id"]) { $0.requestID = "" },
            .init("no caps", ["policies"]) { $0.policies = [] },
            .init("too many caps", ["policies"]) { $0.policies = Array(repeating: policy("A"), count: 1_001) },
            .init("no sku", ["policies[1].sku"]) { $0.policies[1].sku = "" },
            .init("no channel", ["policies[0].channel"]) { $0.policies[0].channel = "" },
            .init("a cap of nothing") { $0.policies[0].cap = 0 },
            .init("a negative cap", ["policies[0].cap"]) { $0.policies[0].cap = -1 },
            .init("the highest cap") { $0.policies[0].cap = 1_000_000_000 },
            .init("too high a cap", ["policies[0].cap"]) { $0.policies[0].cap = 1_000_000_001 },
            .init("one twice", ["policies[1]"]) { $0.policies[1].sku = "A" },
            .init("the same article in two channels") {
                $0.policies[1].sku = "A"
                $0.policies[1].channel = "till"
            },
        ])
    func policies(row: RequestCase<Holdfast_V1_SetBackorderPoliciesRequest>) throws {
        #expect(
            try refusedFields {
                try BackorderRequests.policies(row.applied(to: Self.policies), body: [], by: .anonymous)
            } == row.refused)
    }

    @Test("A cap outside the caller's channels is refused")
    func policyScope() {
        let caller = Caller(
            id: "key:x", name: "x", roles: [.admin], scope: Scope(channels: ["till"], locations: nil))
        #expect(throws: Refusal.outOfScope) {
            try BackorderRequests.policies(Self.policies, body: [], by: caller)
        }
    }

    @Test(
        "An order's lines that may wait",
        arguments: [
            RequestCase<Holdfast_V1_PlaceOrderRequest>("may wait") { $0.lines[0].allowBackorder = true },
            .init("the highest priority") {
                $0.lines[0].allowBackorder = true
                $0.lines[0].backorderPriority = 1_000
            },
            .init("too high a priority", ["lines[0].backorder_priority"]) {
                $0.lines[0].allowBackorder = true
                $0.lines[0].backorderPriority = 1_001
            },
            .init("a negative priority", ["lines[0].backorder_priority"]) {
                $0.lines[0].allowBackorder = true
                $0.lines[0].backorderPriority = -1
            },
            .init("a priority of a line that does not wait", ["lines[1].backorder_priority"]) {
                $0.lines[1].backorderPriority = 1
            },
            .init("goods that the customer has", ["lines[0].allow_backorder"]) {
                $0.goodsInHand = true
                $0.lines[0].allowBackorder = true
            },
        ])
    func waiting(row: RequestCase<Holdfast_V1_PlaceOrderRequest>) throws {
        #expect(
            try refusedFields {
                try OrderRequests.place(row.applied(to: OrderRequestsTests.place), body: [], by: .anonymous)
            } == row.refused)
    }

    // MARK: - Sourcing

    static let plan = Holdfast_V1_PlanSourcingRequest.with {
        $0.planID = testID(1).description
        $0.lines = [
            .with {
                $0.sku = "A"
                $0.quantity = 2
            }
        ]
        $0.destination = .with { $0.country = "GB" }
    }

    @Test(
        "Plans",
        arguments: [
            RequestCase<Holdfast_V1_PlanSourcingRequest>("as it is") { _ in },
            .init("no id", ["plan_id"]) { $0.planID = "" },
            .init("an order alone") {
                $0.orderID = testID(2).description
                $0.lines = []
                $0.clearDestination()
            },
            .init("a wrong order", ["order_id"]) {
                $0.orderID = "1"
                $0.lines = []
            },
            .init("an order and lines", ["lines"]) { $0.orderID = testID(2).description },
            .init("neither", ["lines"]) { $0.lines = [] },
            .init("no destination", ["destination"]) { $0.clearDestination() },
            .init("no country", ["destination.country"]) { $0.destination.country = "" },
            .init("a country in small letters", ["destination.country"]) { $0.destination.country = "gb" },
            .init("a point beyond the pole", ["destination.point"]) { $0.destination.point.latitudeE6 = 90_000_001 },
            .init("no sku", ["lines[0].sku"]) { $0.lines[0].sku = "" },
            .init("no units", ["lines[0].quantity"]) { $0.lines[0].quantity = 0 },
            .init("too many units", ["lines[0].quantity"]) { $0.lines[0].quantity = 1_000_001 },
            .init("another method", ["method"]) { $0.method = "drone" },
            .init("a pickup") {
                $0.method = "pickup"
                $0.pickupLocation = "DC"
                $0.clearDestination()
            },
            .init("a pickup nowhere", ["pickup_location"]) { $0.method = "pickup" },
            .init("a pickup place without pickup", ["pickup_location"]) { $0.pickupLocation = "DC" },
            .init("no such day", ["promised"]) { $0.promised = "2026-02-30" },
            .init("a code with a blank", ["excluded[0]"]) { $0.excluded = [" DC"] },
        ])
    func plan(row: RequestCase<Holdfast_V1_PlanSourcingRequest>) throws {
        #expect(
            try refusedFields {
                try SourcingRequests.plan(row.applied(to: Self.plan), body: [], by: .anonymous)
            } == row.refused)
    }

    static let config = Holdfast_V1_UpsertSourcingConfigRequest.with {
        $0.requestID = testID(1).description
        $0.name = "default"
        $0.document = #"{"currency": "GBP", "services": [], "splitPenalty": 100}"#
    }

    @Test(
        "Configurations",
        arguments: [
            RequestCase<Holdfast_V1_UpsertSourcingConfigRequest>("as it is") { _ in },
            .init("no id", ["request_id"]) { $0.requestID = "" },
            .init("no name", ["name"]) { $0.name = "" },
            .init("no JSON", ["document"]) { $0.document = "{" },
            .init("no currency", ["document.currency"]) { $0.document = "{}" },
            .init("a field that is not known", ["document.splitPenality"]) {
                $0.document = #"{"currency": "GBP", "splitPenality": 1}"#
            },
            .init("a penalty out of bounds", ["document.splitPenalty"]) {
                $0.document = #"{"currency": "GBP", "splitPenalty": -1}"#
            },
            .init("a service without bands", ["document.services[0].zones[0].bands"]) {
                $0.document = """
                    {"currency": "GBP", "services":
                        [{"code": "S", "zones": [{"name": "Z", "transitDays": 1, "bands": []}]}]}
                    """
            },
            .init("too long a document", ["document"]) {
                $0.document = String(repeating: " ", count: SourcingRequests.documentBound + 1)
            },
        ])
    func config(row: RequestCase<Holdfast_V1_UpsertSourcingConfigRequest>) throws {
        #expect(try refusedFields { try SourcingRequests.config(row.applied(to: Self.config)) } == row.refused)
    }

    static let locations = Holdfast_V1_UpsertSourcingLocationsRequest.with {
        $0.requestID = testID(1).description
        $0.locations = [
            .with {
                $0.code = "DC"
                $0.country = "GB"
                $0.hours = [
                    .with {
                        $0.days = ["mon", "tue"]
                        $0.cutOff = "14:00"
                    }
                ]
            }
        ]
    }

    @Test(
        "What sourcing knows of locations",
        arguments: [
            RequestCase<Holdfast_V1_UpsertSourcingLocationsRequest>("as it is") { _ in },
            .init("no id", ["request_id"]) { $0.requestID = "" },
            .init("no locations", ["locations"]) { $0.locations = [] },
            .init("no code", ["locations[0].code"]) { $0.locations[0].code = "" },
            .init("no country", ["locations[0].country"]) { $0.locations[0].country = "" },
            .init("a country in small letters", ["locations[0].country"]) { $0.locations[0].country = "gb" },
            .init("no point", ["locations[0].point"]) { $0.locations[0].point.longitudeE6 = 180_000_001 },
            .init("another method", ["locations[0].methods[0]"]) { $0.locations[0].methods = ["drone"] },
            .init("no day of the week", ["locations[0].hours[0].days[0]"]) { $0.locations[0].hours[0].days = ["Mon"] },
            .init("a day twice", ["locations[0].hours[0].days[1]"]) {
                $0.locations[0].hours[0].days = ["mon", "mon"]
            },
            .init("no days", ["locations[0].hours[0].days"]) { $0.locations[0].hours[0].days = [] },
            .init("no time", ["locations[0].hours[0].cut_off"]) { $0.locations[0].hours[0].cutOff = "24:01" },
            .init("no such day", ["locations[0].closed[0]"]) { $0.locations[0].closed = ["2026-13-01"] },
            .init("a long lead", ["locations[0].lead_days"]) { $0.locations[0].leadDays = 61 },
            .init("a negative capacity", ["locations[0].capacity.orders"]) { $0.locations[0].capacity.orders = -1 },
            .init("a dear hand", ["locations[0].handling_per_unit"]) {
                $0.locations[0].handlingPerUnit = 1_000_000_001
            },
            .init("one twice", ["locations[1].code"]) { $0.locations.append($0.locations[0]) },
        ])
    func locations(row: RequestCase<Holdfast_V1_UpsertSourcingLocationsRequest>) throws {
        #expect(
            try refusedFields {
                try SourcingRequests.locations(row.applied(to: Self.locations), by: .anonymous)
            } == row.refused)
    }

    static let products = Holdfast_V1_UpsertSourcingProductsRequest.with {
        $0.requestID = testID(1).description
        $0.products = [
            .with {
                $0.sku = "A"
                $0.grams = 400
                $0.needs = ["chilled"]
            }
        ]
    }

    @Test(
        "What sourcing knows of articles",
        arguments: [
            RequestCase<Holdfast_V1_UpsertSourcingProductsRequest>("as it is") { _ in },
            .init("no id", ["request_id"]) { $0.requestID = "" },
            .init("no articles", ["products"]) { $0.products = [] },
            .init("no sku", ["products[0].sku"]) { $0.products[0].sku = "" },
            .init("a negative weight", ["products[0].grams"]) { $0.products[0].grams = -1 },
            .init("too large", ["products[0].volume"]) { $0.products[0].volume = 1_000_000_001 },
            .init("an empty need", ["products[0].needs[0]"]) { $0.products[0].needs = [""] },
            .init("one twice", ["products[1].sku"]) { $0.products.append($0.products[0]) },
        ])
    func products(row: RequestCase<Holdfast_V1_UpsertSourcingProductsRequest>) throws {
        #expect(try refusedFields { try SourcingRequests.products(row.applied(to: Self.products)) } == row.refused)
    }

    // MARK: - Customers

    static let customers = Holdfast_V1_UpsertCustomersRequest.with {
        $0.requestID = testID(1).description
        $0.customers = [
            .with {
                $0.customerID = "C-1"
                $0.name = "Ada Lovelace"
                $0.email = "ada@example.com"
                $0.contacts = [.with { $0.label = "work" }]
                $0.addresses = [address("home"), address("work")]
            }
        ]
    }

    static func address(_ label: String) -> Holdfast_V1_CustomerAddress {
        .with {
            $0.label = label
            $0.address.lines = ["1 High Street"]
            $0.address.country = "GB"
        }
    }

    @Test(
        "Customers",
        arguments: [
            RequestCase<Holdfast_V1_UpsertCustomersRequest>("as it is") { _ in },
            .init("no id", ["request_id"]) { $0.requestID = "" },
            .init("no customers", ["customers"]) { $0.customers = [] },
            .init("no customer id", ["customers[0].customer_id"]) { $0.customers[0].customerID = "" },
            .init("a long customer id", ["customers[0].customer_id"]) {
                $0.customers[0].customerID = String(repeating: "x", count: 65)
            },
            .init("no e-mail address") { $0.customers[0].email = "" },
            .init("a wrong e-mail address", ["customers[0].email"]) { $0.customers[0].email = "ada" },
            .init("a blank in it", ["customers[0].email"]) { $0.customers[0].email = "a da@example.com" },
            .init("a line end in a name", ["customers[0].name"]) { $0.customers[0].name = "Ada\nLovelace" },
            .init("a long note", ["customers[0].note"]) { $0.customers[0].note = String(repeating: "x", count: 1_025) },
            .init("a contact without a label", ["customers[0].contacts[0].label"]) {
                $0.customers[0].contacts[0].label = ""
            },
            .init("too many contacts", ["customers[0].contacts"]) {
                $0.customers[0].contacts = Array(repeating: $0.customers[0].contacts[0], count: 21)
            },
            .init("too many addresses", ["customers[0].addresses"]) {
                $0.customers[0].addresses = Array(repeating: address("x"), count: 51)
            },
            .init("a label twice", ["customers[0].addresses[1].label"]) {
                $0.customers[0].addresses[1].label = "home"
            },
            .init("no street", ["customers[0].addresses[0].address.lines"]) {
                $0.customers[0].addresses[0].address.lines = []
            },
            .init("no code of a country", ["customers[0].addresses[0].address.country"]) {
                $0.customers[0].addresses[0].address.country = "Britain"
            },
            .init("two to ship to", ["customers[0].addresses"]) {
                $0.customers[0].addresses[0].defaultShipping = true
                $0.customers[0].addresses[1].defaultShipping = true
            },
            .init("one to ship to and one to bill") {
                $0.customers[0].addresses[0].defaultShipping = true
                $0.customers[0].addresses[1].defaultBilling = true
            },
            .init("one twice", ["customers[1].customer_id"]) { $0.customers.append($0.customers[0]) },
        ])
    func customers(row: RequestCase<Holdfast_V1_UpsertCustomersRequest>) throws {
        #expect(try refusedFields { try CustomerRequests.upsert(row.applied(to: Self.customers)) } == row.refused)
    }
}
