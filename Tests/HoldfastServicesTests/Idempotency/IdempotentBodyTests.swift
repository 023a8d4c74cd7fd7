import Domain
import HoldfastAPI
import SwiftProtobuf
import Testing

@testable import HoldfastServices

@Suite("How stored requests are compared")
struct IdempotentBodyTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var difference: String
        var change: @Sendable (inout Holdfast_V1_PlaceOrderRequest) -> Void

        var testDescription: String { difference }
    }

    private static let order = OrderRequestsTests.place

    @Test(
        "The first field that differs is named by its path",
        arguments: [
            Row(difference: "channel") { $0.channel = "till" },
            Row(difference: "external_id") { $0.externalID = "536366" },
            Row(difference: "reservation_id") { $0.reservationID = testID(9).description },
            Row(difference: "customer") { $0.customer.name = "Ada" },
            Row(difference: "lines[0].sku") { $0.lines[0].sku = "22423" },
            Row(difference: "lines[1].quantity") { $0.lines[1].quantity = 2 },
            Row(difference: "lines[0].unit_price.nanos") { $0.lines[0].unitPrice.nanos = 560_000_000 },
            Row(difference: "lines[0].taxes[1].amount.amount_minor") { $0.lines[0].taxes[1].amount.amountMinor = 6 },
            Row(difference: "lines[0].taxes[1]") { $0.lines[0].taxes.removeLast() },
            Row(difference: "lines[1]") { $0.lines.removeLast() },
            Row(difference: "lines[2]") { $0.lines.append($0.lines[1]) },
            Row(difference: "goods_in_hand") { $0.goodsInHand = true },
            Row(difference: "ordered_at") { $0.orderedAt = .init(seconds: 1) },
            Row(difference: "currency_code") { $0.currencyCode = "GBP" },
            Row(difference: "channel") {
                $0.channel = "a"
                $0.externalID = "b"
            },
        ])
    func differences(row: Row) throws {
        var other = Self.order
        row.change(&other)
        let one = try IdempotentBody(.placeOrder, Self.order).bytes
        let two = try IdempotentBody(.placeOrder, other).bytes
        #expect(IdempotentBody.firstDifference(one, two) == row.difference)
        #expect(IdempotentBody.firstDifference(two, one) == row.difference)
    }

    @Test("Equal requests have equal bytes, and no difference")
    func equal() throws {
        let one = try IdempotentBody(.placeOrder, Self.order).bytes
        let two = try IdempotentBody(.placeOrder, Self.order).bytes
        #expect(one == two)
        #expect(IdempotentBody.firstDifference(one, two) == nil)
    }

    @Test("Requests of two methods with equal encodings are different bodies")
    func methods() throws {
        let receipt = Holdfast_V1_ReceiveStockRequest.with {
            $0.movementID = testID(1).description
            $0.reference = "found"
            $0.lines = [InventoryRequestsTests.line("A", 2)]
        }
        let correction = Holdfast_V1_AdjustStockRequest.with {
            $0.movementID = testID(1).description
            $0.reason = "found"
            $0.lines = [
                .with {
                    $0.sku = "A"
                    $0.location = "DC"
                    $0.delta = 2
                }
            ]
        }
        let one: [UInt8] = try receipt.serializedBytes()
        let two: [UInt8] = try correction.serializedBytes()
        #expect(one == two)
        let stored = try IdempotentBody(.receiveStock, receipt).bytes
        let asked = try IdempotentBody(.adjustStock, correction).bytes
        #expect(stored != asked)
        #expect(Array(stored.dropFirst()) == one)
        #expect(IdempotentBody.method(of: stored) == .receiveStock)
        #expect(IdempotentBody.firstDifference(stored, asked) == nil)
    }

    @Test("A field that this version does not know is named by its number")
    func unknownField() throws {
        let known: [UInt8] = try IdempotentBody(.placeOrder, Self.order).bytes
        // Field 100, a varint of 1.
        let future = known + [0xA0, 0x06, 0x01]
        #expect(IdempotentBody.firstDifference(known, future) == "field 100")
    }

    @Test(
        "Bytes that are no message have no difference to name",
        arguments: [
            [0x0A], [0x0A, 0x05, 0x01], [0x80], [0x07], [0x00, 0x01], [0x0D, 0x01],
            [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
            [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        ] as [[UInt8]])
    func broken(bytes: [UInt8]) {
        #expect(WireField.all(in: bytes[...]) == nil)
        let tag = IdempotentMethod.placeOrder.rawValue
        #expect(IdempotentBody.firstDifference([tag] + bytes, [tag]) == nil)
        #expect(IdempotentBody.firstDifference([], []) == nil)
    }

    @Test("Every method's field names are those of its message")
    func names() throws {
        // Each name is set through the JSON form, which knows the names of the contract, and must be found again.
        var samples = FieldNameSamples.all
        samples += [
            (
                .setBackorderPolicies, Holdfast_V1_SetBackorderPoliciesRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"), (#"{"policies":[{}]}"#, "policies[0]"),
                ]
            ),
            (
                .upsertSourcingConfig, Holdfast_V1_UpsertSourcingConfigRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"), (#"{"name":"x"}"#, "name"),
                    (#"{"document":"x"}"#, "document"),
                ]
            ),
            (
                .upsertSourcingLocations, Holdfast_V1_UpsertSourcingLocationsRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"), (#"{"locations":[{}]}"#, "locations[0]"),
                ]
            ),
            (
                .upsertSourcingProducts, Holdfast_V1_UpsertSourcingProductsRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"), (#"{"products":[{}]}"#, "products[0]"),
                ]
            ),
            (
                .planSourcing, Holdfast_V1_PlanSourcingRequest(),
                [
                    (#"{"planId":"x"}"#, "plan_id"), (#"{"orderId":"x"}"#, "order_id"),
                    (#"{"lines":[{}]}"#, "lines[0]"), (#"{"destination":{}}"#, "destination"),
                    (#"{"method":"x"}"#, "method"), (#"{"pickupLocation":"x"}"#, "pickup_location"),
                    (#"{"promised":"x"}"#, "promised"), (#"{"excluded":["x"]}"#, "excluded"),
                    (#"{"config":"x"}"#, "config"),
                ]
            ),
            (
                .commitSourcing, Holdfast_V1_CommitSourcingRequest(),
                [(#"{"commitId":"x"}"#, "commit_id"), (#"{"planId":"x"}"#, "plan_id")]
            ),
            (
                .upsertReturnRules, Holdfast_V1_UpsertReturnRulesRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"), (#"{"timeZone":"x"}"#, "time_zone"),
                    (#"{"secondGradeSuffix":"x"}"#, "second_grade_suffix"), (#"{"rules":[{}]}"#, "rules[0]"),
                ]
            ),
            (
                .createReturn, Holdfast_V1_CreateReturnRequest(),
                [
                    (#"{"returnId":"x"}"#, "return_id"), (#"{"orderId":"x"}"#, "order_id"),
                    (#"{"lines":[{}]}"#, "lines[0]"), (#"{"method":1}"#, "method"),
                    (#"{"refundWay":1}"#, "refund_way"), (#"{"note":"x"}"#, "note"),
                ]
            ),
            (
                .createClaim, Holdfast_V1_CreateClaimRequest(),
                [
                    (#"{"returnId":"x"}"#, "return_id"), (#"{"orderId":"x"}"#, "order_id"),
                    (#"{"lines":[{}]}"#, "lines[0]"), (#"{"reason":1}"#, "reason"),
                    (#"{"basisPoints":1}"#, "basis_points"), (#"{"refundWay":1}"#, "refund_way"),
                    (#"{"note":"x"}"#, "note"),
                ]
            ),
            (
                .createBlindReturn, Holdfast_V1_CreateBlindReturnRequest(),
                [
                    (#"{"returnId":"x"}"#, "return_id"), (#"{"channel":"x"}"#, "channel"),
                    (#"{"location":"x"}"#, "location"), (#"{"lines":[{}]}"#, "lines[0]"), (#"{"note":"x"}"#, "note"),
                ]
            ),
            (
                .changeReturn, Holdfast_V1_ChangeReturnRequest(),
                [
                    (#"{"changeId":"x"}"#, "change_id"), (#"{"returnId":"x"}"#, "return_id"),
                    (#"{"action":1}"#, "action"), (#"{"reason":"x"}"#, "reason"),
                ]
            ),
            (
                .receiveReturn, Holdfast_V1_ReceiveReturnRequest(),
                [
                    (#"{"receiptId":"x"}"#, "receipt_id"), (#"{"returnId":"x"}"#, "return_id"),
                    (#"{"location":"x"}"#, "location"), (#"{"lines":[{}]}"#, "lines[0]"), (#"{"last":true}"#, "last"),
                ]
            ),
            (
                .inspectReturn, Holdfast_V1_InspectReturnRequest(),
                [
                    (#"{"inspectionId":"x"}"#, "inspection_id"), (#"{"returnId":"x"}"#, "return_id"),
                    (#"{"lines":[{}]}"#, "lines[0]"),
                ]
            ),
            (
                .settleReturn, Holdfast_V1_SettleReturnRequest(),
                [
                    (#"{"settlementId":"x"}"#, "settlement_id"), (#"{"returnId":"x"}"#, "return_id"),
                    (#"{"settlement":1}"#, "settlement"), (#"{"reference":"x"}"#, "reference"),
                    (#"{"ahead":true}"#, "ahead"),
                ]
            ),
            (
                .issueReturnLabel, Holdfast_V1_IssueReturnLabelRequest(),
                [
                    (#"{"labelId":"x"}"#, "label_id"), (#"{"returnId":"x"}"#, "return_id"),
                    (#"{"location":"x"}"#, "location"), (#"{"carrier":"x"}"#, "carrier"),
                    (#"{"service":"x"}"#, "service"),
                ]
            ),
            (
                .exchangeReturn, Holdfast_V1_ExchangeReturnRequest(),
                [
                    (#"{"exchangeId":"x"}"#, "exchange_id"), (#"{"returnId":"x"}"#, "return_id"),
                    (#"{"lines":[{}]}"#, "lines[0]"), (#"{"delivery":{}}"#, "delivery"),
                ]
            ),
            (
                .releaseOrder, Holdfast_V1_ReleaseOrderRequest(),
                [
                    (#"{"releaseId":"x"}"#, "release_id"),
                    (#"{"orderId":"x"}"#, "order_id"),
                    (#"{"lines":[{}]}"#, "lines[0]"),
                ]
            ),
            (
                .createWave, Holdfast_V1_CreateWaveRequest(),
                [
                    (#"{"waveId":"x"}"#, "wave_id"),
                    (#"{"location":"x"}"#, "location"),
                    (#"{"fulfilmentIds":["x"]}"#, "fulfilment_ids"),
                    (#"{"size":1}"#, "size"),
                ]
            ),
            (
                .startPicking, Holdfast_V1_StartPickingRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"),
                    (#"{"fulfilmentId":"x"}"#, "fulfilment_id"),
                ]
            ),
            (
                .confirmPick, Holdfast_V1_ConfirmPickRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"),
                    (#"{"fulfilmentId":"x"}"#, "fulfilment_id"),
                    (#"{"scans":[{}]}"#, "scans[0]"),
                    (#"{"shortRule":1}"#, "short_rule"),
                    (#"{"correctCount":true}"#, "correct_count"),
                ]
            ),
            (
                .packFulfilment, Holdfast_V1_PackFulfilmentRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"),
                    (#"{"fulfilmentId":"x"}"#, "fulfilment_id"),
                    (#"{"packages":[{}]}"#, "packages[0]"),
                ]
            ),
            (
                .shipFulfilment, Holdfast_V1_ShipFulfilmentRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"),
                    (#"{"fulfilmentId":"x"}"#, "fulfilment_id"),
                    (#"{"carrier":"x"}"#, "carrier"),
                    (#"{"service":"x"}"#, "service"),
                    (#"{"trackingNumbers":["x"]}"#, "tracking_numbers"),
                ]
            ),
            (
                .confirmDelivery, Holdfast_V1_ConfirmDeliveryRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"),
                    (#"{"fulfilmentId":"x"}"#, "fulfilment_id"),
                    (#"{"note":"x"}"#, "note"),
                ]
            ),
            (
                .reportLost, Holdfast_V1_ReportLostRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"),
                    (#"{"fulfilmentId":"x"}"#, "fulfilment_id"),
                    (#"{"reason":"x"}"#, "reason"),
                    (#"{"shortRule":1}"#, "short_rule"),
                ]
            ),
            (
                .declineFulfilment, Holdfast_V1_DeclineFulfilmentRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"),
                    (#"{"fulfilmentId":"x"}"#, "fulfilment_id"),
                    (#"{"reason":"x"}"#, "reason"),
                ]
            ),
            (
                .sendToStore, Holdfast_V1_SendToStoreRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"),
                    (#"{"fulfilmentId":"x"}"#, "fulfilment_id"),
                    (#"{"trackingNumber":"x"}"#, "tracking_number"),
                ]
            ),
            (
                .makeReady, Holdfast_V1_MakeReadyRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"),
                    (#"{"fulfilmentId":"x"}"#, "fulfilment_id"),
                    (#"{"keep":"1s"}"#, "keep"),
                ]
            ),
            (
                .remindPickup, Holdfast_V1_RemindPickupRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"),
                    (#"{"fulfilmentId":"x"}"#, "fulfilment_id"),
                ]
            ),
            (
                .extendPickup, Holdfast_V1_ExtendPickupRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"),
                    (#"{"fulfilmentId":"x"}"#, "fulfilment_id"),
                    (#"{"keep":"1s"}"#, "keep"),
                    (#"{"newCode":true}"#, "new_code"),
                ]
            ),
            (
                .collectPickup, Holdfast_V1_CollectPickupRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"),
                    (#"{"fulfilmentId":"x"}"#, "fulfilment_id"),
                    (#"{"code":"x"}"#, "code"),
                ]
            ),
            (
                .restockPickup, Holdfast_V1_RestockPickupRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"),
                    (#"{"fulfilmentId":"x"}"#, "fulfilment_id"),
                ]
            ),
            (
                .acknowledgeSupplierOrder, Holdfast_V1_AcknowledgeSupplierOrderRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"),
                    (#"{"fulfilmentId":"x"}"#, "fulfilment_id"),
                    (#"{"reference":"x"}"#, "reference"),
                    (#"{"expectedAt":"2026-01-01T00:00:00Z"}"#, "expected_at"),
                ]
            ),
            (
                .rejectSupplierOrder, Holdfast_V1_RejectSupplierOrderRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"),
                    (#"{"fulfilmentId":"x"}"#, "fulfilment_id"),
                    (#"{"reason":"x"}"#, "reason"),
                    (#"{"shortRule":1}"#, "short_rule"),
                    (#"{"correctCount":true}"#, "correct_count"),
                ]
            ),
            (
                .notifyShipment, Holdfast_V1_NotifyShipmentRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"),
                    (#"{"fulfilmentId":"x"}"#, "fulfilment_id"),
                    (#"{"reference":"x"}"#, "reference"),
                    (#"{"carrier":"x"}"#, "carrier"),
                    (#"{"trackingNumbers":["x"]}"#, "tracking_numbers"),
                    (#"{"cost":{"amountMinor":"1"}}"#, "cost"),
                    (#"{"expectedAt":"2026-01-01T00:00:00Z"}"#, "expected_at"),
                ]
            ),
            (
                .receiveUndelivered, Holdfast_V1_ReceiveUndeliveredRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"),
                    (#"{"fulfilmentId":"x"}"#, "fulfilment_id"),
                    (#"{"location":"x"}"#, "location"),
                    (#"{"disposition":5}"#, "disposition"),
                    (#"{"lines":[{"quantity":"1"}]}"#, "lines[0]"),
                    (#"{"reason":"x"}"#, "reason"),
                ]
            ),
        ]
        #expect(Set(samples.map(\.0)) == Set(IdempotentMethod.allCases))
        for (method, empty, fields) in samples {
            for field in fields {
                let message = try type(of: empty).init(jsonString: field.json)
                let difference = IdempotentBody.firstDifference(
                    try IdempotentBody(method, empty).bytes, try IdempotentBody(method, message).bytes)
                #expect(difference == field.path, "\(method.name)")
            }
        }
    }

    @Test("The stored numbers of the methods never change")
    func numbers() {
        #expect(
            Dictionary(uniqueKeysWithValues: IdempotentMethod.allCases.map { ($0.name, $0.rawValue) }) == [
                "Reserve": 1, "ExtendReservation": 2, "PlaceOrder": 3, "CancelOrder": 4, "ReceiveStock": 5,
                "AdjustStock": 6, "CountStock": 7, "TransferStock": 8, "SetStockPolicy": 9, "UpsertProducts": 10,
                "UpsertLocations": 11, "UpsertChannels": 12, "CreateApiKey": 13, "RotateApiKey": 14,
                "HoldOrder": 20, "ApproveOrder": 21, "ValidateOrder": 22, "SetPrices": 23, "AmendOrder": 25,
                "RequestCancellation": 26, "RespondCancellation": 27, "WithdrawCancellation": 28,
                "SaveDraft": 29, "PlaceDraft": 30, "DiscardDraft": 31,
                "SetBackorderPolicies": 100, "UpsertSourcingConfig": 101, "UpsertSourcingLocations": 102,
                "UpsertSourcingProducts": 103, "PlanSourcing": 104, "CommitSourcing": 105, "UpsertCustomers": 106,
                "AddTender": 60, "AuthorizeTender": 61, "CaptureTender": 62, "VoidTender": 63, "RefundOrder": 64,
                "IssueStoredValue": 65, "AdjustStoredValue": 66, "SetLegalEntity": 67,
                "ResolveAttempt": 68,
                "UpsertReturnRules": 80, "CreateReturn": 81, "CreateClaim": 82, "CreateBlindReturn": 83,
                "ChangeReturn": 84, "ReceiveReturn": 85, "InspectReturn": 86, "SettleReturn": 87,
                "ExchangeReturn": 88, "IssueReturnLabel": 90,
                "ReleaseOrder": 40, "CreateWave": 41, "StartPicking": 42, "ConfirmPick": 43, "PackFulfilment": 44,
                "ShipFulfilment": 45, "ConfirmDelivery": 46, "ReportLost": 47, "DeclineFulfilment": 48,
                "SendToStore": 49, "MakeReady": 50, "RemindPickup": 51, "ExtendPickup": 52, "CollectPickup": 53,
                "RestockPickup": 54, "AcknowledgeSupplierOrder": 55, "RejectSupplierOrder": 56, "NotifyShipment": 57,
                "ReceiveUndelivered": 58,
            ])
    }
}
