import Replay
import Testing

@Suite("Writing JSON")
struct JSONValueTests {
    @Test("Members keep their order, and everything that needs escaping is escaped")
    func pretty() {
        let value = JSONValue.object([
            .init("b", .array([.integer(-1), .boolean(true), .null, .array([])])),
            .init("a\"\\\n\r\t\u{1}", .string("£ü/")),
            .init("empty", .object([])),
        ])
        let expected = """
            {
              "b": [
                -1,
                true,
                null,
                []
              ],
              "a\\"\\\\\\n\\r\\t\\u0001": "£ü/",
              "empty": {}
            }
            """
        #expect(value.pretty(indent: 2) == expected)
    }
}
