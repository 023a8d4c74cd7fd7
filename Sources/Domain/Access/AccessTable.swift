/// Who may call a method, and how much of the company the call reaches.
public struct AccessRule: Hashable, Sendable {
    /// What a call reaches.
    public enum Reach: Hashable, Sendable {
        /// Nothing that belongs to one channel or location.
        case common
        /// Channels or locations: the call is held to the caller's scope.
        case scoped
        /// The company as a whole: a caller whose scope is limited is refused.
        case company
    }

    /// Roles that may call it.
    public var roles: Set<Role>
    /// What a call reaches.
    public var reach: Reach

    /// Makes a rule.
    public init(_ reach: Reach, _ roles: Set<Role>) {
        self.roles = roles
        self.reach = reach
    }
}

/// Which role may call which method.
///
/// What is not listed here is refused.
public enum AccessTable {
    /// Services that everybody may call, without credentials: they tell only what is published.
    public static let openServices: Set<String> = [
        "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
    ]

    private static let all = Set(Role.allCases)
    private static let holding: Set<Role> = [.pos, .kiosk, .backend, .admin]
    private static let stock: Set<Role> = [.warehouse, .admin]
    private static let stockReading: Set<Role> = [.backend, .warehouse, .support, .finance, .admin]
    private static let customerReading: Set<Role> = [.pos, .backend, .support, .finance, .admin]
    private static let paymentReading: Set<Role> = [.pos, .backend, .support, .finance, .admin]
    private static let orderReading: Set<Role> = [.pos, .backend, .warehouse, .support, .finance, .admin]

    private static let returnChanges: Set<Role> = [
        ReturnEvent.approve, .decline, .handIn, .closeReceipt, .refuse, .cancel,
    ].reduce(into: []) { $0.formUnion(Lifecycle.returnOrder.roles(for: $1)) }

    /// The roles that may make a step of a fulfilment of any kind.
    private static func steps(_ step: FulfilmentStep) -> Set<Role> { FulfilmentStanding.roles(for: step) }

