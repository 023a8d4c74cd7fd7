/// The calls that a replay makes.
public enum CallKind: String, CaseIterable, Hashable, Sendable {
    /// Creates products, the location or the channel.
    case upsertCatalogue = "upsert_catalogue"
    /// Reads a product.
    case getProduct = "get_product"
    /// Receives goods.
    case receiveStock = "receive_stock"
    /// Writes goods off.
    case adjustStock = "adjust_stock"
    /// Asks what is available.
    case checkAvailability = "check_availability"
    /// Holds stock.
    case reserve
    /// Reads a reservation.
    case getReservation = "get_reservation"
    /// Gives a reservation back.
    case releaseReservation = "release_reservation"
    /// Captures an order.
    case placeOrder = "place_order"
    /// Reads an order.
    case getOrder = "get_order"
    /// Lists orders.
    case listOrders = "list_orders"
    /// Cancels units of an order.
    case cancelOrder = "cancel_order"
    /// Names what an order is paid with.
    case addTender = "add_tender"
    /// Gives an order to its locations.
    case releaseOrder = "release_order"
    /// Begins to pick.
    case startPicking = "start_picking"
    /// Tells what was picked.
    case confirmPick = "confirm_pick"
    /// Packs what was picked.
    case packFulfilment = "pack_fulfilment"
    /// Hands packages to the carrier.
    case shipFulfilment = "ship_fulfilment"
    /// Tells that a supplier will send an order.
    case acknowledgeSupplierOrder = "acknowledge_supplier_order"
    /// Tells that a supplier has sent an order.
    case notifyShipment = "notify_shipment"
    /// Tells that goods have arrived.
    case confirmDelivery = "confirm_delivery"
    /// Sets the rules about returns.
    case upsertReturnRules = "upsert_return_rules"
    /// Asks for a return.
    case createReturn = "create_return"
    /// Receives returned goods.
    case receiveReturn = "receive_return"
    /// Tells what became of returned goods.
    case inspectReturn = "inspect_return"
    /// Settles a return.
    case settleReturn = "settle_return"
    /// Reads what an order is paid with.
    case getPayments = "get_payments"
    /// Lists fulfilments.
    case listFulfilments = "list_fulfilments"
    /// Lists returns.
    case listReturns = "list_returns"
    /// Sets what sourcing knows.
    case upsertSourcing = "upsert_sourcing"
    /// Plans from where an order is served.
    case planSourcing = "plan_sourcing"
    /// Carries such a plan out.
    case commitSourcing = "commit_sourcing"
    /// Issues store credit.
    case issueStoredValue = "issue_stored_value"
    /// Lists levels of stock.
    case getStock = "get_stock"
    /// Lists movements.
    case listMovements = "list_movements"
    /// Adds up the books.
    case checkBooks = "check_books"
}
