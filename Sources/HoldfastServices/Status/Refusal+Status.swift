public import Domain
public import GRPCCore

extension Refusal {
    /// What a caller is told of it, without what differs between two requests of one id.
    public var status: RPCError { RefusalStatus.error(self) }
}
