import GRPCCore
import HoldfastAPI

extension Repeatability {
    private typealias Fulfilment = Holdfast_V1_FulfilmentService.Method

    /// Methods about fulfilments that change nothing.
    static let fulfilmentReads: [MethodDescriptor] = [
        Fulfilment.GetFulfilment.descriptor, Fulfilment.ListFulfilments.descriptor,
        Fulfilment.GetPickList.descriptor, Fulfilment.QuoteShipment.descriptor, Fulfilment.GetLabel.descriptor,
        Holdfast_V1_TrackingService.Method.Track.descriptor,
    ]

    /// Methods about fulfilments that a service knows again.
    static let fulfilmentKeyed: [MethodDescriptor] = [
        Fulfilment.ReleaseOrder.descriptor, Fulfilment.CreateWave.descriptor, Fulfilment.StartPicking.descriptor,
        Fulfilment.ConfirmPick.descriptor, Fulfilment.PackFulfilment.descriptor, Fulfilment.ShipFulfilment.descriptor,
        Fulfilment.ConfirmDelivery.descriptor, Fulfilment.ReportLost.descriptor,
        Fulfilment.DeclineFulfilment.descriptor, Fulfilment.SendToStore.descriptor,
        Fulfilment.RemindPickup.descriptor, Fulfilment.CollectPickup.descriptor, Fulfilment.RestockPickup.descriptor,
        Fulfilment.AcknowledgeSupplierOrder.descriptor, Fulfilment.RejectSupplierOrder.descriptor,
        Fulfilment.NotifyShipment.descriptor, Fulfilment.ReceiveUndelivered.descriptor,
    ]

    /// Methods about fulfilments whose repeated answer lacks the code that a customer shows.
    static let fulfilmentOnce: [MethodDescriptor] = [
        Fulfilment.MakeReady.descriptor, Fulfilment.ExtendPickup.descriptor,
    ]
}
