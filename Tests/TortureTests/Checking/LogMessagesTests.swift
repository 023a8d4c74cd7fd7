import Testing
import Torture

@Suite("PostgreSQL's log of commits")
struct LogMessagesTests {
    /// Writes messages as PostgreSQL does.
    private struct Writer {
        var bytes: [UInt8] = []

        init(_ kind: Character) { bytes = Array(String(kind).utf8) }

        func number(_ value: UInt64, _ count: Int) -> Writer {
            var writer = self
            for place in (0..<count).reversed() {
                writer.bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * place)))
            }
            return writer
        }

        func text(_ value: String) -> Writer {
            var writer = self
            writer.bytes += Array(value.utf8) + [0]
            return writer
        }

        func values(_ values: [String?]) -> Writer {
            var writer = number(UInt64(values.count), 2)
            for value in values {
                guard let value else {
                    writer.bytes.append(UInt8(ascii: "n"))
                    continue
                }
                writer.bytes.append(UInt8(ascii: "t"))
                writer = writer.number(UInt64(value.utf8.count), 4)
                writer.bytes += Array(value.utf8)
            }
            return writer
        }
    }

    private func table(_ number: UInt64, _ name: String, _ columns: [String]) -> [UInt8] {
        var writer = Writer("R").number(number, 4).text("public").text(name).number(0, 1).number(
            UInt64(columns.count), 2)
        for column in columns { writer = writer.number(0, 1).text(column).number(20, 4).number(0, 4) }
        return writer.bytes
    }

    private let columns = ["id", "kind", "state", "cells", "quantities", "vshards", "epochs", "seqs", "order_id"]

    @Test("a transaction is read with its place and its rows")
    func transaction() throws {
        var messages = LogMessages()
        let id = "00000000-0000-4000-8000-000000000001"
        #expect(try messages.read(Writer("B").number(80, 8).number(0, 8).number(7, 4).bytes) == nil)
        #expect(try messages.read(table(5, "hold", columns)) == nil)
        #expect(
            try messages.read(
                Writer("I").number(5, 4).number(UInt64(UInt8(ascii: "N")), 1)
                    .values([id, "1", "1", "{7,9}", "{2,1}", "{3}", "{4}", "{11}", nil]).bytes) == nil)
        #expect(
            try messages.read(
                Writer("U").number(5, 4).number(UInt64(UInt8(ascii: "N")), 1)
                    .values([id, "1", "3", "{7,9}", "{2,1}", "{3}", "{4}", "{11}", nil]).bytes) == nil)
        let transaction = try messages.read(Writer("C").number(0, 1).number(80, 8).number(90, 8).number(12, 8).bytes)
        let stamps = [CommittedTransaction.Stamp(vshard: 3, epoch: 4, sequence: 11)]
        func hold(_ state: Int) -> CommittedTransaction.Change {
            .hold(.init(id: id, kind: 1, state: state, cells: [7, 9], quantities: [2, 1], stamps: stamps))
        }
        #expect(transaction?.position == 80)
        #expect(transaction?.committedAt == 12)
        #expect(transaction?.changes == [hold(1), hold(3)])
    }

    @Test("a message that ends early, a row of an unknown table and one of another shape are refused")
    func malformed() throws {
        var messages = LogMessages()
        #expect(throws: LogMessages.Malformed.self) { try messages.read([]) }
        #expect(throws: LogMessages.Malformed.self) { try messages.read(Writer("C").number(0, 4).bytes) }
        let row = Writer("I").number(5, 4).number(UInt64(UInt8(ascii: "N")), 1).values(["1"]).bytes
        #expect(throws: LogMessages.Malformed.self) { try messages.read(row) }
        _ = try messages.read(table(5, "hold", columns))
        #expect(throws: LogMessages.Malformed.self) { try messages.read(row) }
    }
}
