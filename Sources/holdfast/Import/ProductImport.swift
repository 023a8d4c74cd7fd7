import Domain
import GRPCCore
import HoldfastAPI
import HoldfastClient
import SwiftProtobuf

/// Creates or replaces the products of a file, many with one call.
///
/// Each call has a fresh id: a product simply becomes what the file says, so a second import doubles nothing, and it can
/// also put back what was changed since the first.
struct ProductImport {
    let client: GRPCClient<HoldfastTransport>
    let options: CallOptions

    /// Products of one call.
    private static let batch = 500

    /// Imports every row that can be read; throws where the server stays away.
    func run(_ reader: inout ImportReader, into report: inout ImportReport, progress: inout ProgressLine) async throws {
        let layout = reader.layout
        var rows: [ProductRow] = []
        while let item = reader.next() {
            switch item {
            case .problems(let problems): report.refuse(problems)
            case .row(.product(let row)): rows.append(row)
            case .row(.stock): preconditionFailure("a product file has product rows only")
            }
            if rows.count == ProductImport.batch {
                try await upsert(rows, layout: layout, into: &report)
                rows = []
                progress.show(report.rows)
            }
        }
        try await upsert(rows, layout: layout, into: &report)
    }

    /// Upserts rows; those that the server finds wrong are noted and left out.
    private func upsert(_ rows: [ProductRow], layout: ImportLayout, into report: inout ImportReport) async throws {
        var rows = rows
        while !rows.isEmpty {
            do {
                let reply = try await send(rows)
                report.created += Int(reply.created)
                report.updated += Int(reply.updated)
                report.unchanged += Int(reply.unchanged)
                return
            } catch let error as RPCError {
                guard let refusal = RowRefusal(error) else { throw error }
                let named = Set(refusal.findings.compactMap(\.index)).intersection(rows.indices)
                if rows.count == 1 {
                    report.refuse(refusal.findings.map { problem($0, rows[0], layout) })
                    return
                }
                if named.isEmpty {
                    // The refusal does not say which row it is about: each one is asked for alone.
                    for row in rows { try await upsert([row], layout: layout, into: &report) }
                    return
                }
                for index in named.sorted() {
                    let findings = refusal.findings.filter { $0.index == index }
                    report.refuse(findings.map { problem($0, rows[index], layout) })
                }
                rows = rows.indices.filter { !named.contains($0) }.map { rows[$0] }
            }
        }
    }

    private func problem(_ finding: RowRefusal.Finding, _ row: ProductRow, _ layout: ImportLayout) -> ImportProblem {
        ImportProblem(
            line: row.line, column: finding.column, position: finding.column.flatMap { layout.shownPosition($0) },
            reason: finding.reason)
    }

    private func send(_ rows: [ProductRow]) async throws -> Holdfast_V1_UpsertProductsResponse {
        var generator = SystemRandomNumberGenerator()
        let id = EntityID.random(using: &generator)
        return try await PatientCall.repeating {
            try await Holdfast_V1_CatalogService.Client(wrapping: client).upsertProducts(
                .with {
                    $0.requestID = id.description
                    $0.products = rows.map { row in
                        .with {
                            $0.sku = row.sku
                            $0.name = row.name
                            $0.barcode = row.barcode
                            $0.tracked = row.tracked
                        }
                    }
                }, options: options)
        }
    }
}
