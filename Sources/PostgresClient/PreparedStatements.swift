/// The statements that a connection has prepared on the server.
///
/// A statement has one variant for each combination of parameter types it was used with; a null fits every type.
struct PreparedStatements {
    struct Variant {
        var serverName: String
        var types: [PostgresType]

        func fits(_ values: [PostgresValue]) -> Bool {
            guard self.types.count == values.count else { return false }
            for (type, value) in zip(self.types, values) {
                if case .null = value { continue }
                guard type == value.type else { return false }
            }
            return true
        }
    }

    /// Past this number of preparations the session starts over, which bounds the server's memory.
    static let maximumCount = 1_024

    private var variants: [PostgresStatement: [Variant]] = [:]
    private var preparedCount = 0

    /// Whether the session should forget its statements before the next ones are prepared.
    var isFull: Bool { self.preparedCount >= Self.maximumCount }

    /// The variant for the values, if the server has it.
    func variant(of statement: PostgresStatement, for values: [PostgresValue]) -> Variant? {
        self.variants[statement]?.first { $0.fits(values) }
    }

    /// Adds a variant that is about to be prepared, under a name that was never used in the session.
    mutating func add(_ statement: PostgresStatement, for values: [PostgresValue]) -> Variant {
        self.preparedCount += 1
        let variant = Variant(serverName: "h\(self.preparedCount)", types: values.map(\.type))
        self.variants[statement, default: []].append(variant)
        return variant
    }

    /// Removes a variant that the server does not have after all.
    mutating func remove(_ statement: PostgresStatement, _ serverName: String) {
        self.variants[statement]?.removeAll { $0.serverName == serverName }
    }

    /// Removes every variant of a statement, so that it is prepared anew.
    mutating func forget(_ statement: PostgresStatement) {
        self.variants[statement] = nil
    }

    /// Removes everything; the server has deallocated it all.
    mutating func removeAll() {
        self.variants.removeAll()
        self.preparedCount = 0
    }
}
