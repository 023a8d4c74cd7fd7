internal import Domain

/// Reads the fields of an object one by one; a wrong one, a missing one and one that nobody asked for are refused by
/// path.
struct FieldReader {
    private var fields: [String: FileValue]
    let path: String

    init(_ value: FileValue, path: String) throws(Refusal) {
        guard case .object(let fields) = value else { throw FieldReader.refusal(path, "is no object") }
        self.fields = fields
        self.path = path
    }

    static func refusal(_ path: String, _ reason: String) -> Refusal {
        .invalid([FieldViolation(path.isEmpty ? "file" : path, reason)])
    }

    func refusal(_ name: String, _ reason: String) -> Refusal {
        FieldReader.refusal(at(name), reason)
    }

    func at(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    func has(_ name: String) -> Bool {
        if let value = fields[name] { value != .null } else { false }
    }

    /// Takes a field; nil where it is missing or null.
    mutating func take(_ name: String) -> FileValue? {
        guard let value = fields.removeValue(forKey: name), value != .null else { return nil }
        return value
    }

    /// Refuses what is left.
    func end() throws(Refusal) {
        if let name = fields.keys.min() { throw refusal(name, "is not known") }
    }

    mutating func text(_ name: String, default value: String? = nil) throws(Refusal) -> String {
        guard let field = take(name) else {
            guard let value else { throw refusal(name, "is missing") }
            return value
        }
        guard case .string(let text) = field else { throw refusal(name, "is no text") }
        return text
    }

    mutating func flag(_ name: String, default value: Bool) throws(Refusal) -> Bool {
        guard let field = take(name) else { return value }
        guard case .bool(let flag) = field else { throw refusal(name, "is neither true nor false") }
        return flag
    }

    mutating func optionalInteger(_ name: String) throws(Refusal) -> Int64? {
        guard let field = take(name) else { return nil }
        guard case .number(let digits) = field, let value = Int64(digits) else {
            throw refusal(name, "is no whole number of 64 bits")
        }
        return value
    }

    mutating func integer(_ name: String, default value: Int64? = nil) throws(Refusal) -> Int64 {
        if let found = try optionalInteger(name) { return found }
        guard let value else { throw refusal(name, "is missing") }
        return value
    }

    mutating func int(_ name: String, default value: Int? = nil) throws(Refusal) -> Int {
        Int(try integer(name, default: value.map(Int64.init)))
    }

    /// A decimal number in millionths; more than six places are refused.
    mutating func millionths(_ name: String) throws(Refusal) -> Int64? {
        guard let field = take(name) else { return nil }
        guard case .number(let digits) = field else { throw refusal(name, "is no number") }
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = Int64(parts[0]), whole.magnitude <= 1_000 else {
            throw refusal(name, "is no number of degrees")
        }
        let places = parts.count == 2 ? String(parts[1]) : ""
        guard places.utf8.count <= 6,
            let fraction = Int64(places + String(repeating: "0", count: 6 - places.utf8.count))
        else { throw refusal(name, "has more than six places") }
        return digits.hasPrefix("-") ? whole * 1_000_000 - fraction : whole * 1_000_000 + fraction
    }

    mutating func list<Element>(
        _ name: String, _ read: (FileValue, String) throws(Refusal) -> Element
    ) throws(Refusal) -> [Element] {
        guard let field = take(name) else { return [] }
        guard case .array(let values) = field else { throw refusal(name, "is no list") }
        var elements: [Element] = []
        for (index, value) in values.enumerated() { elements.append(try read(value, "\(at(name))[\(index)]")) }
        return elements
    }

    mutating func texts(_ name: String) throws(Refusal) -> [String] {
        try list(name) { (value, path) throws(Refusal) in
            guard case .string(let text) = value else { throw FieldReader.refusal(path, "is no text") }
            return text
        }
    }

    mutating func object(_ name: String) throws(Refusal) -> FieldReader? {
        guard let field = take(name) else { return nil }
        return try FieldReader(field, path: at(name))
    }

    mutating func required(_ name: String) throws(Refusal) -> FieldReader {
        guard let reader = try object(name) else { throw refusal(name, "is missing") }
        return reader
    }

    /// The names and values of an object with names of its own.
    mutating func entries(_ name: String) throws(Refusal) -> [(name: String, value: FileValue, path: String)] {
        guard let field = take(name) else { return [] }
        guard case .object(let fields) = field else { throw refusal(name, "is no object") }
        return fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value, "\(at(name)).\($0.key)") }
    }

    /// One of some names.
    static func oneOf<Value: RawRepresentable & CaseIterable>(
        _ text: String, _ path: String
    ) throws(Refusal) -> Value where Value.RawValue == String {
        guard let value = Value(rawValue: text) else {
            throw refusal(path, "is none of \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return value
    }

    mutating func names<Value: RawRepresentable & CaseIterable>(
        _ name: String
    ) throws(Refusal) -> [Value] where Value.RawValue == String {
        try list(name) { (value, path) throws(Refusal) in
            guard case .string(let text) = value else { throw FieldReader.refusal(path, "is no text") }
            return try FieldReader.oneOf(text, path)
        }
    }

    static func date(_ text: String, _ path: String) throws(Refusal) -> CivilDate {
        guard let date = CivilDate(text) else { throw refusal(path, "is no day of the form YYYY-MM-DD") }
        return date
    }
}