    /// The rule of every method of the contract, by its full name.
    public static let rules: [String: AccessRule] = [
        "holdfast.v1.CatalogService/UpsertProducts": AccessRule(.company, [.admin]),
        "holdfast.v1.CatalogService/GetProduct": AccessRule(.common, all),
        "holdfast.v1.CatalogService/ListProducts": AccessRule(.common, all),
        "holdfast.v1.CatalogService/UpsertLocations": AccessRule(.scoped, [.admin]),
        "holdfast.v1.CatalogService/ListLocations": AccessRule(.scoped, all),
        "holdfast.v1.CatalogService/UpsertChannels": AccessRule(.scoped, [.admin]),
        "holdfast.v1.CatalogService/ListChannels": AccessRule(.scoped, all),

        "holdfast.v1.InventoryService/ReceiveStock": AccessRule(.scoped, stock),
        "holdfast.v1.InventoryService/AdjustStock": AccessRule(.scoped, stock),
        "holdfast.v1.InventoryService/CountStock": AccessRule(.scoped, stock),
        "holdfast.v1.InventoryService/TransferStock": AccessRule(.scoped, stock),
        "holdfast.v1.InventoryService/SetStockPolicy": AccessRule(.scoped, stock),
        "holdfast.v1.InventoryService/GetStock": AccessRule(.scoped, stockReading),
        "holdfast.v1.InventoryService/ListMovements": AccessRule(.scoped, stockReading),

        "holdfast.v1.AvailabilityService/CheckAvailability": AccessRule(.scoped, all),
        "holdfast.v1.AvailabilityService/ExplainAvailability": AccessRule(.scoped, all.subtracting([.kiosk])),

        "holdfast.v1.ReservationService/Reserve": AccessRule(.scoped, holding),
        "holdfast.v1.ReservationService/ExtendReservation": AccessRule(.scoped, holding),
        "holdfast.v1.ReservationService/ReleaseReservation": AccessRule(.scoped, holding),
        "holdfast.v1.ReservationService/GetReservation": AccessRule(.scoped, holding.union([.support, .finance])),

        "holdfast.v1.OrderService/PlaceOrder": AccessRule(.scoped, Lifecycle.line.roles(entering: .allocate)),
        "holdfast.v1.OrderService/GetOrder": AccessRule(.scoped, orderReading),
        "holdfast.v1.OrderService/ListOrders": AccessRule(.scoped, orderReading),
        "holdfast.v1.OrderService/CancelOrder": AccessRule(.scoped, Lifecycle.line.roles(for: .cancel)),

        "holdfast.v1.OrderReviewService/HoldOrder": AccessRule(.scoped, Lifecycle.review.roles(for: .hold)),
        "holdfast.v1.OrderReviewService/ApproveOrder": AccessRule(.scoped, Lifecycle.review.roles(for: .approve)),
        "holdfast.v1.OrderReviewService/ValidateOrder": AccessRule(.scoped, Lifecycle.review.roles(for: .recheck)),
        "holdfast.v1.OrderReviewService/ListHolds": AccessRule(.scoped, orderReading),
        "holdfast.v1.OrderReviewService/SetPrices": AccessRule(.scoped, [.admin]),
        "holdfast.v1.OrderReviewService/ListPrices": AccessRule(.scoped, orderReading),
        "holdfast.v1.PaymentService/AddTender": AccessRule(.scoped, Lifecycle.payment.roles(entering: .add)),
        "holdfast.v1.PaymentService/AuthorizeTender": AccessRule(.scoped, Lifecycle.payment.roles(for: .authorize)),
        "holdfast.v1.PaymentService/CaptureTender": AccessRule(.scoped, Lifecycle.payment.roles(for: .capturePart)),
        "holdfast.v1.PaymentService/VoidTender": AccessRule(.scoped, Lifecycle.payment.roles(for: .void)),
        "holdfast.v1.PaymentService/RefundOrder": AccessRule(.scoped, Lifecycle.payment.roles(for: .refundPart)),
        "holdfast.v1.PaymentService/GetPayments": AccessRule(.scoped, paymentReading),
        "holdfast.v1.PaymentService/ReportGatewayEvent": AccessRule(.scoped, [.backend, .finance, .admin]),
        "holdfast.v1.PaymentService/IssueStoredValue": AccessRule(.common, [.pos, .support, .finance, .admin]),
        "holdfast.v1.PaymentService/GetStoredValue": AccessRule(.common, paymentReading),
        "holdfast.v1.PaymentService/AdjustStoredValue": AccessRule(.company, [.finance, .admin]),
        "holdfast.v1.PaymentService/ListDocuments": AccessRule(.scoped, paymentReading),
        "holdfast.v1.PaymentService/GetDocument": AccessRule(.scoped, paymentReading),
        "holdfast.v1.PaymentService/SetLegalEntity": AccessRule(.company, [.admin]),
        "holdfast.v1.PaymentService/ListOpenAttempts": AccessRule(.scoped, paymentReading),
        "holdfast.v1.PaymentService/ResolveAttempt": AccessRule(
            .scoped, Lifecycle.paymentAttempt.roles(for: .abandon)),

        "holdfast.v1.BackorderService/SetBackorderPolicies": AccessRule(.scoped, [.admin]),
        "holdfast.v1.BackorderService/ListBackorderPolicies": AccessRule(.scoped, stockReading),
        "holdfast.v1.BackorderService/ListBackorders": AccessRule(.scoped, stockReading),

        "holdfast.v1.SourcingService/UpsertSourcingConfig": AccessRule(.company, [.admin]),
        "holdfast.v1.SourcingService/GetSourcingConfig": AccessRule(.company, stockReading),
        "holdfast.v1.SourcingService/UpsertSourcingLocations": AccessRule(.scoped, [.admin]),
        "holdfast.v1.SourcingService/ListSourcingLocations": AccessRule(.scoped, stockReading),
        "holdfast.v1.SourcingService/UpsertSourcingProducts": AccessRule(.company, [.admin]),
        "holdfast.v1.SourcingService/PlanSourcing": AccessRule(.scoped, [.backend, .warehouse, .support, .admin]),
        "holdfast.v1.SourcingService/GetSourcingPlan": AccessRule(.scoped, stockReading),
        "holdfast.v1.SourcingService/CommitSourcing": AccessRule(.scoped, Lifecycle.line.roles(for: .reallocate)),

        "holdfast.v1.CustomerService/UpsertCustomers": AccessRule(.common, [.pos, .backend, .support, .admin]),
        "holdfast.v1.CustomerService/GetCustomer": AccessRule(.scoped, customerReading),
        "holdfast.v1.CustomerService/SearchCustomers": AccessRule(.common, customerReading),
        "holdfast.v1.CustomerService/ListCustomerOrders": AccessRule(.scoped, customerReading),

        "holdfast.v1.ReturnService/UpsertReturnRules": AccessRule(.company, [.admin]),
        "holdfast.v1.ReturnService/GetReturnRules": AccessRule(.common, orderReading),
        "holdfast.v1.ReturnService/CreateReturn": AccessRule(.scoped, Lifecycle.returnOrder.roles(entering: .request)),
        "holdfast.v1.ReturnService/GetReturn": AccessRule(.scoped, orderReading),
        "holdfast.v1.ReturnService/ListReturns": AccessRule(.scoped, orderReading),
        "holdfast.v1.ReturnService/ChangeReturn": AccessRule(.scoped, returnChanges),
        "holdfast.v1.ReturnService/ReceiveReturn": AccessRule(.scoped, Lifecycle.returnOrder.roles(for: .receive)),
        "holdfast.v1.ReturnService/InspectReturn": AccessRule(.scoped, Lifecycle.returnOrder.roles(for: .inspect)),
        "holdfast.v1.ReturnService/SettleReturn": AccessRule(.scoped, Lifecycle.returnOrder.roles(for: .settle)),
        "holdfast.v1.ReturnService/CreateBlindReturn": AccessRule(.scoped, [.pos, .admin]),
        "holdfast.v1.ReturnService/ExchangeReturn": AccessRule(.scoped, Lifecycle.line.roles(entering: .allocate)),
        "holdfast.v1.ReturnService/CreateClaim": AccessRule(.scoped, [.support, .admin]),
        "holdfast.v1.ReturnService/IssueReturnLabel": AccessRule(
            .scoped, Lifecycle.returnOrder.roles(for: .issueLabel)),
        "holdfast.v1.ReturnService/GetReturnLabel": AccessRule(.scoped, orderReading),

        "holdfast.v1.FulfilmentService/ReleaseOrder": AccessRule(.scoped, steps(.release)),
        "holdfast.v1.FulfilmentService/GetFulfilment": AccessRule(.scoped, orderReading),
        "holdfast.v1.FulfilmentService/ListFulfilments": AccessRule(.scoped, orderReading),
        "holdfast.v1.FulfilmentService/CreateWave": AccessRule(.scoped, steps(.startPicking)),
        "holdfast.v1.FulfilmentService/GetPickList": AccessRule(.scoped, steps(.startPicking)),
        "holdfast.v1.FulfilmentService/StartPicking": AccessRule(.scoped, steps(.startPicking)),
        "holdfast.v1.FulfilmentService/ConfirmPick": AccessRule(.scoped, steps(.pick)),
        "holdfast.v1.FulfilmentService/PackFulfilment": AccessRule(.scoped, steps(.pack)),
        "holdfast.v1.FulfilmentService/QuoteShipment": AccessRule(.scoped, steps(.pack)),
        "holdfast.v1.FulfilmentService/ShipFulfilment": AccessRule(.scoped, steps(.ship)),
        "holdfast.v1.FulfilmentService/GetLabel": AccessRule(.scoped, steps(.ship)),
        "holdfast.v1.FulfilmentService/ConfirmDelivery": AccessRule(.scoped, steps(.deliver)),
        "holdfast.v1.FulfilmentService/ReportLost": AccessRule(.scoped, steps(.lose)),
        "holdfast.v1.FulfilmentService/DeclineFulfilment": AccessRule(.scoped, steps(.decline)),
        "holdfast.v1.FulfilmentService/SendToStore": AccessRule(.scoped, steps(.sendToStore)),
        "holdfast.v1.FulfilmentService/MakeReady": AccessRule(.scoped, steps(.makeReady)),
        "holdfast.v1.FulfilmentService/RemindPickup": AccessRule(.scoped, steps(.remind)),
        "holdfast.v1.FulfilmentService/ExtendPickup": AccessRule(.scoped, steps(.extend)),
        "holdfast.v1.FulfilmentService/CollectPickup": AccessRule(.scoped, steps(.collect)),
        "holdfast.v1.FulfilmentService/RestockPickup": AccessRule(.scoped, steps(.restock)),
        "holdfast.v1.FulfilmentService/AcknowledgeSupplierOrder": AccessRule(.scoped, steps(.acknowledge)),
        "holdfast.v1.FulfilmentService/RejectSupplierOrder": AccessRule(.scoped, steps(.reject)),
        "holdfast.v1.FulfilmentService/NotifyShipment": AccessRule(.scoped, Lifecycle.dropShip.roles(for: .ship)),
        "holdfast.v1.FulfilmentService/ReceiveUndelivered": AccessRule(.scoped, steps(.comeBack)),
        "holdfast.v1.TrackingService/Track": AccessRule(.scoped, [.pos, .kiosk, .backend, .support, .admin]),

        "holdfast.v1.OrderAmendmentService/AmendOrder": AccessRule(
            .scoped, Lifecycle.line.roles(entering: .allocate).union([.support])),

        "holdfast.v1.LateCancellationService/RequestCancellation": AccessRule(
            .scoped, Lifecycle.lateCancel.roles(entering: .ask)),
        "holdfast.v1.LateCancellationService/RespondCancellation": AccessRule(
            .scoped, Lifecycle.lateCancel.roles(for: .accept)),
        "holdfast.v1.LateCancellationService/WithdrawCancellation": AccessRule(
            .scoped, Lifecycle.lateCancel.roles(for: .withdraw)),
        "holdfast.v1.LateCancellationService/ListCancellations": AccessRule(.scoped, orderReading),

        "holdfast.v1.DraftService/SaveDraft": AccessRule(.scoped, Lifecycle.draft.roles(for: .save)),
        "holdfast.v1.DraftService/GetDraft": AccessRule(.scoped, orderReading),
        "holdfast.v1.DraftService/ListDrafts": AccessRule(.scoped, orderReading),
        "holdfast.v1.DraftService/PlaceDraft": AccessRule(.scoped, Lifecycle.draft.roles(for: .place)),
        "holdfast.v1.DraftService/DiscardDraft": AccessRule(.scoped, Lifecycle.draft.roles(for: .discard)),

        "holdfast.v1.EventService/Subscribe": AccessRule(.scoped, stockReading),

        "holdfast.v1.OperationsService/CheckBooks": AccessRule(.company, [.finance, .admin]),

        "holdfast.v1.AccessService/CreateApiKey": AccessRule(.company, [.admin]),
        "holdfast.v1.AccessService/ListApiKeys": AccessRule(.company, [.admin]),
        "holdfast.v1.AccessService/RevokeApiKey": AccessRule(.company, [.admin]),
        "holdfast.v1.AccessService/RotateApiKey": AccessRule(.company, [.admin]),
        "holdfast.v1.AccessService/ListAuditEvents": AccessRule(.company, [.admin]),
        "holdfast.v1.AccessService/GetCaller": AccessRule(.common, all),
    ]

    /// Whether everybody may call the methods of a service.
    public static func isOpen(service: String) -> Bool { openServices.contains(service) }

    /// Refuses what a caller's roles do not allow, and what reaches beyond a limited scope.
    ///
    /// - Parameters:
    ///   - caller: who calls.
    ///   - method: the method's full name, `package.Service/Method`.
    /// - Throws: ``Refusal/roleMissing(method:)`` or ``Refusal/outOfScope``.
    public static func check(_ caller: Caller, calling method: String) throws(Refusal) {
        guard let rule = rules[method], !rule.roles.isDisjoint(with: caller.roles) else {
            throw .roleMissing(method: method)
        }
        if rule.reach == .company && !caller.scope.isEverything { throw .outOfScope }
    }

    /// The methods that a caller may call, by full name, sorted.
    public static func methods(for caller: Caller) -> [String] {
        rules.filter { _, rule in
            !rule.roles.isDisjoint(with: caller.roles) && (rule.reach != .company || caller.scope.isEverything)
        }.keys.sorted()
    }
}
