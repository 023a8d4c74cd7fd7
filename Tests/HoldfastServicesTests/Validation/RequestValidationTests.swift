import Domain
import SwiftProtobuf
import Testing

@testable import HoldfastServices

@Suite("What every request is checked for")
struct RequestValidationTests {
    private func refused(_ check: (inout RequestValidation) -> Void) -> [String] {
        var validation = RequestValidation()
        check(&validation)
        return validation.violations.map(\.field)
    }

    @Test(
        "An identifier is a UUID in its text form",
        arguments: [
            ("0190a6b2-0c3d-7e4f-8a5b-6c7d8e9f0a1b", true), ("0190A6B2-0C3D-7E4F-8A5B-6C7D8E9F0A1B", true),
            ("00000000-0000-0000-0000-000000000001", true), ("", false), ("0190a6b20c3d7e4f8a5b6c7d8e9f0a1b", false),
            ("{0190a6b2-0c3d-7e4f-8a5b-6c7d8e9f0a1b}", false), ("0190a6b2-0c3d-7e4f-8a5b-6c7d8e9f0a1", false),
            ("0190a6b2-0c3d-7e4f-8a5b-6c7d8e9f0a1g", false), ("0190a6b2-0c3d-7e4f-8a5b-6c7d8e9f0a1b ", false),
        ])
    func identifiers(text: String, accepted: Bool) {
        #expect(refused { _ = $0.id(text, "id") } == (accepted ? [] : ["id"]))
        #expect(refused { _ = $0.idOrNil(text, "id") } == (accepted || text.isEmpty ? [] : ["id"]))
    }

    @Test(
        "A code has 1 to 64 bytes, no control characters and no outer blanks",
        arguments: [
            ("A", true), ("85123A", true), (String(repeating: "x", count: 64), true),
            (String(repeating: "é", count: 32), true), ("two words", true), ("日本", true), ("", false),
            (String(repeating: "x", count: 65), false), (String(repeating: "é", count: 33), false), (" A", false),
            ("A ", false), ("A\u{A0}", false), ("A\tB", false), ("A\u{0}", false), ("A\u{7F}", false),
            ("A\u{85}B", false), ("A\u{9F}B", false), ("A\u{A1}B", true), ("\u{2003}A", false),
        ])
    func codes(text: String, accepted: Bool) {
        #expect(refused { $0.code(text, "sku") }.isEmpty == accepted)
        #expect(refused { $0.codeOrEmpty(text, "sku") }.isEmpty == (accepted || text.isEmpty))
    }

    @Test("Texts are bounded in bytes, not in characters")
    func texts() {
        #expect(refused { $0.text("ééé", to: 6, "name") } == [])
        #expect(refused { $0.text("ééé", to: 5, "name") } == ["name"])
        #expect(refused { $0.text("", from: 1, to: 5, "reason") } == ["reason"])
        #expect(refused { $0.text("", to: 5, "reason") } == [])
        var validation = RequestValidation()
        validation.text("", from: 2, to: 5, "prefix")
        validation.text("a", from: 2, to: 5, "prefix")
        validation.text("é", from: 2, to: 5, "prefix")
        #expect(validation.violations.map(\.description) == ["is required", "must have at least 2 bytes, has 1"])
        #expect(refused { $0.text("a\nb", to: 5, "reason") } == ["reason"])
    }

    @Test(
        "Units of a line are 1 to 1,000,000,000",
        arguments: [
            (Int64.min, false), (-1, false), (0, false), (1, true), (1_000_000_000, true), (1_000_000_001, false),
            (.max, false),
        ])
    func quantities(value: Int64, accepted: Bool) {
        #expect(refused { $0.quantity(value, "quantity") }.isEmpty == accepted)
    }

    @Test(
        "A page has 1 to 1,000 entries, 0 is 100",
        arguments: [(Int32(0), 100), (1, 1), (999, 999), (1_000, 1_000)])
    func pageSizes(asked: Int32, given: Int) {
        var validation = RequestValidation()
        #expect(validation.pageSize(asked, "page_size") == given)
        #expect(validation.violations.isEmpty)
    }

