import Domain
import SwiftProtobuf

/// Collects everything that is wrong with a request, by the exact path of the field.
///
/// Each check returns the value to go on with: a placeholder where it was refused, which ``finish()`` keeps from being
/// used. Paths are only put together for what is refused.
struct RequestValidation {
    /// Most violations that are told of one request.
    static let bound = 1_000

    private(set) var violations: [FieldViolation] = []

    /// Records that a field is wrong.
    mutating func refuse(_ field: @autoclosure () -> String, _ description: @autoclosure () -> String) {
        guard violations.count < RequestValidation.bound else { return }
        violations.append(FieldViolation(field(), description()))
    }

    /// Throws ``Refusal/invalid(_:)`` where anything was refused.
    func finish() throws(Refusal) {
        guard violations.isEmpty else { throw Refusal.invalid(violations) }
    }

    // MARK: - Identifiers and texts

    /// An identifier that must be given.
    mutating func id(_ text: String, _ field: @autoclosure () -> String) -> EntityID {
        if let id = EntityID(text) { return id }
        refuse(field(), text.isEmpty ? "is required: a UUID" : "must be a UUID: 8-4-4-4-12 hexadecimal digits")
        return EntityID(high: 0, low: 0)
    }

    /// An identifier that may be left out.
    mutating func idOrNil(_ text: String, _ field: @autoclosure () -> String) -> EntityID? {
        text.isEmpty ? nil : id(text, field())
    }

    /// Most bytes of a sku or a code.
    static let codeBound = 64

    /// A sku or code that must be given: 1 to 64 bytes, no control characters, no outer blanks.
    mutating func code(_ text: String, _ field: @autoclosure () -> String) {
        guard !text.isEmpty else { return refuse(field(), "is required") }
        codeOrEmpty(text, field())
    }

    /// A sku or code that may be empty.
    mutating func codeOrEmpty(_ text: String, _ field: @autoclosure () -> String) {
        guard !TextRules.isPlainShortCode(text) else { return }
        self.text(text, to: RequestValidation.codeBound, field())
        if TextRules.hasOuterBlanks(text) { refuse(field(), "must not begin or end with a blank") }
    }

    /// A text of bounded length in bytes, without control characters.
    mutating func text(
        _ text: String, from lower: Int = 0, to upper: Int, _ field: @autoclosure () -> String
    ) {
        let count = text.utf8.count
        if count < lower {
            refuse(field(), count == 0 ? "is required" : "must have at least \(lower) bytes, has \(count)")
        }
        if count > upper { refuse(field(), "must have at most \(upper) bytes, has \(count)") }
        if TextRules.hasControlCharacters(text) { refuse(field(), "must not contain control characters") }
    }

    // MARK: - Numbers and counts

    /// A number within bounds.
    mutating func number<N: BinaryInteger>(
        _ value: N, in bounds: ClosedRange<N>, _ field: @autoclosure () -> String
    ) {
        if !bounds.contains(value) {
            refuse(field(), "must be \(bounds.lowerBound) to \(bounds.upperBound), is \(value)")
        }
    }

    /// Units of a line: 1 to `Quantity.bound`.
    mutating func quantity(_ value: Int64, _ field: @autoclosure () -> String) {
        number(value, in: 1...Quantity.bound, field())
    }

    /// The number of lines of a call.
    ///
    /// Returns whether they are to be checked one by one.
    mutating func count(
        _ count: Int, to most: Int = CallBounds.lines, _ field: @autoclosure () -> String
    ) -> Bool {
        if count == 0 { refuse(field(), "is required: 1 to \(most)") }
        if count > most { refuse(field(), "must have at most \(most) entries, has \(count)") }
        return count <= most
    }

    /// The size of a page: 1 to 1,000, 0 is 100.
    mutating func pageSize(_ size: Int32, _ field: @autoclosure () -> String) -> Int {
        guard size != 0 else { return 100 }
        number(size, in: 1...1_000, field())
        return Int(min(max(size, 1), 1_000))
    }

    // MARK: - Times

    /// A moment within what protobuf allows: the years 1 to 9999.
    ///
    /// Fractions of microseconds are cut off.
    mutating func instant(_ stamp: Google_Protobuf_Timestamp, _ field: @autoclosure () -> String) -> Instant {
        guard (-62_135_596_800...253_402_300_799).contains(stamp.seconds), (0...999_999_999).contains(stamp.nanos)
        else {
            refuse(field(), "must lie in the years 1 to 9999, with nanos 0 to 999,999,999")
            return Instant(microseconds: 0)
        }
        return Instant(microseconds: stamp.seconds * 1_000_000 + Int64(stamp.nanos) / 1_000)
    }

    /// A time to live in milliseconds: 1 second to 30 days.
    ///
    /// Fractions of milliseconds are cut off.
    mutating func timeToLive(_ duration: Google_Protobuf_Duration, _ field: @autoclosure () -> String) -> Int64 {
        let most: Int64 = 30 * 86_400
        guard (0...999_999_999).contains(duration.nanos), (1...most).contains(duration.seconds),
            duration.seconds < most || duration.nanos == 0
        else {
            refuse(field(), "must be 1 second to 30 days")
            return 1_000
        }
        return duration.seconds * 1_000 + Int64(duration.nanos) / 1_000_000
    }

    // MARK: - Uniqueness

    /// Refuses values that occur twice, at the later place.
    mutating func unique<Key: Hashable>(
        _ keys: some Sequence<Key>, _ description: String, _ field: (Int) -> String
    ) {
        var first: [Key: Int] = [:]
        for (index, key) in keys.enumerated() {
            if let earlier = first[key] {
                refuse(field(index), "\(description) stands at index \(earlier) already")
            } else {
                first[key] = index
            }
        }
    }
}
