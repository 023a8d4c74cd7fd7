import Foundation
import HoldfastAPI
import PrivateStores
import SwiftProtobuf
import Synchronization
import Testing

@testable import holdfast

/// An older program beside this one, on the same stores.
///
/// `dev/upgrade-test.sh COMMIT` builds the older one and names it in `HOLDFAST_FORMER_PROGRAM`.
@Suite("Two versions side by side", .serialized)
final class UpgradeTests: Sendable {
    private static let former = ProcessInfo.processInfo.environment["HOLDFAST_FORMER_PROGRAM"]

    /// What was acknowledged.
    private struct Sold: Sendable {
        var reserved = 0
        var ordered = 0
    }

    private let sold = Mutex(Sold())

    /// Reserves and orders one unit each, `rounds` times, repeating with the same id what was unavailable.
    private func trade(at server: String, rounds: Int) async throws {
        for _ in 0..<rounds {
            let reservation = UUID().uuidString
            try await patiently(
                ["reserve", "create", "A=1", "--channel", "WEB", "--ttl", "1h", "--id", reservation], at: server)
            sold.withLock { $0.reserved += 1 }
            let order = UUID().uuidString
            try await patiently(
                ["order", "place", "A=1x2.00", "--channel", "WEB", "--external-id", order, "--id", order], at: server)
            sold.withLock { $0.ordered += 1 }
        }
    }

    private func patiently(_ arguments: [String], at server: String) async throws {
        for _ in 0..<200 {
            let outcome = try await Program.run(arguments, server: server)
            if outcome.status == 0 { return }
            try #require(outcome.status == 6, "\(arguments): \(outcome.errors)")
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("\(server) never answered \(arguments)")
    }

    @Test(
        "the older server goes on beside the newer one through schema, functions and a lost Redis; nothing is sold twice",
        .enabled(if: former != nil, "needs the program of an earlier commit: dev/upgrade-test.sh"))
    func rolling() async throws {
        let former = try #require(UpgradeTests.former)
        let folder = try Shop.temporaryFolder()
        defer { PrivateFile.removeTree(folder) }
        let stack = try await PrivateStack.start(directory: folder)
        try await stack.postgres.createDatabase("shop")
        let urls = [
            "--redis-url", stack.redis.url, "--postgres-url", stack.postgres.connectionString(database: "shop"),
        ]
        let serve = ["serve", "--tcp-port", "0", "--allow-anonymous"] + urls
        #expect(try await Program.run(["migrate", "run"] + urls, program: former).status == 0)
        let older = try Program.start(serve, program: former)
        let old = try await older.serverAddress()
        for command in [
            ["catalog", "channel", "add", "WEB", "--name", "Web", "--currency", "GBP"],
            ["catalog", "location", "add", "W", "--name", "Warehouse", "--kind", "warehouse"],
            ["catalog", "product", "add", "A", "--name", "Article"],
            ["stock", "receive", "A@W=500"],
        ] {
            let made = try await Program.run(command, server: old)
            try #require(made.status == 0, "\(command): \(made.errors)")
        }
        try await trade(at: old, rounds: 5)

        // The schema changes under the older server while it trades.
        async let meanwhile: Void = trade(at: old, rounds: 5)
        let migrated = try await Program.run(["migrate", "run"] + urls)
        #expect(migrated.status == 0, "\(migrated.errors)")
        try await meanwhile

        // The newer server brings its functions; both trade.
        let newer = try Program.start(serve)
        let new = try await newer.serverAddress()
        async let there: Void = trade(at: old, rounds: 10)
        async let here: Void = trade(at: new, rounds: 10)
        _ = try await (there, here)

        // Redis is lost under both.
        stack.redis.kill9()
        async let oldGoesOn: Void = trade(at: old, rounds: 5)
        async let newGoesOn: Void = trade(at: new, rounds: 5)
        try await Task.sleep(for: .seconds(3))
        try await stack.redis.restart()
        _ = try await (oldGoesOn, newGoesOn)

        try await older.stop()
        try await trade(at: new, rounds: 5)
        let count = sold.withLock { $0 }
        #expect(count.reserved == 45 && count.ordered == 45)
        let doctor = try await Program.run(["doctor"] + urls)
        #expect(doctor.status == 0, "\(doctor.output)\(doctor.errors)")
        #expect(doctor.output.contains("agree on all 1 articles and locations"), "\(doctor.output)")
        #expect(doctor.output.contains("45 orders, 45 live reservations"), "\(doctor.output)")
        let check = try await Program.run(["stock", "check", "A", "--fresh", "--format", "json"], server: new)
        #expect(
            try Holdfast_V1_CheckAvailabilityResponse(jsonString: check.output).items.map(\.available) == [410])

        // What an older program may not work with it does not start on.
        let late = try await Program.run(["migrate", "status"] + urls, program: former)
        #expect(late.status == 0 || (late.status == 4 && late.errors.contains("run a newer program")), "\(late.errors)")
        try await newer.stop()
        await stack.stop()
    }
}
