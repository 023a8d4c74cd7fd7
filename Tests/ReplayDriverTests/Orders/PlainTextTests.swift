import Testing

@testable import ReplayDriver

@Suite("Text of the books")
struct PlainTextTests {
    @Test("has blanks for control characters and keeps everything else")
    func replacesControls() {
        #expect(PlainText.of("SET/6 TEA\tLIGHTS\n\u{7f}\u{85}£ é") == "SET/6 TEA LIGHTS   £ é")
        #expect(PlainText.of("PLAIN") == "PLAIN")
    }
}
