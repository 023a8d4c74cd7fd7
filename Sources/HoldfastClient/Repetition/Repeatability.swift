import GRPCCore
import HoldfastAPI

/// Whether the outcome of a method is the same however often a request arrives.
enum Repeatability {
    /// The method changes nothing.
    case read
    /// The request carries an id of the caller's making, by which the service knows it again.
    case keyed
    /// A second arrival would be a second call.
    case once

    /// What is known of a method; one that is not known is made once.
    init(_ method: MethodDescriptor) {
        self = Self.known["\(method.service.fullyQualifiedService)/\(method.method)"] ?? .once
    }

    /// True where a call whose outcome is open may be made again.
    var isRepeatable: Bool {
        switch self {
        case .read, .keyed: true
        case .once: false
        }
    }

    /// Every method of the contract by its full name.
    static let known: [String: Repeatability] = {
        typealias Catalog = Holdfast_V1_CatalogService.Method
        typealias Inventory = Holdfast_V1_InventoryService.Method
        typealias Availability = Holdfast_V1_AvailabilityService.Method
        typealias Reservations = Holdfast_V1_ReservationService.Method
        typealias Orders = Holdfast_V1_OrderService.Method
        typealias Reviews = Holdfast_V1_OrderReviewService.Method
        typealias Drafts = Holdfast_V1_DraftService.Method
        typealias LateCancellations = Holdfast_V1_LateCancellationService.Method
        typealias Access = Holdfast_V1_AccessService.Method
        typealias Backorders = Holdfast_V1_BackorderService.Method
        typealias Sourcing = Holdfast_V1_SourcingService.Method
        typealias Customers = Holdfast_V1_CustomerService.Method
        typealias Returns = Holdfast_V1_ReturnService.Method
        typealias Payments = Holdfast_V1_PaymentService.Method
        let reads = [
            Catalog.GetProduct.descriptor, Catalog.ListProducts.descriptor, Catalog.ListLocations.descriptor,
            Catalog.ListChannels.descriptor, Inventory.GetStock.descriptor, Inventory.ListMovements.descriptor,
            Availability.CheckAvailability.descriptor, Availability.ExplainAvailability.descriptor,
            Reservations.GetReservation.descriptor, Orders.GetOrder.descriptor, Orders.ListOrders.descriptor,
            Holdfast_V1_OperationsService.Method.CheckBooks.descriptor, Grpc_Health_V1_Health.Method.Check.descriptor,
            Grpc_Health_V1_Health.Method.List.descriptor, Access.ListApiKeys.descriptor,
            Access.ListAuditEvents.descriptor, Access.GetCaller.descriptor,
            Holdfast_V1_EventService.Method.Subscribe.descriptor,
            Payments.GetPayments.descriptor, Payments.ReportGatewayEvent.descriptor, Payments.GetStoredValue.descriptor,
            Payments.ListDocuments.descriptor, Payments.GetDocument.descriptor, Payments.ListOpenAttempts.descriptor,
            Reviews.ListHolds.descriptor,
            LateCancellations.ListCancellations.descriptor, Reviews.ListPrices.descriptor, Drafts.GetDraft.descriptor,
            Drafts.ListDrafts.descriptor,
            Backorders.ListBackorderPolicies.descriptor, Backorders.ListBackorders.descriptor,
            Sourcing.GetSourcingConfig.descriptor, Sourcing.GetSourcingPlan.descriptor,
            Sourcing.ListSourcingLocations.descriptor, Customers.GetCustomer.descriptor,
            Customers.ListCustomerOrders.descriptor, Customers.SearchCustomers.descriptor,
            Returns.GetReturn.descriptor, Returns.GetReturnRules.descriptor, Returns.ListReturns.descriptor,
            Returns.GetReturnLabel.descriptor,
        ]
        let keyed = [
            Catalog.UpsertProducts.descriptor, Catalog.UpsertLocations.descriptor, Catalog.UpsertChannels.descriptor,
            Inventory.ReceiveStock.descriptor, Inventory.AdjustStock.descriptor, Inventory.CountStock.descriptor,
            Inventory.TransferStock.descriptor, Inventory.SetStockPolicy.descriptor, Reservations.Reserve.descriptor,
            Reservations.ExtendReservation.descriptor, Reservations.ReleaseReservation.descriptor,
            Orders.PlaceOrder.descriptor, Orders.CancelOrder.descriptor, Access.RevokeApiKey.descriptor,
            Reviews.HoldOrder.descriptor, Reviews.ApproveOrder.descriptor, Reviews.ValidateOrder.descriptor,
            LateCancellations.RequestCancellation.descriptor, LateCancellations.RespondCancellation.descriptor,
            LateCancellations.WithdrawCancellation.descriptor, Reviews.SetPrices.descriptor,
            Holdfast_V1_OrderAmendmentService.Method.AmendOrder.descriptor,
            Drafts.SaveDraft.descriptor, Drafts.PlaceDraft.descriptor, Drafts.DiscardDraft.descriptor,
            Payments.AddTender.descriptor, Payments.AuthorizeTender.descriptor, Payments.CaptureTender.descriptor,
            Payments.VoidTender.descriptor, Payments.RefundOrder.descriptor, Payments.AdjustStoredValue.descriptor,
            Payments.SetLegalEntity.descriptor, Payments.ResolveAttempt.descriptor,
            Backorders.SetBackorderPolicies.descriptor, Sourcing.UpsertSourcingConfig.descriptor,
            Sourcing.UpsertSourcingLocations.descriptor, Sourcing.UpsertSourcingProducts.descriptor,
            Sourcing.PlanSourcing.descriptor, Sourcing.CommitSourcing.descriptor,
            Customers.UpsertCustomers.descriptor, Returns.UpsertReturnRules.descriptor,
            Returns.CreateReturn.descriptor, Returns.CreateBlindReturn.descriptor, Returns.CreateClaim.descriptor,
            Returns.ChangeReturn.descriptor, Returns.ReceiveReturn.descriptor, Returns.InspectReturn.descriptor,
            Returns.SettleReturn.descriptor, Returns.ExchangeReturn.descriptor, Returns.IssueReturnLabel.descriptor,
        ]
        // A second arrival makes no second key or gift card, but its answer lacks the secret: whoever calls must know of it.
        let once = [
            Access.CreateApiKey.descriptor, Access.RotateApiKey.descriptor, Payments.IssueStoredValue.descriptor,
        ]
        var known: [String: Repeatability] = [:]
        for method in reads + fulfilmentReads { known[method.fullyQualifiedMethod] = .read }
        for method in keyed + fulfilmentKeyed { known[method.fullyQualifiedMethod] = .keyed }
        for method in once + fulfilmentOnce { known[method.fullyQualifiedMethod] = .once }
        return known
    }()
}
