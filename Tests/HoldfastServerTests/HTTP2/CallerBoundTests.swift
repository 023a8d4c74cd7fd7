import Dispatch
import Domain
import GRPCCore
import HoldfastTesting
import PostgresClient
import Testing

@testable import HoldfastServer

@Suite("Calls over HTTP/2 of one caller")
struct CallerBoundTests {
    private static let whoAmI = "holdfast.v1.AccessService/GetCaller"
    private static let slow = "holdfast.v1.CatalogService/ListProducts"

    @Test("One more than it may have is refused with a time to come back, others go on, and so does it when one ends")
    func bound() async throws {
        var limits = HTTP2Limits()
        limits.maximumCallsPerCaller = 2
        try await AccessStack.with(limits: limits) { stack in
            let (flooding, key) = try await stack.key([.kiosk])
            let other = try await stack.key([.kiosk]).text
            for key in [flooding, other] {
                #expect(try await stack.call(Self.whoAmI, by: key, .http2).code == nil)
            }
            let (locked, announce) = AsyncStream<Void>.makeStream()
            let unlock = DispatchSemaphore(value: 0)
            try await withThrowingTaskGroup(of: Answer?.self) { group in
                defer { unlock.signal() }
                group.addTask {
                    try await stack.deployment.pool.withTransaction { connection in
                        try connection.executeScript("LOCK TABLE product IN ACCESS EXCLUSIVE MODE")
                        announce.yield()
                        unlock.wait()
                    }
                    return nil
                }
                for await _ in locked { break }
                for _ in 1...2 { group.addTask { try await stack.call(Self.slow, by: flooding, .http2) } }
                #expect(try await eventually { stack.http2Transport.callCount(of: key.caller.id) == 2 })
                let refused = try await stack.call(Self.whoAmI, by: flooding, .http2)
                #expect(refused.code == .resourceExhausted && refused.reason == "EXHAUSTED", "\(refused)")
                #expect(refused.retryDelay.map { $0 > .zero } == true, "\(refused)")
                #expect(try await stack.call(Self.whoAmI, by: other, .http2).code == nil)
                unlock.signal()
                for try await answer in group {
                    if let answer { #expect(answer.code == nil, "\(answer)") }
                }
            }
            #expect(try await eventually { stack.http2Transport.callCount(of: key.caller.id) == 0 })
            #expect(try await stack.call(Self.whoAmI, by: flooding, .http2).code == nil)
        }
    }

    @Test("Calls without credentials are not counted for a caller, nor are those of health")
    func uncounted() async throws {
        var limits = HTTP2Limits()
        limits.maximumCallsPerCaller = 0
        try await AccessStack.with(allowsAnonymous: true, limits: limits) { stack in
            let key = try await stack.key([.kiosk]).text
            #expect(try await stack.call(Self.whoAmI, by: nil, .http2).code == nil)
            #expect(try await stack.call("grpc.health.v1.Health/Check", by: key, .http2).code == nil)
            #expect(try await stack.call(Self.whoAmI, by: key, .http2).code == .resourceExhausted)
        }
    }
}
