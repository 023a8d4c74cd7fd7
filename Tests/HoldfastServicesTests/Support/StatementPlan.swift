import Foundation
import HoldfastTesting
import PostgresClient

/// How PostgreSQL would run a prepared statement, whatever its values.
struct StatementPlan {
    /// One look at a table in a plan.
    struct Look: Decodable, CustomStringConvertible {
        var type: String
        var table: String?
        var index: String?
        var condition: String?
        var parts: [Look]?

        enum CodingKeys: String, CodingKey {
            case type = "Node Type"
            case table = "Relation Name"
            case index = "Index Name"
            case condition = "Index Cond"
            case parts = "Plans"
        }

        var all: [Look] { [self] + (parts ?? []).flatMap(\.all) }
        /// Whether it goes through all of a table or index.
        var isWalk: Bool { type.hasSuffix("Scan") && type != "Bitmap Heap Scan" && condition == nil }
        var description: String { "\(type) of \(table ?? "?") by \(index ?? "no index")" }
    }

    private struct Plan: Decodable {
        var plan: Look

        enum CodingKeys: String, CodingKey { case plan = "Plan" }
    }

    /// The statement.
    var text: String
    /// The looks at tables.
    var looks: [Look]

    /// Looks that go through all of one of these tables, or of an index of it.
    func walks(through tables: Set<String>) -> [Look] {
        looks.filter { $0.isWalk && tables.contains($0.table ?? "") }
    }

    /// Plans all that a connection has prepared, as it is set up now; `condition` chooses by the columns of pg_prepared_statements.
    static func prepared(
        where condition: String = "true", on connection: PostgresConnection
    ) throws -> [StatementPlan] {
        let prepared = try connection.execute(
            PostgresStatement(
                "prepared where \(condition)",
                """
                SELECT name, statement, cardinality(parameter_types)::int4 FROM pg_prepared_statements
                WHERE statement ~ '^\\s*(WITH|SELECT|INSERT|UPDATE|DELETE)' AND (\(condition))
                """, access: .readOnly)
        ).map { (name: try $0.text(0), text: try $0.text(1), count: try $0.int32(2)) }
        return try prepared.compactMap { name, text, count in
            let values = Array(repeating: "NULL", count: Int(count)).joined(separator: ", ")
            let json = try connection.execute(
                PostgresStatement(
                    "plan of \(name)", "EXPLAIN (FORMAT json) EXECUTE \(name)" + (count > 0 ? "(\(values))" : ""))
            ).map { try $0.text(0) }.joined(separator: "\n")
            return try JSONDecoder().decode([Plan].self, from: Data(json.utf8)).first.map {
                StatementPlan(text: text, looks: $0.plan.all)
            }
        }
    }
}
