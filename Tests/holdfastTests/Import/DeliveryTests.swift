import Domain
import GRPCCore
import GRPCProtobuf
import Testing

@testable import holdfast

@Suite("Deliveries")
struct DeliveryTests {
    @Test("The hash is FNV-1a with 128 bits, after its published vectors")
    func vectors() {
        var empty = ContentHash()
        #expect(empty.id.hexadecimal == "6c62272e07bb8142a2b821756295c58d".versioned)
        empty.add("a".utf8)
        #expect(empty.id.hexadecimal == "d228cb696f1a8caf78912b704e4a8964".versioned)
        var foobar = ContentHash()
        foobar.add("foobar".utf8)
        #expect(foobar.id.hexadecimal == "343e1662793c64bf6f0d3597ba446f18".versioned)
    }

    @Test("The same rows of the same delivery have the same ids, in whatever order they come")
    func repeatable() {
        var first = Delivery(name: "DN-1")
        var second = Delivery(name: "DN-1")
        let mug = first.id(sku: "MUG", location: "LON", quantity: 5)
        let towel = first.id(sku: "TOWEL", location: "LON", quantity: 5)
        #expect(second.id(sku: "TOWEL", location: "LON", quantity: 5) == towel)
        #expect(second.id(sku: "MUG", location: "LON", quantity: 5) == mug)
    }

    @Test("Equal rows of one delivery, other deliveries and other contents have ids of their own")
    func distinct() {
        var delivery = Delivery(name: "DN-1")
        var other = Delivery(name: "DN-2")
        let ids = [
            delivery.id(sku: "MUG", location: "LON", quantity: 5),
            delivery.id(sku: "MUG", location: "LON", quantity: 5),
            delivery.id(sku: "MUG", location: "LON", quantity: 6),
            delivery.id(sku: "MUGL", location: "ON", quantity: 5),
            delivery.id(sku: "MUG", location: "PAR", quantity: 5),
            other.id(sku: "MUG", location: "LON", quantity: 5),
        ]
        #expect(Set(ids).count == ids.count)
    }

    @Test("A delivery is named by its file without folder and compression")
    func name() {
        #expect(Delivery.name(path: "/in/box/delivery-7.csv.gz") == "delivery-7.csv")
        #expect(Delivery.name(path: "delivery-7.csv") == "delivery-7.csv")
    }

    @Test("A refusal's field paths name the row and the column")
    func refusals() throws {
        let status = GoogleRPCStatus(
            code: .invalidArgument, message: "m",
            details: [
                .badRequest(violations: [
                    .init(field: "lines[3].sku", description: "no product has this sku"),
                    .init(field: "request_id", description: "is no UUID"),
                ])
            ])
        let bytes: [UInt8] = try status.serializedBytes()
        let error = RPCError(
            code: .invalidArgument, message: "m", metadata: ["grpc-status-details-bin": .binary(bytes)])
        let findings = try #require(RowRefusal(error)).findings
        #expect(findings.map(\.index) == [3, nil])
        #expect(findings.map(\.column) == ["sku", "request_id"])
        #expect(RowRefusal(RPCError(code: .unavailable, message: "m")) == nil)
        #expect(RowRefusal(RPCError(code: .internalError, message: "m")) == nil)
        #expect(try #require(RowRefusal(RPCError(code: .notFound, message: "m"))).findings.map(\.index) == [nil])
    }
}

extension String {
    /// The digits with version 8 and the variant of RFC 9562 in their places.
    fileprivate var versioned: String {
        var digits = Array(self)
        digits[12] = "8"
        let variant = (digits[16].hexDigitValue ?? 0) & 3 | 8
        digits[16] = Character(String(variant, radix: 16))
        return String(digits)
    }
}