    @Test("Other page sizes are refused", arguments: [Int32.min, -1, 1_001, .max])
    func wrongPageSizes(asked: Int32) {
        #expect(refused { _ = $0.pageSize(asked, "page_size") } == ["page_size"])
    }

    @Test(
        "A time to live is 1 second to 30 days, in milliseconds",
        arguments: [
            (Int64(1), Int32(0), Int64(1_000)), (1, 999_999, 1_000), (1, 1_000_000, 1_001), (900, 0, 900_000),
            (2_592_000, 0, 2_592_000_000), (2_591_999, 999_999_999, 2_591_999_999),
        ])
    func timesToLive(seconds: Int64, nanos: Int32, milliseconds: Int64) {
        var validation = RequestValidation()
        let duration = Google_Protobuf_Duration(seconds: seconds, nanos: nanos)
        #expect(validation.timeToLive(duration, "ttl") == milliseconds)
        #expect(validation.violations.isEmpty)
    }

    @Test(
        "Other times to live are refused",
        arguments: [
            (Int64(0), Int32(0)), (0, 999_999_999), (-1, 0), (2_592_000, 1), (2_592_001, 0), (5, -1),
            (5, 1_000_000_000), (.max, 0), (.min, 0),
        ])
    func wrongTimesToLive(seconds: Int64, nanos: Int32) {
        let duration = Google_Protobuf_Duration(seconds: seconds, nanos: nanos)
        #expect(refused { _ = $0.timeToLive(duration, "ttl") } == ["ttl"])
    }

    @Test(
        "A moment lies in the years 1 to 9999",
        arguments: [
            (Int64(0), Int32(0), Int64(0) as Int64?), (1, 1_999, 1_000_001), (-1, 500_000_000, -500_000),
            (-62_135_596_800, 0, -62_135_596_800_000_000), (253_402_300_799, 999_999_999, 253_402_300_799_999_999),
            (-62_135_596_801, 0, nil), (253_402_300_800, 0, nil), (0, -1, nil), (0, 1_000_000_000, nil), (.max, 0, nil),
        ])
    func moments(seconds: Int64, nanos: Int32, microseconds: Int64?) {
        var validation = RequestValidation()
        let instant = validation.instant(Google_Protobuf_Timestamp(seconds: seconds, nanos: nanos), "at")
        #expect(validation.violations.map(\.field) == (microseconds == nil ? ["at"] : []))
        if let microseconds { #expect(instant.microseconds == microseconds) }
    }

    @Test("A call has 1 to 1,000 lines; beyond, they are not looked at one by one")
    func counts() {
        var validation = RequestValidation()
        let accepted = [1, 1_000].map { validation.count($0, "lines") }
        #expect(accepted == [true, true])
        #expect(validation.violations.isEmpty)
        let refused = [0, 1_001].map { validation.count($0, "lines") }
        #expect(refused == [true, false])
        #expect(validation.violations.map(\.field) == ["lines", "lines"])
    }

    @Test("A value that occurs again is refused at the later place, which names the earlier one")
    func duplicates() {
        var validation = RequestValidation()
        validation.unique(["a", "b", "a", "a"], "this sku") { "lines[\($0)].sku" }
        #expect(validation.violations.map(\.field) == ["lines[2].sku", "lines[3].sku"])
        #expect(validation.violations.allSatisfy { $0.description.contains("index 0") })
    }

    @Test("What is told of one request is bounded")
    func bound() {
        var validation = RequestValidation()
        for index in 0..<5_000 { validation.refuse("lines[\(index)]", "wrong") }
        #expect(validation.violations.count == RequestValidation.bound)
        #expect(throws: Refusal.self) { try validation.finish() }
    }

    @Test("Moments become timestamps with whole seconds below and nanoseconds above zero")
    func timestamps() {
        #expect(Google_Protobuf_Timestamp(Instant(microseconds: 1_500_001)) == .init(seconds: 1, nanos: 500_001_000))
        #expect(Google_Protobuf_Timestamp(Instant(microseconds: -1)) == .init(seconds: -1, nanos: 999_999_000))
        #expect(Google_Protobuf_Timestamp(Instant(microseconds: -2_000_000)) == .init(seconds: -2, nanos: 0))
        #expect(Google_Protobuf_Timestamp(Instant(microseconds: .max)) == nil)
    }
}
