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
    /// Lists levels of stock.
    case getStock = "get_stock"
    /// Lists movements.
    case listMovements = "list_movements"
    /// Adds up the books.
    case checkBooks = "check_books"
}
