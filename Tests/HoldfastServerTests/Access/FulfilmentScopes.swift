import Domain
import HoldfastAPI
import HoldfastTesting
import SwiftProtobuf

/// Orders that are released at two locations, and calls of every method about fulfilments.
struct FulfilmentScopes: Sendable {
    /// An order at `L1` that waits to be released, and one at `L2`.
    private let waiting: (here: EntityID, there: EntityID)
    /// A fulfilment at `L1`, and one at `L2`.
    private let fulfilments: (here: EntityID, there: EntityID)
    /// The token of an order of another channel, and of one of the caller's.
    private let tokens: (mine: String, others: String)

    /// Places and releases as `admin`.
    ///
    /// - Parameters:
    ///   - stack: what answers.
    ///   - admin: a key without limits.
    ///   - place: makes a request for an order of a channel at a location.
    /// - Throws: where the shop cannot be prepared.
    init(
        _ stack: AccessStack, by admin: String, place: (EntityID, String, String) throws -> [UInt8]
    ) async throws {
        func call(_ method: String, _ request: [UInt8]) async throws -> [UInt8] {
            let answer = try await stack.call("holdfast.v1." + method, request, by: admin, .http2)
            guard answer.code == nil else { throw TestFailure("\(method): \(answer)") }
            return answer.body
        }
        func placed(_ channel: String, _ location: String) async throws -> EntityID {
            let id = EntityID.fresh
            _ = try await call("OrderService/PlaceOrder", try place(id, channel, location))
            return id
        }
        func released(_ channel: String, _ location: String) async throws -> (id: EntityID, token: String) {
            let order = try await placed(channel, location)
            let body = try await call("FulfilmentService/ReleaseOrder", try FulfilmentScopes.release(order))
            let reply = try Holdfast_V1_ReleaseOrderResponse(serializedBytes: body)
            guard let id = reply.fulfilments.first.flatMap({ EntityID($0.fulfilmentID) }) else {
                throw TestFailure("nothing was released")
            }
            let read = try await call(
                "FulfilmentService/GetFulfilment",
                try Holdfast_V1_GetFulfilmentRequest.with { $0.fulfilmentID = id.description }.serializedBytes())
            return (id, try Holdfast_V1_GetFulfilmentResponse(serializedBytes: read).trackingToken)
        }
        waiting = (try await placed("web", "L1"), try await placed("web", "L2"))
        let (here, there) = (try await released("web", "L1"), try await released("web", "L2"))
        fulfilments = (here.id, there.id)
        tokens = (here.token, try await released("shop", "L1").token)
    }

    private static func release(_ order: EntityID) throws -> [UInt8] {
        try Holdfast_V1_ReleaseOrderRequest.with {
            $0.releaseID = EntityID.fresh.description
            $0.orderID = order.description
        }.serializedBytes()
    }

    /// Of each method a call inside of the scope of `web` and `L1`, and calls outside, those for what is not there among them.
    func cases(otherOrder: EntityID) throws -> [String: (inside: [UInt8], outside: [[UInt8]])] {
        var cases: [String: (inside: [UInt8], outside: [[UInt8]])] = [:]
        func step<Request: Message>(_ method: String, _ type: Request.Type, _ more: String = "") throws {
            func bytes(_ id: EntityID) throws -> [UInt8] {
                let key =
                    type is Holdfast_V1_GetFulfilmentRequest.Type
                        || type is Holdfast_V1_QuoteShipmentRequest.Type || type is Holdfast_V1_GetLabelRequest.Type
                    ? "" : "\"requestId\": \"\(EntityID.fresh)\", "
                return try Request(jsonString: "{\(key)\"fulfilmentId\": \"\(id)\"\(more)}").serializedBytes()
            }
            cases["holdfast.v1.FulfilmentService/" + method] = (
                try bytes(fulfilments.here), try [fulfilments.there, .fresh].map(bytes)
            )
        }
        func place(_ method: String, _ make: (String) throws -> [UInt8]) throws {
            cases["holdfast.v1.FulfilmentService/" + method] = (try make("L1"), try ["L2", "NOPE"].map(make))
        }
        try step("GetFulfilment", Holdfast_V1_GetFulfilmentRequest.self)
        try step("StartPicking", Holdfast_V1_StartPickingRequest.self)
        try step("ConfirmPick", Holdfast_V1_ConfirmPickRequest.self)
        try step("PackFulfilment", Holdfast_V1_PackFulfilmentRequest.self, ", \"packages\": [{}]")
        try step("QuoteShipment", Holdfast_V1_QuoteShipmentRequest.self)
        try step("ShipFulfilment", Holdfast_V1_ShipFulfilmentRequest.self)
        try step("GetLabel", Holdfast_V1_GetLabelRequest.self)
        try step("ConfirmDelivery", Holdfast_V1_ConfirmDeliveryRequest.self)
        try step("ReportLost", Holdfast_V1_ReportLostRequest.self)
        try step("SendToStore", Holdfast_V1_SendToStoreRequest.self)
        try step("MakeReady", Holdfast_V1_MakeReadyRequest.self)
        try step("RemindPickup", Holdfast_V1_RemindPickupRequest.self)
        try step("ExtendPickup", Holdfast_V1_ExtendPickupRequest.self)
        try step("CollectPickup", Holdfast_V1_CollectPickupRequest.self, ", \"code\": \"22222222\"")
        try step("RestockPickup", Holdfast_V1_RestockPickupRequest.self)
        try step("AcknowledgeSupplierOrder", Holdfast_V1_AcknowledgeSupplierOrderRequest.self)
        try step("RejectSupplierOrder", Holdfast_V1_RejectSupplierOrderRequest.self)
        try step("NotifyShipment", Holdfast_V1_NotifyShipmentRequest.self)
        try step("ReceiveUndelivered", Holdfast_V1_ReceiveUndeliveredRequest.self)
        try step("DeclineFulfilment", Holdfast_V1_DeclineFulfilmentRequest.self)
        try place("ListFulfilments") { code in
            try Holdfast_V1_ListFulfilmentsRequest.with { $0.location = code }.serializedBytes()
        }
        try place("GetPickList") { code in
            try Holdfast_V1_GetPickListRequest.with { $0.location = code }.serializedBytes()
        }
        try place("CreateWave") { code in
            try Holdfast_V1_CreateWaveRequest.with {
                $0.waveID = EntityID.fresh.description
                $0.location = code
            }.serializedBytes()
        }
        cases["holdfast.v1.FulfilmentService/ReleaseOrder"] = (
            try Self.release(waiting.here), try [waiting.there, otherOrder, .fresh].map(Self.release)
        )
        func track(_ token: String) throws -> [UInt8] {
            try Holdfast_V1_TrackRequest.with { $0.token = token }.serializedBytes()
        }
        func track(channel: String) throws -> [UInt8] {
            try Holdfast_V1_TrackRequest.with {
                $0.channel = channel
                $0.externalID = "1"
                $0.email = "a@example.org"
            }.serializedBytes()
        }
        cases["holdfast.v1.TrackingService/Track"] = (
            try track(tokens.mine),
            [
                try track(tokens.others), try track(EntityID.fresh.description), try track(channel: "shop"),
                try track(channel: "web"), try track(channel: "nowhere"),
            ]
        )
        return cases
    }
}
