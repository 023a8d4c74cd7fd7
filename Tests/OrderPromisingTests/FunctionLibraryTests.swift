import Domain
import HoldfastTesting
import Ledger
import NIOCore
import OrderPromising
import PrivateStores
import RedisClient
import Testing

@testable import HotStock

/// Servers of two versions of the program over one Redis.
@Suite("Two versions of the function library")
struct FunctionLibraryTests {
    /// The library with another revision and without what tells it, as the very first one was.
    private static func source(revision: Int?) -> String {
        let own = "revision \(FunctionLibrary.revision)"
        guard let revision else { return FunctionLibrary.source.replacing(",\n  description = REVISION }", with: " }") }
        return FunctionLibrary.source.replacing(own, with: "revision \(revision)")
    }

    private static func load(_ source: String, _ redis: RedisClient) async throws {
        _ = try await redis.send(RedisCommand("FUNCTION", "LOAD", "REPLACE", source))
    }

    private static func stocked(_ deployment: TestDeployment) async throws {
        try await deployment.catalogue(skus: ["A"], locations: ["W"])
        try await deployment.change(.receive, [("A", "W", 20)])
    }

    private static func sells(_ deployment: TestDeployment) async throws -> Bool {
        try await eventually {
            do {
                return try await deployment.reserve([("A", "W", 1)]).state == .held
            } catch Refusal.unavailable {
                return false
            }
        }
    }

    @Test("its revision is read from its source, and only a revision counts")
    func revision() throws {
        #expect(FunctionLibrary.revision >= 2)
        #expect(FunctionLibrary.source.contains("#!lua name=\(FunctionLibrary.name)\n"))
        #expect(FunctionLibrary.revision(in: "revision 12") == 12)
        for text in ["", "revision", "revision x", "Revision 2", "a revision 2"] {
            #expect(FunctionLibrary.revision(in: text) == nil)
        }
        #expect(FunctionLibraryTests.source(revision: nil) != FunctionLibrary.source)
    }

    @Test(
        "an earlier revision is replaced and a later one left alone; trade goes on in both cases",
        arguments: [nil, 1, 1_000] as [Int?])
    func replaced(_ revision: Int?) async throws {
        let stack = try await PrivateStack.start(directory: TestDirectory.make("library"))
        try await TestDeployment.with(stack: stack) { deployment in
            try await FunctionLibraryTests.stocked(deployment)
            #expect(try await FunctionLibraryTests.sells(deployment))
            let hotStock = HotStock(
                link: deployment.redis.anyLink, keys: HotStockKeys(prefix: deployment.keyPrefix, vshards: 16))
            // A server of the other version comes and loads its own.
            try await FunctionLibraryTests.load(FunctionLibraryTests.source(revision: revision), deployment.redis)
            let loaded = try await hotStock.libraries().get()
            #expect(loaded.map(\.name) == [FunctionLibrary.name])
            let expected = revision == 1_000 ? 1_000 : FunctionLibrary.revision
            // This server may have put its own back already.
            #expect([[revision ?? 1], [expected]].contains(loaded.map(\.revision)))
            #expect(try await FunctionLibraryTests.sells(deployment))
            #expect(try await hotStock.libraries().get().map(\.revision) == [expected])
            #expect(try await deployment.available("A") == 18)
            #expect(try await deployment.booksAgree())
        }
        await stack.stop()
    }

    @Test("a library of another name beside it disturbs nothing, whether it comes or goes")
    func beside() async throws {
        let stack = try await PrivateStack.start(directory: TestDirectory.make("library"))
        try await TestDeployment.with(stack: stack) { deployment in
            try await FunctionLibraryTests.stocked(deployment)
            let epochs = try await deployment.ledger.epochs()
            let other = FunctionLibrary.source
                .replacing("name=\(FunctionLibrary.name)", with: "name=holdfast_2").replacing("hf1_", with: "hf2_")
            try await FunctionLibraryTests.load(other, deployment.redis)
            let hotStock = HotStock(
                link: deployment.redis.anyLink, keys: HotStockKeys(prefix: deployment.keyPrefix, vshards: 16))
            #expect(try await hotStock.libraries().get().map(\.name) == [FunctionLibrary.name, "holdfast_2"])
            #expect(try await FunctionLibraryTests.sells(deployment))
            _ = try await deployment.redis.send(RedisCommand("FUNCTION", "DELETE", "holdfast_2"))
            #expect(try await FunctionLibraryTests.sells(deployment))
            #expect(try await deployment.ledger.epochs() == epochs)
            #expect(try await deployment.booksAgree())
        }
        await stack.stop()
    }
}
