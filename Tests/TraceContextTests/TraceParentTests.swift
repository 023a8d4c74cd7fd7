import Testing
import TraceContext

@Suite("W3C trace context")
struct TraceParentTests {
    static let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test("A traceparent is read and written, and a child keeps its trace")
    func good() throws {
        let parent = try #require(TraceParent(Self.valid))
        #expect(parent.traceID == "0af7651916cd43dd8448eb211c80319c")
        #expect(parent.spanID == "b7ad6b7169203331")
        #expect(parent.headerValue == Self.valid)
        let child = parent.child()
        #expect(child.traceID == parent.traceID)
        #expect(child.span != parent.span)
        #expect(child.flags == 1)
        #expect(TraceParent(TraceParent.fresh().headerValue) != nil)
        #expect(TraceParent(Self.valid.replacing("00-", with: "cc-", maxReplacements: 1) + "-more") != nil)
    }

    @Test(
        "What is not a traceparent is refused",
        arguments: [
            "", "00", valid + "-", valid + "0", valid.uppercased(),
            valid.replacing("00-", with: "ff-", maxReplacements: 1),
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319-cb7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01", " " + valid, valid + "\n",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-" + String(repeating: "x", count: 600),
        ])
    func bad(text: String) {
        #expect(TraceParent(text) == nil)
    }

    @Test("A tracestate is one list over several values, in its order")
    func state() {
        #expect(TraceState(["a=1, b=2", "c/d@e=x y"])?.headerValue == "a=1,b=2,c/d@e=x y")
        #expect(TraceState([])?.headerValue == "")
    }

    @Test(
        "A tracestate with a bad member is refused as a whole",
        arguments: [
            "a", "A=1", "a=", "a=1,a=2", "a=b=c", "a=\u{7f}", "a=ü", "=1", "a=" + String(repeating: "x", count: 257),
            (0..<33).map { "k\($0)=1" }.joined(separator: ","),
        ])
    func badState(text: String) {
        #expect(TraceState([text]) == nil)
    }

    @Test("A request id is taken if it is short and printable")
    func requestID() {
        #expect(RequestID("till-7/1293:a")?.description == "till-7/1293:a")
        for bad in ["", "a b", "a\nb", "a\"b", "a\\b", "ä", "\u{1b}[31m", String(repeating: "x", count: 129)] {
            #expect(RequestID(bad) == nil)
        }
        #expect(Set((0..<1_000).map { _ in RequestID.fresh() }).count == 1_000)
        #expect(RequestID.fresh().description.utf8.count == 32)
    }
}
