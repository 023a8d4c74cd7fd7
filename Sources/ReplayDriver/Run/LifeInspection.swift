import GRPCCore
import HoldfastAPI
import Replay
import SwiftProtobuf

/// Reads the account of every order of a replay from the service.
///
/// Payments that follow from what was done, such as the refund of a cancellation, may come a little later: an order whose
/// account does not balance, or whose payments are under way, is read again until patience ends.
struct LifeInspection<Transport: ClientTransport>: Sendable {
    let terminal: ReplayTerminal<Transport>
    let workers: Int
    let patience: Duration

    private static var pause: Duration { .milliseconds(100) }
    private static var pageSize: Int32 { 1_000 }

    /// The accounts of orders of a channel, given by id and by the name that people know them by.
    func accounts(of orders: [(id: ReplayID, name: String)], in channel: String) async throws -> LifeAccounts {
        var accounts = LifeAccounts()
        let known = Set(orders.map { $0.id.description })
        let returns = try await refunds(in: channel, of: known)
        accounts.returns = returns.count
        let refunded = returns.refunds
        let end = ContinuousClock.now + patience
        try await withThrowingTaskGroup(of: (Int, OrderAccount).self) { group in
            var drawn = [OrderAccount?](repeating: nil, count: orders.count)
            var next = 0
            var running = 0
            while next < orders.count || running > 0 {
                while running < workers, next < orders.count {
                    let (index, id) = (next, orders[next].id)
                    group.addTask {
                        (index, try await account(of: id, refunded: refunded[id.description] ?? 0, until: end))
                    }
                    next += 1
                    running += 1
                }
                guard let (index, account) = try await group.next() else { break }
                running -= 1
                drawn[index] = account
            }
            for (order, account) in zip(orders, drawn) {
                if let account { accounts.add(account, name: order.name) }
            }
        }
        for count in try await fulfilments(of: known).values {
            accounts.ordersFulfilled += 1
            accounts.fulfilments += count
            if count > 1 { accounts.splitOrders += 1 }
        }
        return accounts
    }

    private func account(
        of id: ReplayID, refunded: Int64, until end: ContinuousClock.Instant
    ) async throws -> OrderAccount {
        let request = Holdfast_V1_GetPaymentsRequest.with { $0.orderID = id.description }
        while true {
            guard let order = try await terminal.order(id) else {
                throw ReplayFailure(.foreignBooks, "order \(id) was accepted and is not there")
            }
            let payments = try await terminal.caller.call(.getPayments) {
                try await terminal.payments.getPayments(request, options: $0)
            }
            let account = OrderAccount(of: order, payments: payments, refunded: refunded)
            let isSettled = account.fault == nil && !account.isMoving && account.refundsDue == 0
            if isSettled || ContinuousClock.now >= end { return account }
            try await Task.sleep(for: Self.pause)
        }
    }

    /// What the returns of each of these orders are refunded with.
    private func refunds(
        in channel: String, of orders: Set<String>
    ) async throws -> (refunds: [String: Int64], count: Int) {
        var refunds: [String: Int64] = [:]
        var count = 0
        var token = ""
        repeat {
            let request = Holdfast_V1_ListReturnsRequest.with {
                $0.channel = channel
                $0.pageSize = Self.pageSize
                $0.pageToken = token
            }
            let page = try await terminal.caller.call(.listReturns) {
                try await terminal.returns.listReturns(request, options: $0)
            }
            for one in page.returns
            where orders.contains(one.orderID) && (one.state == .decided || one.state == .settled) {
                refunds[one.orderID, default: 0] += one.refund.amountMinor
                count += 1
            }
            token = page.nextPageToken
        } while !token.isEmpty
        return (refunds, count)
    }

    /// How many fulfilments each of these orders has, those without any left out.
    private func fulfilments(of orders: Set<String>) async throws -> [String: Int] {
        var counts: [String: Int] = [:]
        var token = ""
        repeat {
            let request = Holdfast_V1_ListFulfilmentsRequest.with {
                $0.pageSize = Self.pageSize
                $0.pageToken = token
            }
            let page = try await terminal.caller.call(.listFulfilments) {
                try await terminal.fulfilments.listFulfilments(request, options: $0)
            }
            for fulfilment in page.fulfilments where orders.contains(fulfilment.orderID) {
                counts[fulfilment.orderID, default: 0] += 1
            }
            token = page.nextPageToken
        } while !token.isEmpty
        return counts
    }
}
