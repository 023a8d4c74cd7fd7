import Domain
import HoldfastAPI
import SwiftProtobuf
import Testing

@testable import HoldfastServices

@Suite("Requests about returns")
struct ReturnRequestsTests {
    private static let long = String(repeating: "x", count: 257)

    static let rules = Holdfast_V1_UpsertReturnRulesRequest.with {
        $0.requestID = testID(1).description
        $0.timeZone = "Europe/London"
        $0.secondGradeSuffix = "-B"
        $0.rules = [
            .with {
                $0.name = "first"
                $0.channels = ["web"]
                $0.articles = ["TEA-*", "MUG"]
                $0.reasons = [.defective]
                $0.methods = [.mail, .store]
                $0.terms.windowDays = 30
                $0.terms.conditions = [.unopened]
                $0.terms.fee.currencyCode = "GBP"
                $0.terms.fee.amountMinor = 295
                $0.terms.shares = [
                    .with {
                        $0.disposition = .scrap
                        $0.basisPoints = 5_000
                    }
                ]
            },
            .with { $0.name = "last" },
        ]
    }

    @Test(
        "Rules",
        arguments: [
            RequestCase<Holdfast_V1_UpsertReturnRulesRequest>("as it is") { _ in },
            .init("no id", ["request_id"]) { $0.requestID = "" },
            .init("no rules", ["rules"]) { $0.rules = [] },
            .init("as many rules as can be") { request in
                request.rules = (1...200).map { number in .with { $0.name = "\(number)" } }
            },
            .init("too many rules", ["rules"]) { $0.rules = Array(repeating: $0.rules[1], count: 201) },
            .init("no zone, no suffix") {
                $0.timeZone = ""
                $0.secondGradeSuffix = ""
            },
            .init("a wrong zone", ["time_zone"]) { $0.timeZone = "London!" },
            .init("a long suffix", ["second_grade_suffix"]) {
                $0.secondGradeSuffix = String(repeating: "x", count: 17)
            },
            .init("a suffix with a blank", ["second_grade_suffix"]) { $0.secondGradeSuffix = "B " },
            .init("no name", ["rules[0].name"]) { $0.rules[0].name = "" },
            .init("a name twice", ["rules[1].name"]) { $0.rules[1].name = "first" },
            .init("a star in the midst", ["rules[0].articles[0]"]) { $0.rules[0].articles = ["A*B"] },
            .init("a wrong channel", ["rules[0].channels[0]"]) { $0.rules[0].channels = [""] },
            .init("too many channels", ["rules[0].channels"]) {
                $0.rules[0].channels = Array(repeating: "web", count: 101)
            },
            .init("a wrong article", ["rules[0].articles[1]"]) { $0.rules[0].articles[1] = "" },
            .init("too many articles", ["rules[0].articles"]) {
                $0.rules[0].articles = Array(repeating: "A", count: 1_001)
            },
            .init("a reason that is none", ["rules[0].reasons[0]"]) { $0.rules[0].reasons = [.unspecified] },
            .init("an unknown way", ["rules[0].methods[1]"]) { $0.rules[0].methods[1] = .UNRECOGNIZED(9) },
            .init("a window of one day") { $0.rules[0].terms.windowDays = 0 },
            .init("the longest window") { $0.rules[0].terms.windowDays = 36_500 },
            .init("too long a window", ["rules[0].terms.window_days"]) { $0.rules[0].terms.windowDays = 36_501 },
            .init("a negative window", ["rules[0].terms.window_days"]) { $0.rules[0].terms.windowDays = -1 },
            .init("goods take too long", ["rules[0].terms.arrival_days"]) { $0.rules[0].terms.arrivalDays = 366 },
            .init("a negative fee", ["rules[0].terms.fee.amount_minor"]) {
                $0.rules[0].terms.fee.amountMinor = -1
            },
            .init("a fee in no currency", ["rules[0].terms.fee.currency_code"]) {
                $0.rules[0].terms.fee.currencyCode = ""
            },
            .init("all of it as a fee") { $0.rules[0].terms.feeBasisPoints = 10_000 },
            .init("more than all of it", ["rules[0].terms.fee_basis_points"]) {
                $0.rules[0].terms.feeBasisPoints = 10_001
            },
            .init("too large a share", ["rules[0].terms.shares[0].basis_points"]) {
                $0.rules[0].terms.shares[0].basisPoints = 10_001
            },
            .init("a share of nothing", ["rules[0].terms.shares[0].disposition"]) {
                $0.rules[0].terms.shares[0].disposition = .unspecified
            },
            .init("a share twice", ["rules[0].terms.shares[1].disposition"]) {
                $0.rules[0].terms.shares.append($0.rules[0].terms.shares[0])
            },
            .init("an unknown payer", ["rules[0].terms.label_payer"]) {
                $0.rules[0].terms.labelPayer = .UNRECOGNIZED(3)
            },
            .init("an unknown refund", ["rules[0].terms.refund_way"]) {
                $0.rules[0].terms.refundWay = .UNRECOGNIZED(3)
            },
            .init("a condition that is none", ["rules[0].terms.conditions[0]"]) {
                $0.rules[0].terms.conditions = [.unspecified]
            },
        ])
    func rules(row: RequestCase<Holdfast_V1_UpsertReturnRulesRequest>) throws {
        #expect(try refusedFields { try ReturnRequests.rules(row.applied(to: Self.rules)) } == row.refused)
    }

