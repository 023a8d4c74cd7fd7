import GRPCCore
import ServiceContextModule
import Testing
import TraceContext

@Suite("Ids of a call")
struct CallTraceTests {
    private let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test("What the caller sent is taken over, in a span of its own")
    func taken() {
        let trace = CallTrace(accepting: ["x-request-id": "r-1", "traceparent": .string(parent), "tracestate": "a=1"])
        #expect(trace.requestID.description == "r-1")
        #expect(trace.place.traceID == "0af7651916cd43dd8448eb211c80319c")
        #expect(trace.place.spanID != "b7ad6b7169203331")
        #expect(trace.state.headerValue == "a=1")
    }

    @Test("What is missing, malformed or given twice is made anew")
    func made() {
        var twice: Metadata = ["traceparent": .string(parent), "tracestate": "a=1", "x-request-id": "a b"]
        twice.addString(parent, forKey: "traceparent")
        for metadata in [[:], ["traceparent": "nonsense", "tracestate": "a=1"], twice] as [Metadata] {
            let trace = CallTrace(accepting: metadata)
            #expect(trace.place.traceID != "0af7651916cd43dd8448eb211c80319c")
            #expect(trace.state == .none)
            #expect(trace.requestID.description.utf8.count == 32)
        }
    }

    @Test("It is passed on, and what a caller has set itself stays")
    func passedOn() {
        let trace = CallTrace(accepting: ["x-request-id": "r-1", "traceparent": .string(parent), "tracestate": "a=1"])
        var metadata: Metadata = ["x-request-id": "mine"]
        trace.write(to: &metadata)
        #expect(Array(metadata[stringValues: "x-request-id"]) == ["mine"])
        #expect(Array(metadata[stringValues: "traceparent"]) == [trace.place.headerValue])
        #expect(Array(metadata[stringValues: "tracestate"]) == ["a=1"])
    }
}
