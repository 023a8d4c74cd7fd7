import Domain
import HoldfastAPI
import SwiftProtobuf
import Testing

@testable import HoldfastServices

@Suite("Statuses in the contract")
struct StatusMessagesTests {
    @Test("Every line status of the contract has the number and the name that it has in the table")
    func lines() throws {
        for message in Holdfast_V1_LineStatus.allCases where message != .unspecified {
            let status = try #require(LineStatus(rawValue: Int16(message.rawValue)))
            #expect(Holdfast_V1_LineStatus(status) == message)
            #expect("\(message)" == "\(status)")
        }
    }

    @Test("Every order status of the contract has the number and the name that it has in the rules")
    func orders() throws {
        for message in Holdfast_V1_OrderStatus.allCases where message != .unspecified {
            let status = try #require(OrderStatus(rawValue: Int16(message.rawValue)))
            #expect(Holdfast_V1_OrderStatus(status) == message)
            #expect("\(message)" == "\(status)")
        }
    }

    @Test("Units in the line statuses of the contract always add up to an order status of the contract")
    func closed() {
        let statuses = LineStatus.allCases.filter {
            Holdfast_V1_LineStatus.allCases.contains(Holdfast_V1_LineStatus($0))
        }
        #expect(statuses.count == Holdfast_V1_LineStatus.allCases.count - 1)
        for bits in 0..<(1 << statuses.count) {
            let present = statuses.enumerated().reduce(into: LineStatusSet()) { set, item in
                if bits & (1 << item.offset) != 0 { set.insert(LineStatusSet(item.element)) }
            }
            #expect(Holdfast_V1_OrderStatus.allCases.contains(Holdfast_V1_OrderStatus(OrderStatus(present))))
        }
    }
}