    @Test("What a rule leaves out has a value")
    func defaults() throws {
        let read = try ReturnRequests.rules(
            .with {
                $0.requestID = testID(1).description
                $0.rules = [
                    .with {
                        $0.name = "all"
                        $0.terms = .init()
                    }, .with { $0.name = "none" },
                ]
            }
        ).rules
        #expect(read.rules[0].terms == ReturnTerms(windowDays: 0))
        #expect(read.rules[1].terms == nil)
    }

    static let create = Holdfast_V1_CreateReturnRequest.with {
        $0.returnID = testID(1).description
        $0.orderID = testID(2).description
        $0.method = .store
        $0.lines = (1...2).map { number in
            .with {
                $0.orderLineNumber = Int32(number)
                $0.quantity = 1
                $0.reason = .unwanted
                $0.condition = .used
            }
        }
    }

    @Test(
        "Returns asked for",
        arguments: [
            RequestCase<Holdfast_V1_CreateReturnRequest>("as it is") { _ in },
            .init("no id", ["return_id"]) { $0.returnID = "" },
            .init("no order", ["order_id"]) { $0.orderID = "1" },
            .init("no way", ["method"]) { $0.method = .unspecified },
            .init("an unknown refund", ["refund_way"]) { $0.refundWay = .UNRECOGNIZED(7) },
            .init("a long note", ["note"]) { $0.note = long },
            .init("no lines", ["lines"]) { $0.lines = [] },
            .init("too many lines", ["lines"]) { $0.lines = Array(repeating: $0.lines[0], count: 1_001) },
            .init("no line", ["lines[0].order_line_number"]) { $0.lines[0].orderLineNumber = 0 },
            .init("a line beyond all", ["lines[0].order_line_number"]) { $0.lines[0].orderLineNumber = 1_001 },
            .init("a line twice", ["lines[1].order_line_number"]) { $0.lines[1].orderLineNumber = 1 },
            .init("no quantity", ["lines[1].quantity"]) { $0.lines[1].quantity = 0 },
            .init("no reason", ["lines[1].reason"]) { $0.lines[1].reason = .unspecified },
            .init("no condition", ["lines[1].condition"]) { $0.lines[1].condition = .unspecified },
        ])
    func create(row: RequestCase<Holdfast_V1_CreateReturnRequest>) throws {
        #expect(
            try refusedFields { try ReturnRequests.create(row.applied(to: Self.create), body: [], by: .anonymous) }
                == row.refused)
    }

    static let claim = Holdfast_V1_CreateClaimRequest.with {
        $0.returnID = testID(1).description
        $0.orderID = testID(2).description
        $0.reason = .neverArrived
        $0.lines = [
            .with {
                $0.orderLineNumber = 1
                $0.quantity = 1
            }
        ]
    }

    @Test(
        "Claims",
        arguments: [
            RequestCase<Holdfast_V1_CreateClaimRequest>("as it is") { _ in },
            .init("no id", ["return_id"]) { $0.returnID = "" },
            .init("no order", ["order_id"]) { $0.orderID = "" },
            .init("no reason", ["reason"]) { $0.reason = .unspecified },
            .init("more than all", ["basis_points"]) { $0.basisPoints = 10_001 },
            .init("less than nothing", ["basis_points"]) { $0.basisPoints = -1 },
            .init("no lines", ["lines"]) { $0.lines = [] },
            .init("a line twice", ["lines[1].order_line_number"]) { $0.lines.append($0.lines[0]) },
            .init("no quantity", ["lines[0].quantity"]) { $0.lines[0].quantity = 0 },
            .init("a long note", ["note"]) { $0.note = long },
        ])
    func claim(row: RequestCase<Holdfast_V1_CreateClaimRequest>) throws {
        #expect(
            try refusedFields { try ReturnRequests.claim(row.applied(to: Self.claim), body: [], by: .anonymous) }
                == row.refused)
        #expect(try ReturnRequests.claim(Self.claim, body: [], by: .anonymous).claimBasisPoints == 10_000)
    }

    static let blind = Holdfast_V1_CreateBlindReturnRequest.with {
        $0.returnID = testID(1).description
        $0.channel = "till"
        $0.location = "LDN-1"
        $0.lines = (1...2).map { _ in
            .with {
                $0.sku = "A"
                $0.quantity = 3
                $0.unitValue.currencyCode = "GBP"
                $0.unitValue.units = 2
                $0.reason = .unwanted
                $0.condition = .used
                $0.disposition = .restock
            }
        }
    }

    @Test(
        "Goods of no known order",
        arguments: [
            RequestCase<Holdfast_V1_CreateBlindReturnRequest>("as it is, with an article twice") { _ in },
            .init("no id", ["return_id"]) { $0.returnID = "" },
            .init("no channel", ["channel"]) { $0.channel = "" },
            .init("no location", ["location"]) { $0.location = "" },
            .init("no lines", ["lines"]) { $0.lines = [] },
            .init("no sku", ["lines[0].sku"]) { $0.lines[0].sku = "" },
            .init("no quantity", ["lines[0].quantity"]) { $0.lines[0].quantity = 0 },
            .init("no value", ["lines[1].unit_value"]) { $0.lines[1].clearUnitValue() },
            .init("worth nothing") { $0.lines[1].unitValue.units = 0 },
            .init("worth less than nothing", ["lines[1].unit_value"]) { $0.lines[1].unitValue.units = -1 },
            .init("two currencies", ["lines[1].unit_value.currency_code"]) {
                $0.lines[1].unitValue.currencyCode = "EUR"
            },
            .init("an unknown currency", ["lines[0].unit_value.currency_code"]) {
                $0.lines[0].unitValue.currencyCode = "XXX"
            },
            .init("more than an amount can hold", ["lines[0]"]) {
                $0.lines[0].unitValue.units = 1_000_000_000_000
                $0.lines[0].quantity = 1_000_000_000
            },
            .init("no reason", ["lines[0].reason"]) { $0.lines[0].reason = .unspecified },
            .init("no condition", ["lines[0].condition"]) { $0.lines[0].condition = .unspecified },
            .init("no disposition", ["lines[0].disposition"]) { $0.lines[0].disposition = .unspecified },
            .init("a long note", ["note"]) { $0.note = long },
        ])
    func blind(row: RequestCase<Holdfast_V1_CreateBlindReturnRequest>) throws {
        #expect(
            try refusedFields { try ReturnRequests.blind(row.applied(to: Self.blind), body: [], by: .anonymous) }
                == row.refused)
    }

    @Test(
        "Steps",
        arguments: [
            RequestCase<Holdfast_V1_ChangeReturnRequest>("as it is") { _ in },
            .init("no id", ["change_id"]) { $0.changeID = "" },
            .init("no return", ["return_id"]) { $0.returnID = "" },
            .init("nothing to do", ["action"]) { $0.action = .unspecified },
            .init("something unknown to do", ["action"]) { $0.action = .UNRECOGNIZED(99) },
            .init("a long reason", ["reason"]) { $0.reason = long },
        ])
    func change(row: RequestCase<Holdfast_V1_ChangeReturnRequest>) throws {
        let request = Holdfast_V1_ChangeReturnRequest.with {
            $0.changeID = testID(1).description
            $0.returnID = testID(2).description
            $0.action = .approve
        }
        #expect(
            try refusedFields { try ReturnRequests.change(row.applied(to: request), body: [], by: .anonymous) }
                == row.refused)
    }

    static let receive = Holdfast_V1_ReceiveReturnRequest.with {
        $0.receiptID = testID(1).description
        $0.returnID = testID(2).description
        $0.location = "DC"
        $0.lines = ["A", "B"].map { sku in
            .with {
                $0.sku = sku
                $0.quantity = 1
            }
        }
    }

    @Test(
        "Goods that came",
        arguments: [
            RequestCase<Holdfast_V1_ReceiveReturnRequest>("as it is") { _ in },
            .init("no id", ["receipt_id"]) { $0.receiptID = "" },
            .init("no return", ["return_id"]) { $0.returnID = "" },
            .init("no location", ["location"]) { $0.location = "" },
            .init("no lines", ["lines"]) { $0.lines = [] },
            .init("an article twice", ["lines[1].sku"]) { $0.lines[1].sku = "A" },
            .init("no quantity", ["lines[1].quantity"]) { $0.lines[1].quantity = 0 },
        ])
    func receive(row: RequestCase<Holdfast_V1_ReceiveReturnRequest>) throws {
        #expect(
            try refusedFields { try ReturnRequests.receive(row.applied(to: Self.receive), body: [], by: .anonymous) }
                == row.refused)
    }

    @Test("Goods are received at locations of the caller's scope only")
    func scope() throws {
        var clerk = Caller.anonymous
        clerk.scope = Scope(channels: nil, locations: ["LDN-1"])
        #expect(throws: Refusal.outOfScope) { try ReturnRequests.receive(Self.receive, body: [], by: clerk) }
        clerk.scope = Scope(channels: ["web"], locations: nil)
        #expect(throws: Refusal.outOfScope) { try ReturnRequests.blind(Self.blind, body: [], by: clerk) }
    }

    @Test(
        "What was found",
        arguments: [
            RequestCase<Holdfast_V1_InspectReturnRequest>("as it is, with a line twice") { _ in },
            .init("as many entries as can be") { $0.lines = Array(repeating: $0.lines[0], count: 5_000) },
            .init("too many entries", ["lines"]) { $0.lines = Array(repeating: $0.lines[0], count: 5_001) },
            .init("a line beyond all", ["lines[0].line_number"]) { $0.lines[0].lineNumber = 1_001 },
            .init("no id", ["inspection_id"]) { $0.inspectionID = "" },
            .init("no return", ["return_id"]) { $0.returnID = "" },
            .init("no lines", ["lines"]) { $0.lines = [] },
            .init("no line", ["lines[0].line_number"]) { $0.lines[0].lineNumber = 0 },
            .init("no quantity", ["lines[0].quantity"]) { $0.lines[0].quantity = 0 },
            .init("no condition", ["lines[0].condition"]) { $0.lines[0].condition = .unspecified },
            .init("no disposition", ["lines[1].disposition"]) { $0.lines[1].disposition = .unspecified },
            .init("a long note", ["lines[1].note"]) { $0.lines[1].note = long },
        ])
    func inspect(row: RequestCase<Holdfast_V1_InspectReturnRequest>) throws {
        let request = Holdfast_V1_InspectReturnRequest.with {
            $0.inspectionID = testID(1).description
            $0.returnID = testID(2).description
            $0.lines = (1...2).map { _ in
                .with {
                    $0.lineNumber = 1
                    $0.quantity = 1
                    $0.condition = .used
                    $0.disposition = .scrap
                }
            }
        }
        #expect(
            try refusedFields { try ReturnRequests.inspect(row.applied(to: request), body: [], by: .anonymous) }
                == row.refused)
    }

    @Test(
        "Settlements",
        arguments: [
            RequestCase<Holdfast_V1_SettleReturnRequest>("as it is") { _ in },
            .init("no id", ["settlement_id"]) { $0.settlementID = "" },
            .init("no return", ["return_id"]) { $0.returnID = "" },
            .init("no way", ["settlement"]) { $0.settlement = .unspecified },
            .init("what nobody asks for", ["settlement"]) { $0.settlement = .nothingDue },
            .init("what comes by itself", ["settlement"]) { $0.settlement = .exchange },
            .init("a long reference", ["reference"]) { $0.reference = String(repeating: "x", count: 129) },
        ])
    func settle(row: RequestCase<Holdfast_V1_SettleReturnRequest>) throws {
        let request = Holdfast_V1_SettleReturnRequest.with {
            $0.settlementID = testID(1).description
            $0.returnID = testID(2).description
            $0.settlement = .outside
        }
        #expect(
            try refusedFields { try ReturnRequests.settle(row.applied(to: request), body: [], by: .anonymous) }
                == row.refused)
    }

    @Test(
        "Labels",
        arguments: [
            RequestCase<Holdfast_V1_IssueReturnLabelRequest>("as it is") { _ in },
            .init("no id", ["label_id"]) { $0.labelID = "" },
            .init("no return", ["return_id"]) { $0.returnID = "" },
            .init("nowhere", ["location"]) { $0.location = "" },
            .init("a wrong carrier", ["carrier"]) { $0.carrier = " " },
            .init("a wrong service", ["service"]) { $0.service = " " },
        ])
    func label(row: RequestCase<Holdfast_V1_IssueReturnLabelRequest>) throws {
        let request = Holdfast_V1_IssueReturnLabelRequest.with {
            $0.labelID = testID(1).description
            $0.returnID = testID(2).description
            $0.location = "DC"
        }
        #expect(
            try refusedFields { try ReturnRequests.label(row.applied(to: request), body: [], by: .anonymous) }
                == row.refused)
    }

    @Test(
        "Exchanges",
        arguments: [
            RequestCase<Holdfast_V1_ExchangeReturnRequest>("as it is") { _ in },
            .init("no id", ["exchange_id"]) { $0.exchangeID = "" },
            .init("no return", ["return_id"]) { $0.returnID = "" },
            .init("no lines", ["lines"]) { $0.lines = [] },
            .init("no sku", ["lines[0].sku"]) { $0.lines[0].sku = "" },
            .init("a wrong location", ["lines[0].location"]) { $0.lines[0].location = " " },
            .init("no quantity", ["lines[0].quantity"]) { $0.lines[0].quantity = 0 },
            .init("no price", ["lines[0].unit_price"]) { $0.lines[0].clearUnitPrice() },
            .init("a negative price", ["lines[0].unit_price"]) { $0.lines[0].unitPrice.units = -1 },
            .init("for nothing") { $0.lines[0].unitPrice.units = 0 },
            .init("collected nowhere", ["delivery.pickup_location"]) { $0.delivery.method = .pickup },
            .init("delivered in no way", ["delivery.method"]) { $0.delivery.service = "EXPRESS" },
            .init("two currencies", ["lines[1].unit_price.currency_code"]) {
                $0.lines.append($0.lines[0])
                $0.lines[1].unitPrice.currencyCode = "EUR"
            },
        ])
    func exchange(row: RequestCase<Holdfast_V1_ExchangeReturnRequest>) throws {
        let request = Holdfast_V1_ExchangeReturnRequest.with {
            $0.exchangeID = testID(1).description
            $0.returnID = testID(2).description
            $0.lines = [
                .with {
                    $0.sku = "A"
                    $0.quantity = 1
                    $0.unitPrice.currencyCode = "GBP"
                    $0.unitPrice.units = 1
                }
            ]
        }
        #expect(
            try refusedFields { try ReturnRequests.exchange(row.applied(to: request), body: [], by: .anonymous) }
                == row.refused)
    }

    @Test("A return is named by its id or by its number")
    func names() throws {
        #expect(try ReturnRequests.name(.with { $0.number = "R17" }) == .number(17))
        #expect(try ReturnRequests.name(.with { $0.returnID = testID(1).description }) == .id(testID(1)))
        for number in ["17", "R", "R1x", "r1", "R99999999999999999999", "R-1", "R+1"] {
            #expect(
                try refusedFields { try ReturnRequests.name(.with { $0.number = number }) } == ["number"], "\(number)")
        }
        #expect(
            try refusedFields {
                try ReturnRequests.name(
                    .with {
                        $0.number = "R1"
                        $0.returnID = testID(1).description
                    })
            } == ["return_id"])
        #expect(try refusedFields { try ReturnRequests.name(.init()) } == ["return_id"])
    }
}
