import Domain
import GRPCCore
import HoldfastAPI
import HoldfastClient
import SwiftProtobuf

/// Adds the rows of a stock file, each by a call of its own, several at the same time.
struct StockImport {
    fileprivate enum Outcome: Sendable {
        case added(Int64)
        case addedBefore
        case refused([ImportProblem])
    }

    let client: GRPCClient<HoldfastTransport>
    let options: CallOptions
    let delivery: String
    let parallel: Int

    /// Imports every row that can be read; throws where the server stays away.
    func run(_ reader: inout ImportReader, into report: inout ImportReport, progress: inout ProgressLine) async throws {
        var ids = Delivery(name: delivery)
        let layout = reader.layout
        try await withThrowingTaskGroup(of: Outcome.self) { group in
            var running = 0
            while let item = reader.next() {
                guard case .row(.stock(let row)) = item else {
                    if case .problems(let problems) = item { report.refuse(problems) }
                    continue
                }
                if running == parallel, let outcome = try await group.next() {
                    running -= 1
                    report.note(outcome)
                    progress.show(report.rows)
                }
                let id = ids.id(sku: row.sku, location: row.location, quantity: row.quantity)
                group.addTask { try await add(row, id: id, layout: layout) }
                running += 1
            }
            for try await outcome in group {
                report.note(outcome)
                progress.show(report.rows)
            }
        }
    }

    private func add(_ row: StockRow, id: EntityID, layout: ImportLayout) async throws -> Outcome {
        let inventory = Holdfast_V1_InventoryService.Client(wrapping: client)
        do {
            let earlier = try await PatientCall.repeating {
                try await inventory.listMovements(
                    .with {
                        $0.causeID = id.description
                        $0.pageSize = 1
                    }, options: options)
            }
            if !earlier.movements.isEmpty { return .addedBefore }
            _ = try await PatientCall.repeating {
                try await inventory.receiveStock(
                    .with {
                        $0.movementID = id.description
                        $0.reference = delivery
                        $0.lines = [
                            .with {
                                $0.sku = row.sku
                                $0.location = row.location
                                $0.quantity = row.quantity
                            }
                        ]
                    }, options: options)
            }
            return .added(row.quantity)
        } catch let error as RPCError {
            guard let refusal = RowRefusal(error) else { throw error }
            return .refused(
                refusal.findings.map { finding in
                    ImportProblem(
                        line: row.line, column: finding.column,
                        position: finding.column.flatMap { layout.shownPosition($0) }, reason: finding.reason)
                })
        }
    }
}

extension ImportReport {
    fileprivate mutating func note(_ outcome: StockImport.Outcome) {
        switch outcome {
        case .added(let quantity):
            received += 1
            units += quantity
        case .addedBefore: receivedBefore += 1
        case .refused(let problems): refuse(problems)
        }
    }
}
