/// Line statuses, one bit each: the one whose place is the status's number.
public struct LineStatusSet: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: Int32

    /// Makes a set of bits.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// The set of one status.
    public init(_ status: LineStatus) { self.init(rawValue: 1 << Int32(status.rawValue)) }

    /// Wait for supply, or to leave.
    public static let waiting: LineStatusSet = [.init(.backordered), .setAside]
    /// Have stock that is set aside for them.
    public static let setAside: LineStatusSet = [
        .init(.allocated), .init(.released), .init(.picked), .init(.packed),
    ]
    /// Have been with the customer.
    public static let arrived: LineStatusSet = [.init(.delivered), .init(.returned)]

    /// The statuses, in their order.
    public var statuses: [LineStatus] { LineStatus.allCases.filter { contains(LineStatusSet($0)) } }
}
