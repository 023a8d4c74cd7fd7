import Domain
import HoldfastAPI
import Ledger
import OrderProcessing
import SwiftProtobuf

extension Holdfast_V1_FulfilmentKind {
    /// The numbers are the same.
    init(_ kind: FulfilmentKind) { self = Holdfast_V1_FulfilmentKind(rawValue: Int(kind.rawValue)) ?? .unspecified }
}

extension Holdfast_V1_FulfilmentLine {
    init(_ line: Fulfilment.Line) {
        self.init()
        lineNumber = line.number
        sku = line.sku
        barcode = line.barcode
        name = line.name
        quantity = line.quantity
        open = line.open
    }
}

extension Holdfast_V1_Package {
    init(_ package: FulfilmentPackage) {
        self.init()
        number = package.number
        weightGrams = package.grams
        lengthMm = package.length
        widthMm = package.width
        heightMm = package.height
        contents = package.contents.map { content in
            .with {
                $0.lineNumber = content.line
                $0.quantity = content.quantity
            }
        }
        trackingNumber = package.tracking
        hasLabel_p = package.hasLabel
    }
}

extension Holdfast_V1_Fulfilment {
    init(_ fulfilment: Fulfilment) {
        self.init()
        fulfilmentID = fulfilment.id.description
        orderID = fulfilment.order.description
        number = fulfilment.number
        kind = Holdfast_V1_FulfilmentKind(fulfilment.standing.kind)
        state = fulfilment.standing.word
        location = fulfilment.location
        collectAt = fulfilment.collectAt
        waveID = fulfilment.wave?.description ?? ""
        lines = Self.lines(fulfilment)
        packages = fulfilment.packages.map { Holdfast_V1_Package($0) }
        carrier = fulfilment.carrier
        service = fulfilment.service
        if let amount = fulfilment.cost { cost = Holdfast_V1_Money(amount.minorUnits, amount.currency) }
        reference = fulfilment.reference
        if let stamp = Google_Protobuf_Timestamp(fulfilment.releasedAt) { releasedAt = stamp }
        if let stamp = fulfilment.shippedAt.flatMap({ Google_Protobuf_Timestamp($0) }) { shippedAt = stamp }
        if let stamp = fulfilment.expectedAt.flatMap({ Google_Protobuf_Timestamp($0) }) { expectedAt = stamp }
        if let stamp = fulfilment.deliveredAt.flatMap({ Google_Protobuf_Timestamp($0) }) { deliveredAt = stamp }
        if let stamp = fulfilment.expiresAt.flatMap({ Google_Protobuf_Timestamp($0) }) { expiresAt = stamp }
        if let stamp = fulfilment.remindedAt.flatMap({ Google_Protobuf_Timestamp($0) }) { remindedAt = stamp }
    }

    /// The lines by number: units of several cells of one line are told together.
    private static func lines(_ fulfilment: Fulfilment) -> [Holdfast_V1_FulfilmentLine] {
        var lines: [Holdfast_V1_FulfilmentLine] = []
        for line in fulfilment.lines {
            if let last = lines.indices.last, lines[last].lineNumber == line.number {
                lines[last].quantity += line.quantity
                lines[last].open += line.open
            } else {
                lines.append(Holdfast_V1_FulfilmentLine(line))
            }
        }
        return lines
    }
}

extension Holdfast_V1_FulfilmentStep {
    init(_ outcome: FulfilmentOutcome) {
        self.init()
        fulfilment = Holdfast_V1_Fulfilment(outcome.fulfilment)
        orderStatus = Holdfast_V1_OrderStatus(outcome.status)
        sequence = outcome.sequence
    }
}

extension Holdfast_V1_ReleaseOrderResponse {
    init(_ released: ReleasedOrder) {
        self.init()
        fulfilments = released.fulfilments.map { Holdfast_V1_Fulfilment($0) }
        orderStatus = Holdfast_V1_OrderStatus(released.status)
        sequence = released.sequence
    }
}

extension Holdfast_V1_GetPickListResponse {
    /// A list of one line an article, by sku.
    init(_ page: Page<PickPart>) {
        self.init()
        var places: [String: Int] = [:]
        for part in page.elements {
            let place = places[part.sku] ?? lines.count
            if place == lines.count {
                places[part.sku] = place
                lines.append(
                    .with {
                        $0.sku = part.sku
                        $0.barcode = part.barcode
                        $0.name = part.name
                    })
            }
            lines[place].quantity += part.quantity
            lines[place].parts.append(
                .with {
                    $0.fulfilmentID = part.fulfilment.description
                    $0.lineNumber = part.line
                    $0.quantity = part.quantity
                })
        }
        lines.sort { $0.sku < $1.sku }
        isCut = page.hasMore
    }
}

