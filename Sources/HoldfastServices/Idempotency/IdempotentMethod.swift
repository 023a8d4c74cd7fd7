/// A method whose requests are stored to be compared with repetitions.
///
/// Raw values are stored.
enum IdempotentMethod: UInt8, CaseIterable {
    case reserve = 1
    case extendReservation = 2
    case placeOrder = 3
    case cancelOrder = 4
    case receiveStock = 5
    case adjustStock = 6
    case countStock = 7
    case transferStock = 8
    case setStockPolicy = 9
    case upsertProducts = 10
    case upsertLocations = 11
    case upsertChannels = 12
    case createApiKey = 13
    case rotateApiKey = 14
    case setBackorderPolicies = 100
    case upsertSourcingConfig = 101
    case upsertSourcingLocations = 102
    case upsertSourcingProducts = 103
    case planSourcing = 104
    case commitSourcing = 105
    case upsertCustomers = 106
    case addTender = 60
    case authorizeTender = 61
    case captureTender = 62
    case voidTender = 63
    case refundOrder = 64
    case issueStoredValue = 65
    case adjustStoredValue = 66
    case setLegalEntity = 67
    case resolveAttempt = 68

    // Review: 20 to 39; 24 is what Holdfast does by itself.
    case holdOrder = 20
    case approveOrder = 21
    case validateOrder = 22
    case setPrices = 23
    case amendOrder = 25
    case requestCancellation = 26
    case respondCancellation = 27
    case withdrawCancellation = 28
    case saveDraft = 29
    case placeDraft = 30
    case discardDraft = 31

    // Returns: 80 to 99.
    case upsertReturnRules = 80
    case createReturn = 81
    case createClaim = 82
    case createBlindReturn = 83
    case changeReturn = 84
    case receiveReturn = 85
    case inspectReturn = 86
    case settleReturn = 87
    case exchangeReturn = 88
    case issueReturnLabel = 90

    // Fulfilment: 40 to 59.
    case releaseOrder = 40
    case createWave = 41
    case startPicking = 42
    case confirmPick = 43
    case packFulfilment = 44
    case shipFulfilment = 45
    case confirmDelivery = 46
    case reportLost = 47
    case declineFulfilment = 48
    case sendToStore = 49
    case makeReady = 50
    case remindPickup = 51
    case extendPickup = 52
    case collectPickup = 53
    case restockPickup = 54
    case acknowledgeSupplierOrder = 55
    case rejectSupplierOrder = 56
    case notifyShipment = 57
    case receiveUndelivered = 58

    /// The method's name in the contract.
    var name: String {
        switch self {
        case .reserve: "Reserve"
        case .extendReservation: "ExtendReservation"
        case .placeOrder: "PlaceOrder"
        case .cancelOrder: "CancelOrder"
        case .receiveStock: "ReceiveStock"
        case .adjustStock: "AdjustStock"
        case .countStock: "CountStock"
        case .transferStock: "TransferStock"
        case .setStockPolicy: "SetStockPolicy"
        case .upsertProducts: "UpsertProducts"
        case .upsertLocations: "UpsertLocations"
        case .upsertChannels: "UpsertChannels"
        case .createApiKey: "CreateApiKey"
        case .rotateApiKey: "RotateApiKey"
        case .holdOrder: "HoldOrder"
        case .approveOrder: "ApproveOrder"
        case .validateOrder: "ValidateOrder"
        case .setPrices: "SetPrices"
        case .setBackorderPolicies: "SetBackorderPolicies"
        case .upsertSourcingConfig: "UpsertSourcingConfig"
        case .upsertSourcingLocations: "UpsertSourcingLocations"
        case .upsertSourcingProducts: "UpsertSourcingProducts"
        case .planSourcing: "PlanSourcing"
        case .commitSourcing: "CommitSourcing"
        case .upsertCustomers: "UpsertCustomers"
        case .addTender: "AddTender"
        case .authorizeTender: "AuthorizeTender"
        case .captureTender: "CaptureTender"
        case .voidTender: "VoidTender"
        case .refundOrder: "RefundOrder"
        case .issueStoredValue: "IssueStoredValue"
        case .adjustStoredValue: "AdjustStoredValue"
        case .setLegalEntity: "SetLegalEntity"
        case .resolveAttempt: "ResolveAttempt"
        case .upsertReturnRules: "UpsertReturnRules"
        case .createReturn: "CreateReturn"
        case .createClaim: "CreateClaim"
        case .createBlindReturn: "CreateBlindReturn"
        case .changeReturn: "ChangeReturn"
        case .receiveReturn: "ReceiveReturn"
        case .inspectReturn: "InspectReturn"
        case .settleReturn: "SettleReturn"
        case .exchangeReturn: "ExchangeReturn"
        case .issueReturnLabel: "IssueReturnLabel"
        case .releaseOrder: "ReleaseOrder"
        case .createWave: "CreateWave"
        case .startPicking: "StartPicking"
        case .confirmPick: "ConfirmPick"
        case .packFulfilment: "PackFulfilment"
        case .shipFulfilment: "ShipFulfilment"
        case .confirmDelivery: "ConfirmDelivery"
        case .reportLost: "ReportLost"
        case .declineFulfilment: "DeclineFulfilment"
        case .sendToStore: "SendToStore"
        case .makeReady: "MakeReady"
        case .remindPickup: "RemindPickup"
        case .extendPickup: "ExtendPickup"
        case .collectPickup: "CollectPickup"
        case .restockPickup: "RestockPickup"
        case .acknowledgeSupplierOrder: "AcknowledgeSupplierOrder"
        case .rejectSupplierOrder: "RejectSupplierOrder"
        case .notifyShipment: "NotifyShipment"
        case .receiveUndelivered: "ReceiveUndelivered"
        case .amendOrder: "AmendOrder"
        case .requestCancellation: "RequestCancellation"
        case .respondCancellation: "RespondCancellation"
        case .withdrawCancellation: "WithdrawCancellation"
        case .saveDraft: "SaveDraft"
        case .placeDraft: "PlaceDraft"
        case .discardDraft: "DiscardDraft"
        }
    }

