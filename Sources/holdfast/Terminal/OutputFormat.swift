import ArgumentParser
import SwiftProtobuf

/// How an answer is printed.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
    /// Columns for people.
    case table
    /// The reply as protobuf JSON on one line, for programs.
    case json

    /// Prints a reply.
    func show<Reply: Message>(_ reply: Reply, table: (Reply) -> Table) throws {
        switch self {
        case .table: for line in table(reply).lines { Terminal.line(line) }
        case .json: Terminal.line(try reply.jsonString())
        }
    }
}