extension Holdfast_V1_TrackResponse {
    init(_ order: TrackedOrder) {
        self.init()
        orderStatus = Holdfast_V1_OrderStatus(order.status)
        if let stamp = Google_Protobuf_Timestamp(order.placedAt) { placedAt = stamp }
        parts = order.parts.map { part in
            let whole = Holdfast_V1_Fulfilment(part)
            return .with {
                $0.kind = whole.kind
                $0.state = whole.state
                $0.carrier = whole.carrier
                $0.trackingNumbers = part.packages.map(\.tracking).filter { !$0.isEmpty }
                if whole.hasShippedAt { $0.shippedAt = whole.shippedAt }
                if whole.hasExpectedAt { $0.expectedAt = whole.expectedAt }
                if whole.hasDeliveredAt { $0.deliveredAt = whole.deliveredAt }
                if whole.hasExpiresAt { $0.expiresAt = whole.expiresAt }
                $0.collectAt = order.stores[part.collectAt] ?? ""
            }
        }
    }
}

/// A request for a step of a fulfilment.
protocol FulfilmentRequest: Message {
    /// The caller's id.
    var requestID: String { get }
    /// The fulfilment.
    var fulfilmentID: String { get }
}

/// An answer to it.
protocol FulfilmentResponse: Message {
    /// What was done.
    var step: Holdfast_V1_FulfilmentStep { get set }
}

extension Holdfast_V1_StartPickingRequest: FulfilmentRequest {}
extension Holdfast_V1_ConfirmPickRequest: FulfilmentRequest {}
extension Holdfast_V1_PackFulfilmentRequest: FulfilmentRequest {}
extension Holdfast_V1_ShipFulfilmentRequest: FulfilmentRequest {}
extension Holdfast_V1_ConfirmDeliveryRequest: FulfilmentRequest {}
extension Holdfast_V1_ReportLostRequest: FulfilmentRequest {}
extension Holdfast_V1_DeclineFulfilmentRequest: FulfilmentRequest {}
extension Holdfast_V1_SendToStoreRequest: FulfilmentRequest {}
extension Holdfast_V1_MakeReadyRequest: FulfilmentRequest {}
extension Holdfast_V1_RemindPickupRequest: FulfilmentRequest {}
extension Holdfast_V1_ExtendPickupRequest: FulfilmentRequest {}
extension Holdfast_V1_CollectPickupRequest: FulfilmentRequest {}
extension Holdfast_V1_RestockPickupRequest: FulfilmentRequest {}
extension Holdfast_V1_AcknowledgeSupplierOrderRequest: FulfilmentRequest {}
extension Holdfast_V1_RejectSupplierOrderRequest: FulfilmentRequest {}
extension Holdfast_V1_NotifyShipmentRequest: FulfilmentRequest {}
extension Holdfast_V1_ReceiveUndeliveredRequest: FulfilmentRequest {}

extension Holdfast_V1_StartPickingResponse: FulfilmentResponse {}
extension Holdfast_V1_ConfirmPickResponse: FulfilmentResponse {}
extension Holdfast_V1_PackFulfilmentResponse: FulfilmentResponse {}
extension Holdfast_V1_ShipFulfilmentResponse: FulfilmentResponse {}
extension Holdfast_V1_ConfirmDeliveryResponse: FulfilmentResponse {}
extension Holdfast_V1_ReportLostResponse: FulfilmentResponse {}
extension Holdfast_V1_DeclineFulfilmentResponse: FulfilmentResponse {}
extension Holdfast_V1_SendToStoreResponse: FulfilmentResponse {}
extension Holdfast_V1_MakeReadyResponse: FulfilmentResponse {}
extension Holdfast_V1_RemindPickupResponse: FulfilmentResponse {}
extension Holdfast_V1_ExtendPickupResponse: FulfilmentResponse {}
extension Holdfast_V1_CollectPickupResponse: FulfilmentResponse {}
extension Holdfast_V1_RestockPickupResponse: FulfilmentResponse {}
extension Holdfast_V1_AcknowledgeSupplierOrderResponse: FulfilmentResponse {}
extension Holdfast_V1_RejectSupplierOrderResponse: FulfilmentResponse {}
extension Holdfast_V1_NotifyShipmentResponse: FulfilmentResponse {}
extension Holdfast_V1_ReceiveUndeliveredResponse: FulfilmentResponse {}
