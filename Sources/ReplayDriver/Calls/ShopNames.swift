/// The names under which a replay's shop is known to the service.
public enum ShopNames {
    /// Code of the channel that every order comes through.
    public static let channel = "online-retail"
    /// Code of the one warehouse.
    public static let location = "MAIN"
    /// The currency of all prices.
    public static let currency = "GBP"
}
