import ArgumentParser
import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// `holdfast documents`: invoices, receipts, credit memos.
struct DocumentCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "documents",
        abstract: "Invoices, receipts and credit memos, with numbers without a gap.",
        discussion: """
            Examples:

              holdfast documents list --order 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11
              holdfast documents get MAIN-INV-2026-000001
              holdfast documents entity WEB UK
            """,
        subcommands: [DocumentList.self, DocumentGet.self, DocumentEntity.self])
}

/// A kind of document as written on the command line.
enum DocumentKindWord: String, CaseIterable, ExpressibleByArgument {
    case invoice
    case receipt
    case creditMemo = "credit-memo"

    /// The same as the contract writes it.
    var proto: Holdfast_V1_DocumentKind {
        switch self {
        case .invoice: .invoice
        case .receipt: .receipt
        case .creditMemo: .creditMemo
        }
    }
}

/// `holdfast documents list`.
struct DocumentList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List documents, newest first.",
        discussion: """
            Examples:

              holdfast documents list --order 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11
              holdfast documents list --entity MAIN --kind invoice --limit 20
            """)

    @Option(help: "Only of this order.")
    var order = ""

    @Option(help: "Only of this legal entity.")
    var entity = ""

    @Option(help: "Only of this kind.")
    var kind: DocumentKindWord?

    @OptionGroup var limit: ListLimit
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let (documents, token) = try await server.withClient { client, options in
            try await Pages.collect(limit: limit.limit) { size, token in
                let page = try await Holdfast_V1_PaymentService.Client(wrapping: client).listDocuments(
                    .with {
                        $0.orderID = order
                        $0.legalEntity = entity
                        if let kind { $0.kind = kind.proto }
                        $0.pageSize = size
                        $0.pageToken = token
                    }, options: options)
                return (page.documents, page.nextPageToken)
            }
        }
        let reply = Holdfast_V1_ListDocumentsResponse.with {
            $0.documents = documents
            $0.nextPageToken = token
        }
        try server.format.show(reply) { reply in
            var table = Table([.text("NUMBER"), .text("ISSUED"), .text("ORDER"), .number("TOTAL")])
            for document in reply.documents {
                table.add(document.number, document.issuedAt.shown, document.orderID, document.total.shown)
            }
            table.noteMore(reply.nextPageToken)
            return table
        }
    }
}

/// `holdfast documents get`.
struct DocumentGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show one document as it was issued.",
        discussion: """
            Example:

              holdfast documents get MAIN-INV-2026-000001
            """)

    @Argument(help: "Its number, or its id.")
    var document: String

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_PaymentService.Client(wrapping: client).getDocument(
                .with { $0.document = document }, options: options)
        }
        guard server.format == .table else { return try server.format.show(reply) { _ in Table(facts: []) } }
        for line in reply.document.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            Terminal.line(String(line))
        }
    }
}

/// `holdfast documents entity`.
struct DocumentEntity: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "entity",
        abstract: "Say whose documents a channel's orders get from now on.",
        discussion: """
            Example:

              holdfast documents entity WEB UK
            """)

    @Argument(help: "The channel.")
    var channel: String

    @Argument(help: "Code of the legal entity: 1 to 16 capitals, digits or dashes.")
    var entity: String

    @OptionGroup var change: MutationID
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let id = change.chosen()
        let reply = try await server.withClient { client, options in
            try await Holdfast_V1_PaymentService.Client(wrapping: client).setLegalEntity(
                .with {
                    $0.requestID = id
                    $0.channel = channel
                    $0.legalEntity = entity
                }, options: options)
        }
        try server.format.show(reply) { _ in Table(facts: [("channel", channel), ("legal entity", entity)]) }
    }
}
