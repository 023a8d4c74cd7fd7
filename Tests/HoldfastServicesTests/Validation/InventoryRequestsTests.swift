import Domain
import HoldfastAPI
import SwiftProtobuf
import Testing

@testable import HoldfastServices

@Suite("Requests that change stock")
struct InventoryRequestsTests {
    static let receive = Holdfast_V1_ReceiveStockRequest.with {
        $0.movementID = testID(1).description
        $0.reference = "DN-1"
        $0.lines = [line("A", 1), line("A", 1_000_000_000)]
    }

    static func line(_ sku: String, _ quantity: Int64) -> Holdfast_V1_StockLine {
        .with {
            $0.sku = sku
            $0.location = "DC"
            $0.quantity = quantity
        }
    }

    @Test(
        "Goods received",
        arguments: [
            RequestCase<Holdfast_V1_ReceiveStockRequest>("as it is, with an article twice") { _ in },
            .init("no id", ["movement_id"]) { $0.movementID = "" },
            .init("no lines", ["lines"]) { $0.lines = [] },
            .init("as many lines as can be") { $0.lines = Array(repeating: line("A", 1), count: 1_000) },
            .init("too many lines", ["lines"]) { $0.lines = Array(repeating: line("", 0), count: 1_001) },
            .init("no sku", ["lines[1].sku"]) { $0.lines[1].sku = "" },
            .init("no location", ["lines[1].location"]) { $0.lines[1].location = "" },
            .init("no quantity", ["lines[0].quantity"]) { $0.lines[0].quantity = 0 },
            .init("a negative quantity", ["lines[0].quantity"]) { $0.lines[0].quantity = -1 },
            .init("too large a quantity", ["lines[0].quantity"]) { $0.lines[0].quantity = 1_000_000_001 },
            .init("a long reference", ["reference"]) { $0.reference = String(repeating: "x", count: 129) },
            .init("no reference") { $0.reference = "" },
        ])
    func receive(row: RequestCase<Holdfast_V1_ReceiveStockRequest>) throws {
        #expect(
            try refusedFields { try InventoryRequests.receive(row.applied(to: Self.receive), body: [], by: .anonymous) }
                == row.refused)
    }

    static let adjust = Holdfast_V1_AdjustStockRequest.with {
        $0.movementID = testID(1).description
        $0.reason = "damaged"
        $0.lines = [
            .with {
                $0.sku = "A"
                $0.location = "DC"
                $0.delta = -3
            }
        ]
    }

    @Test(
        "Corrections",
        arguments: [
            RequestCase<Holdfast_V1_AdjustStockRequest>("as it is") { _ in },
            .init("no id", ["movement_id"]) { $0.movementID = "" },
            .init("no reason", ["reason"]) { $0.reason = "" },
            .init("the longest reason") { $0.reason = String(repeating: "x", count: 128) },
            .init("a long reason", ["reason"]) { $0.reason = String(repeating: "x", count: 129) },
            .init("no lines", ["lines"]) { $0.lines = [] },
            .init("no sku", ["lines[0].sku"]) { $0.lines[0].sku = "" },
            .init("no location", ["lines[0].location"]) { $0.lines[0].location = "" },
            .init("no difference", ["lines[0].delta"]) { $0.lines[0].delta = 0 },
            .init("the most that can leave") { $0.lines[0].delta = -1_000_000_000 },
            .init("more than can leave", ["lines[0].delta"]) { $0.lines[0].delta = -1_000_000_001 },
            .init("more than can come", ["lines[0].delta"]) { $0.lines[0].delta = 1_000_000_001 },
        ])
    func adjust(row: RequestCase<Holdfast_V1_AdjustStockRequest>) throws {
        #expect(
            try refusedFields { try InventoryRequests.adjust(row.applied(to: Self.adjust), body: [], by: .anonymous) }
                == row.refused)
    }

    static let count = Holdfast_V1_CountStockRequest.with {
        $0.movementID = testID(1).description
        $0.lines = ["A", "B"].map { sku in
            .with {
                $0.sku = sku
                $0.location = "DC"
                $0.counted = 0
            }
        }
    }

    @Test(
        "Counts",
        arguments: [
            RequestCase<Holdfast_V1_CountStockRequest>("as it is") { _ in },
            .init("no id", ["movement_id"]) { $0.movementID = "" },
            .init("no lines", ["lines"]) { $0.lines = [] },
            .init("no sku", ["lines[0].sku"]) { $0.lines[0].sku = "" },
            .init("no location", ["lines[1].location"]) { $0.lines[1].location = "" },
            .init("fewer than none", ["lines[0].counted"]) { $0.lines[0].counted = -1 },
            .init("more than can be", ["lines[0].counted"]) { $0.lines[0].counted = 1_000_000_001 },
            .init("a cell twice", ["lines[1]"]) { $0.lines[1].sku = "A" },
            .init("an article at two places") {
                $0.lines[1].sku = "A"
                $0.lines[1].location = "LDN-1"
            },
            .init("a long reference", ["reference"]) { $0.reference = String(repeating: "x", count: 129) },
        ])
    func count(row: RequestCase<Holdfast_V1_CountStockRequest>) throws {
        #expect(
            try refusedFields { try InventoryRequests.count(row.applied(to: Self.count), body: [], by: .anonymous) }
                == row.refused)
    }

    static let policy = Holdfast_V1_SetStockPolicyRequest.with {
        $0.movementID = testID(1).description
        $0.lines = ["A", "B"].map { sku in
            .with {
                $0.sku = sku
                $0.location = "DC"
                $0.safetyStock = 5
            }
        }
    }

    @Test(
        "Safety stock",
        arguments: [
            RequestCase<Holdfast_V1_SetStockPolicyRequest>("as it is") { _ in },
            .init("no id", ["movement_id"]) { $0.movementID = "" },
            .init("no lines", ["lines"]) { $0.lines = [] },
            .init("no sku", ["lines[0].sku"]) { $0.lines[0].sku = "" },
            .init("no location", ["lines[1].location"]) { $0.lines[1].location = "" },
            .init("negative", ["lines[0].safety_stock"]) { $0.lines[0].safetyStock = -1 },
            .init("too much", ["lines[0].safety_stock"]) { $0.lines[0].safetyStock = 1_000_000_001 },
            .init("a cell twice", ["lines[1]"]) { $0.lines[1].sku = "A" },
        ])
    func policy(row: RequestCase<Holdfast_V1_SetStockPolicyRequest>) throws {
        #expect(
            try refusedFields { try InventoryRequests.policy(row.applied(to: Self.policy), body: [], by: .anonymous) }
                == row.refused)
    }

    static let transfer = Holdfast_V1_TransferStockRequest.with {
        $0.movementID = testID(1).description
        $0.fromLocation = "DC"
        $0.toLocation = "LDN-1"
        $0.lines = [
            .with {
                $0.sku = "A"
                $0.quantity = 3
            }
        ]
    }

    @Test(
        "Transfers",
        arguments: [
            RequestCase<Holdfast_V1_TransferStockRequest>("as it is") { _ in },
            .init("no id", ["movement_id"]) { $0.movementID = "" },
            .init("no source", ["from_location"]) { $0.fromLocation = "" },
            .init("no target", ["to_location"]) { $0.toLocation = "" },
            .init("to itself", ["to_location"]) { $0.toLocation = "DC" },
            .init("no lines", ["lines"]) { $0.lines = [] },
            .init("no sku", ["lines[0].sku"]) { $0.lines[0].sku = "" },
            .init("no quantity", ["lines[0].quantity"]) { $0.lines[0].quantity = 0 },
            .init("a long reference", ["reference"]) { $0.reference = String(repeating: "x", count: 129) },
        ])
    func transfer(row: RequestCase<Holdfast_V1_TransferStockRequest>) throws {
        #expect(
            try refusedFields {
                try InventoryRequests.transfer(row.applied(to: Self.transfer), body: [], by: .anonymous)
            }
                == row.refused)
    }

    @Test("A change carries its action, lines, reason and body")
    func changes() throws {
        let received = try InventoryRequests.receive(Self.receive, body: [7], by: .anonymous)
        #expect(received.id == testID(1))
        #expect(received.reason == "DN-1")
        #expect(received.body == [7])
        #expect(received.lines.map(\.quantity) == [1, 1_000_000_000])
        guard case .receive = received.action else { return #expect(Bool(false), "\(received.action)") }
        let moved = try InventoryRequests.transfer(Self.transfer, body: [], by: .anonymous)
        #expect(moved.lines == [.init(sku: "A", location: "DC", quantity: 3)])
        guard case .transfer(let target) = moved.action else { return #expect(Bool(false), "\(moved.action)") }
        #expect(target == "LDN-1")
        #expect(try InventoryRequests.adjust(Self.adjust, body: [], by: .anonymous).lines.map(\.quantity) == [-3])
    }
}
