import GRPCCore
import NIOCore
import Testing

@testable import FramedTransport

@Suite("What the observer hears", .timeLimit(.minutes(1)))
struct ObserverTests {
    @Test("Every call is told once, with how it ended", arguments: LaneTests.lanes)
    func hearsCalls(service: String) async throws {
        let log = CallLog()
        try await TestServer.with(keys: TestKeys("till-1"), observer: log) { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(
                    service, "Who", id: 1, credential: "till-1",
                    metadata: ["x-request-id": "r-1", "traceparent": "00-ab-cd-01"])
                #expect(try await peer.next()?.code == 0)
                try await peer.call(service, "Fail", id: 2, message: [5])
                #expect(try await peer.next()?.code == 10005)
                try await peer.call(service, "Hold", id: 3, timeout: 5)
                #expect(try await peer.next()?.code == 1008)
                let call = request(service, "Who", field(7, Array("r-4".utf8)))
                try await peer.send(packet("PRPC", meta: call + field(4, 4)))
                #expect(try await peer.next()?.code == 0)
                try await peer.call(service, "Nothing", id: 5)
                #expect(try await peer.next()?.code == 1002)
                try await peer.call(service, "Hold", id: 6)
                try await eventually("the call runs") { log.started.count == 5 }
            }
            try await eventually("the last call has ended") { log.ended.count == 5 }
        }
        #expect(log.started == ["Who", "Fail", "Hold", "Who", "Hold"].map { "\(service)/\($0)" })
        #expect(log.ended.map(\.status) == [.ok, .notFound, .deadlineExceeded, .ok, .cancelled])
        #expect(log.ended.map(\.requestID) == ["r-1", nil, nil, "r-4", nil])
        #expect(log.ended.map(\.traceParent) == ["00-ab-cd-01", nil, nil, nil, nil])
        #expect(log.ended.allSatisfy { $0.identity?.limitKey == "TILL-1" })
        #expect(log.ended.allSatisfy { $0.isFastLane == (service == FastEcho.name) })
        #expect(log.ended.allSatisfy { $0.duration >= .zero && $0.peer.hasPrefix("ipv4:127.0.0.1:") })
        #expect(log.opened == 1 && log.closed == 1)
    }

    @Test("An answer that cannot be sent as it is counts as the error it became")
    func hearsTheTruth() async throws {
        let log = CallLog()
        try await TestServer.with({ $0.maxFrameBytes = 1_000 }, observer: log) { server in
            try await RawPeer.with(server.address) { peer in
                try await peer.call(FastEcho.name, "Big", id: 1, message: [8, 0])
                #expect(try await peer.next()?.code == 2002)
            }
        }
        #expect(log.ended.map(\.status) == [.internalError])
    }

    @Test("A request id among the metadata goes before that of request field 7")
    func prefersMetadata() throws {
        let call = request("a.B", "C", field(7, Array("old".utf8)))
        let entry = field(9, field(1, Array("x-request-id".utf8)) + field(2, Array("new".utf8)))
        let body = ByteBuffer(bytes: call + entry)
        let meta = try CallMeta(parsing: body, metaLength: body.readableBytes)
        let metadata = meta.metadata(in: body, metaLength: body.readableBytes)
        #expect(Array(metadata[stringValues: "x-request-id"]) == ["new"])
    }
}