    /// The fields of its request.
    var fields: FieldNames {
        switch self {
        case .reserve: .reserve
        case .extendReservation: .extendReservation
        case .placeOrder: .placeOrder
        case .cancelOrder: .cancelOrder
        case .receiveStock: .receiveStock
        case .adjustStock: .adjustStock
        case .countStock: .countStock
        case .transferStock: .transferStock
        case .setStockPolicy: .setStockPolicy
        case .upsertProducts: .upsertProducts
        case .upsertLocations: .upsertLocations
        case .upsertChannels: .upsertChannels
        case .createApiKey: .createApiKey
        case .rotateApiKey: .rotateApiKey
        case .holdOrder: .holdOrder
        case .approveOrder: .approveOrder
        case .validateOrder: .validateOrder
        case .setPrices: .setPrices
        case .setBackorderPolicies: .setBackorderPolicies
        case .upsertSourcingConfig: .upsertSourcingConfig
        case .upsertSourcingLocations: .upsertSourcingLocations
        case .upsertSourcingProducts: .upsertSourcingProducts
        case .planSourcing: .planSourcing
        case .commitSourcing: .commitSourcing
        case .upsertCustomers: .upsertCustomers
        case .addTender: .addTender
        case .authorizeTender: .authorizeTender
        case .captureTender: .captureTender
        case .voidTender: .voidTender
        case .refundOrder: .refundOrder
        case .issueStoredValue: .issueStoredValue
        case .adjustStoredValue: .adjustStoredValue
        case .setLegalEntity: .setLegalEntity
        case .resolveAttempt: .resolveAttempt
        case .upsertReturnRules: .upsertReturnRules
        case .createReturn: .createReturn
        case .createClaim: .createClaim
        case .createBlindReturn: .createBlindReturn
        case .changeReturn: .changeReturn
        case .receiveReturn: .receiveReturn
        case .inspectReturn: .inspectReturn
        case .settleReturn: .settleReturn
        case .exchangeReturn: .exchangeReturn
        case .issueReturnLabel: .issueReturnLabel
        case .releaseOrder: .releaseOrder
        case .createWave: .createWave
        case .startPicking: .startPicking
        case .confirmPick: .confirmPick
        case .packFulfilment: .packFulfilment
        case .shipFulfilment: .shipFulfilment
        case .confirmDelivery: .confirmDelivery
        case .reportLost: .reportLost
        case .declineFulfilment: .declineFulfilment
        case .sendToStore: .sendToStore
        case .makeReady: .makeReady
        case .remindPickup: .remindPickup
        case .extendPickup: .extendPickup
        case .collectPickup: .collectPickup
        case .restockPickup: .restockPickup
        case .acknowledgeSupplierOrder: .acknowledgeSupplierOrder
        case .rejectSupplierOrder: .rejectSupplierOrder
        case .notifyShipment: .notifyShipment
        case .receiveUndelivered: .receiveUndelivered
        case .amendOrder: .amendOrder
        case .requestCancellation: .requestCancellation
        case .respondCancellation: .respondCancellation
        case .withdrawCancellation: .withdrawCancellation
        case .saveDraft: .saveDraft
        case .placeDraft: .placeDraft
        case .discardDraft: .discardDraft
        }
    }
}
