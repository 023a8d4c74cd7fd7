import PostgresClient

extension PostgresValue {
    /// Codes that a list is held to, as `text[]`; null where it is held to none.
    static func codes(_ codes: Set<String>?) -> PostgresValue {
        .optional(codes) { .texts($0.sorted()) }
    }
}

extension Set<String>? {
    /// The one code where it is among these, else none at all.
    func narrowed(to code: String) -> Set<String>? {
        self?.contains(code) ?? true ? [code] : []
    }
}
