import ArgumentParser
import Domain
import HoldfastAPI
import HoldfastServices
import SwiftProtobuf

/// `holdfast audit`: who changed what.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "List who changed what, newest first.",
        discussion: """
            Examples:

              holdfast audit --limit 20
              holdfast audit --caller key:k3v9xw2mq7ra --from 2026-11-01T00:00:00Z
              holdfast audit --subject 0190a1b2-0000-7000-8000-000000000001 --format json

            It reads PostgreSQL, as 'holdfast key' does.
            """)

    @Option(help: "Only changes by this caller.")
    var caller = ""

    @Option(help: ArgumentHelp("Only changes with this id as request or subject.", valueName: "uuid"))
    var subject: EntityID?

    @Option(help: ArgumentHelp("Only changes at or after this moment.", valueName: "rfc3339"))
    var from: Moment?

    @Option(help: ArgumentHelp("Only changes before this moment.", valueName: "rfc3339"))
    var before: Moment?

    @OptionGroup var limit: ListLimit
    @OptionGroup var desk: OperatorDesk

    func run() async throws {
        let (events, token) = try await desk.open { desk, _ in
            try await Pages.collect(limit: limit.limit) { size, token in
                let page = try await desk.audit(
                    .with {
                        $0.caller = caller
                        $0.subjectID = subject?.description ?? ""
                        if let from { $0.from = from.proto }
                        if let before { $0.before = before.proto }
                        $0.pageSize = size
                        $0.pageToken = token
                    })
                return (page.events, page.nextPageToken)
            }
        }
        let reply = Holdfast_V1_ListAuditEventsResponse.with {
            $0.events = events
            $0.nextPageToken = token
        }
        try desk.format.show(reply) { reply in
            var table = Table([.text("AT"), .text("CALLER"), .text("METHOD"), .text("REQUEST"), .text("SUBJECT")])
            for event in reply.events {
                table.add(event.at.shown, event.caller, event.method, event.requestID, event.subjectID)
            }
            table.noteMore(reply.nextPageToken)
            return table
        }
    }
}
