/// Reads the messages of PostgreSQL's logical replication (`pgoutput`, version 1) into transactions.
///
/// Feed it message after message. It keeps what it needs to know of the tables.
package struct LogMessages: Sendable {
    private struct Table: Sendable {
        var name: String
        var columns: [String]
    }

    /// What a message can be wrong with.
    package struct Malformed: Error, CustomStringConvertible {
        package let description: String
    }

    private var tables: [UInt32: Table] = [:]
    private var changes: [CommittedTransaction.Change] = []

    /// Makes a reader that knows no table.
    package init() {}

    /// Reads one message; returns the transaction that it ends, if it ends one.
    ///
    /// Throws ``Malformed``.
    package mutating func read(_ bytes: [UInt8]) throws -> CommittedTransaction? {
        var cursor = Cursor(bytes)
        switch Character(Unicode.Scalar(try cursor.byte())) {
        case "B": changes = []
        case "C":
            try cursor.skip(1)
            let position = try cursor.unsigned64()
            try cursor.skip(8)
            let at = Int64(bitPattern: try cursor.unsigned64())
            defer { changes = [] }
            return CommittedTransaction(position: position, committedAt: at, changes: changes)
        case "R":
            let number = try cursor.unsigned32()
            _ = try cursor.text()
            let name = try cursor.text()
            try cursor.skip(1)
            var columns: [String] = []
            for _ in 0..<(try cursor.unsigned16()) {
                try cursor.skip(1)
                columns.append(try cursor.text())
                try cursor.skip(8)
            }
            tables[number] = Table(name: name, columns: columns)
        case "I":
            let number = try cursor.unsigned32()
            try cursor.skip(1)
            try add(try row(&cursor, of: number))
        case "U":
            let number = try cursor.unsigned32()
            if Character(Unicode.Scalar(try cursor.byte())) != "N" {
                _ = try row(&cursor, of: number)
                try cursor.skip(1)
            }
            try add(try row(&cursor, of: number))
        case "D":
            let number = try cursor.unsigned32()
            try cursor.skip(1)
            let row = try row(&cursor, of: number)
            if row.table == "hold" {
                changes.append(.holdRemoved(id: try row.text("id"), kind: Int(try row.integer("kind"))))
            }
        default: break
        }
        return nil
    }

    private func row(_ cursor: inout Cursor, of number: UInt32) throws -> Row {
        guard let table = tables[number] else { throw Malformed(description: "a row of an unknown table") }
        var values: [String?] = []
        for _ in 0..<(try cursor.unsigned16()) {
            switch Character(Unicode.Scalar(try cursor.byte())) {
            case "t": values.append(try cursor.text(length: Int(try cursor.unsigned32())))
            default: values.append(nil)
            }
        }
        guard values.count == table.columns.count else { throw Malformed(description: "a row of another shape") }
        return Row(table: table.name, columns: table.columns, values: values)
    }

    private mutating func add(_ row: Row) throws {
        switch row.table {
        case "hold":
            let vshards = try row.integers("vshards")
            let epochs = try row.integers("epochs")
            let sequences = try row.integers("seqs")
            guard epochs.count == sequences.count, epochs.isEmpty || epochs.count == vshards.count else {
                throw Malformed(description: "a hold with other numbers of vshards, epochs and calls")
            }
            changes.append(
                .hold(
                    .init(
                        id: try row.text("id"), kind: Int(try row.integer("kind")),
                        state: Int(try row.integer("state")), cells: try row.integers("cells"),
                        quantities: try row.integers("quantities"),
                        stamps: epochs.indices.map {
                            .init(vshard: Int(vshards[$0]), epoch: epochs[$0], sequence: sequences[$0])
                        }, order: row.optional("order_id") ?? "")))
        case "cell":
            changes.append(
                .cell(
                    .init(
                        id: try row.integer("id"), vshard: Int(try row.integer("vshard")),
                        onHand: try row.integer("on_hand"), safety: try row.integer("safety"),
                        allocated: try row.integer("allocated"), heldDirect: try row.integer("held_direct"))))
        case "stock_movement":
            changes.append(
                .movement(
                    .init(
                        cell: try row.integer("cell_id"), onHand: try row.integer("on_hand_delta"),
                        safety: try row.integer("safety_delta"), allocated: try row.integer("allocated_delta"),
                        cause: try row.text("cause_id"))))
        case "journal_seq":
            changes.append(
                .call(
                    .init(
                        vshard: Int(try row.integer("vshard")), epoch: try row.integer("epoch"),
                        sequence: try row.integer("seq"))))
        case "stock_shortage":
            changes.append(
                .shortage(
                    .init(
                        id: try row.integer("id"), cell: try row.integer("cell_id"),
                        quantity: try row.integer("quantity"), isOpen: row.optional("closed_at") == nil)))
        case "shard":
            let mode = row.optional("mode").flatMap { Int($0) } ?? 1
            changes.append(.shard(.init(id: Int(try row.integer("id")), epoch: try row.integer("epoch"), mode: mode)))
        default: break
        }
    }

    // MARK: - Parts

    private struct Row {
        var table: String
        var columns: [String]
        var values: [String?]

        func optional(_ name: String) -> String? {
            guard let index = columns.firstIndex(of: name) else { return nil }
            return values[index]
        }

        func text(_ name: String) throws -> String {
            guard let value = optional(name) else { throw Malformed(description: "\(table) without \(name)") }
            return value
        }

        func integer(_ name: String) throws -> Int64 {
            guard let value = Int64(try text(name)) else {
                throw Malformed(description: "\(table).\(name) is no number")
            }
            return value
        }

        /// An array in PostgreSQL's text form, `{1,2}`.
        func integers(_ name: String) throws -> [Int64] {
            try text(name).dropFirst().dropLast().split(separator: ",").map { item in
                guard let value = Int64(item) else { throw Malformed(description: "\(table).\(name) holds no number") }
                return value
            }
        }
    }

    private struct Cursor {
        private let bytes: [UInt8]
        private var at = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
            guard count >= 0, bytes.count - at >= count else {
                throw Malformed(description: "a message that ends early")
            }
            defer { at += count }
            return bytes[at..<at + count]
        }

        mutating func skip(_ count: Int) throws { _ = try take(count) }

        mutating func byte() throws -> UInt8 { try take(1).first ?? 0 }

        mutating func unsigned16() throws -> UInt16 { try take(2).reduce(0) { $0 << 8 | UInt16($1) } }

        mutating func unsigned32() throws -> UInt32 { try take(4).reduce(0) { $0 << 8 | UInt32($1) } }

        mutating func unsigned64() throws -> UInt64 { try take(8).reduce(0) { $0 << 8 | UInt64($1) } }

        mutating func text(length: Int) throws -> String { String(decoding: try take(length), as: UTF8.self) }

        /// Text that ends with a zero byte.
        mutating func text() throws -> String {
            guard let end = bytes[at...].firstIndex(of: 0) else { throw Malformed(description: "text without an end") }
            defer { at = end + 1 }
            return String(decoding: bytes[at..<end], as: UTF8.self)
        }
    }
}
