import Domain
import HoldfastAPI
import HoldfastTesting
import SwiftProtobuf
import Testing

@testable import HoldfastServices

@Suite("Requests about fulfilments")
struct FulfilmentRequestsTests {
    private static let long = String(repeating: "x", count: 129)

    @Test(
        "Every field of a release is checked",
        arguments: [
            RequestCase<Holdfast_V1_ReleaseOrderRequest>("as it is") { _ in },
            .init("no id", ["release_id"]) { $0.releaseID = "" },
            .init("no order", ["order_id"]) { $0.orderID = "1" },
            .init("line 0", ["lines[0].line_number"]) { $0.lines[0].lineNumber = 0 },
            .init("line 1,001", ["lines[0].line_number"]) { $0.lines[0].lineNumber = 1_001 },
            .init("no units", ["lines[0].quantity"]) { $0.lines[0].quantity = 0 },
            .init("a line twice", ["lines[1].line_number"]) { $0.lines.append($0.lines[0]) },
            .init("1,001 lines", ["lines"]) { $0.lines = Array(repeating: $0.lines[0], count: 1_001) },
            .init("no lines") { $0.lines = [] },
        ])
    func release(row: RequestCase<Holdfast_V1_ReleaseOrderRequest>) throws {
        let request = Holdfast_V1_ReleaseOrderRequest.with {
            $0.releaseID = testID(1).description
            $0.orderID = testID(2).description
            $0.lines = [
                .with {
                    $0.lineNumber = 1
                    $0.quantity = 1
                }
            ]
        }
        let fields = try refusedFields {
            try FulfilmentRequests.release(row.applied(to: request), body: [], by: .anonymous)
        }
        #expect(fields == row.refused)
    }

    @Test(
        "Every field of a pick is checked",
        arguments: [
            RequestCase<Holdfast_V1_ConfirmPickRequest>("as it is") { _ in },
            .init("no id", ["request_id"]) { $0.requestID = "x" },
            .init("no fulfilment", ["fulfilment_id"]) { $0.fulfilmentID = "" },
            .init("no code", ["scans[0].code"]) { $0.scans[0].code = "" },
            .init("a long code", ["scans[0].code"]) { $0.scans[0].code = String(repeating: "x", count: 65) },
            .init("no units", ["scans[0].quantity"]) { $0.scans[0].quantity = 0 },
            .init("nothing found") { $0.scans = [] },
            .init("10,001 scans", ["scans"]) { $0.scans = Array(repeating: $0.scans[0], count: 10_001) },
            .init("a rule") { $0.shortRule = .cancel },
            .init("no rule that there is", ["short_rule"]) { $0.shortRule = .UNRECOGNIZED(99) },
        ])
    func pick(row: RequestCase<Holdfast_V1_ConfirmPickRequest>) throws {
        let request = row.applied(
            to: .with {
                $0.requestID = testID(1).description
                $0.fulfilmentID = testID(2).description
                $0.scans = [
                    .with {
                        $0.code = "A"
                        $0.quantity = 1
                    }
                ]
            })
        let fields = try refusedFields {
            try FulfilmentRequests.call(request, body: [], by: .anonymous) { validation in
                _ = FulfilmentRequests.scans(request.scans, &validation)
                _ = FulfilmentRequests.rule(request.shortRule, &validation)
            }
        }
        #expect(fields == row.refused)
    }

    @Test(
        "Every field of packages is checked",
        arguments: [
            RequestCase<Holdfast_V1_PackFulfilmentRequest>("as it is") { _ in },
            .init("none", ["packages"]) { $0.packages = [] },
            .init("101", ["packages"]) { $0.packages = Array(repeating: .init(), count: 101) },
            .init("another number", ["packages[0].number"]) { $0.packages[0].number = 2 },
            .init("its number") { $0.packages[0].number = 1 },
            .init("too heavy", ["packages[0].weight_grams"]) { $0.packages[0].weightGrams = 1_000_001 },
            .init("less than nothing", ["packages[0].length_mm"]) { $0.packages[0].lengthMm = -1 },
            .init("too wide", ["packages[0].width_mm"]) { $0.packages[0].widthMm = 1_000_001 },
            .init("too high", ["packages[0].height_mm"]) { $0.packages[0].heightMm = 1_000_001 },
            .init("a number of a carrier", ["packages[0].tracking_number"]) { $0.packages[0].trackingNumber = "1" },
            .init("a label", ["packages[0].has_label"]) { $0.packages[0].hasLabel_p = true },
            .init("two without contents", ["packages[0].contents", "packages[1].contents"]) {
                $0.packages = [.init(), .init()]
            },
            .init("line 0", ["packages[0].contents[0].line_number", "packages[0].contents[0].quantity"]) {
                $0.packages[0].contents = [.init()]
            },
            .init("a line twice", ["packages[0].contents[1].line_number"]) {
                let content = Holdfast_V1_Package.Content.with {
                    $0.lineNumber = 1
                    $0.quantity = 1
                }
                $0.packages[0].contents = [content, content]
            },
        ])
    func packages(row: RequestCase<Holdfast_V1_PackFulfilmentRequest>) throws {
        let request = row.applied(to: .with { $0.packages = [.with { $0.weightGrams = 1 }] })
        var validation = RequestValidation()
        _ = FulfilmentRequests.packages(request.packages, &validation)
        #expect(validation.violations.map(\.field) == row.refused)
    }

    @Test(
        "How long a pickup is kept is an hour to 90 days",
        arguments: [
            (3_600, 0, true), (3_599, 0, false), (7_776_000, 0, true), (7_776_001, 0, false), (7_200, 1, false),
        ]
            as [(Int64, Int32, Bool)])
    func keep(_ seconds: Int64, _ nanos: Int32, _ isTaken: Bool) {
        var validation = RequestValidation()
        _ = FulfilmentRequests.keep(Google_Protobuf_Duration(seconds: seconds, nanos: nanos), &validation)
        #expect(validation.violations.map(\.field) == (isTaken ? [] : ["keep"]))
        #expect(FulfilmentRequests.keep(nil, &validation) == 604_800)
    }

    @Test("Numbers of parcels and costs are checked")
    func notices() {
        var validation = RequestValidation()
        _ = FulfilmentRequests.trackingNumbers(["A", "", Self.long], &validation)
        #expect(validation.violations.map(\.field) == ["tracking_numbers[1]", "tracking_numbers[2]"])
        validation = RequestValidation()
        _ = FulfilmentRequests.trackingNumbers(Array(repeating: "A", count: 101), &validation)
        #expect(validation.violations.map(\.field) == ["tracking_numbers"])
        validation = RequestValidation()
        let cost = FulfilmentRequests.cost(
            .with {
                $0.amountMinor = -1
                $0.currencyCode = "EUR"
            }, &validation)
        #expect(cost?.currency.code == "EUR")
        #expect(validation.violations.map(\.field) == ["cost.amount_minor"])
        validation = RequestValidation()
        #expect(FulfilmentRequests.cost(.with { $0.currencyCode = "XXX" }, &validation) == nil)
        #expect(validation.violations.map(\.field) == ["cost.currency_code"])
    }

    @Test(
        "Every field of a wave is checked",
        arguments: [
            RequestCase<Holdfast_V1_CreateWaveRequest>("as it is") { _ in },
            .init("no id", ["wave_id"]) { $0.waveID = "" },
            .init("no location", ["location"]) { $0.location = "" },
            .init("size -1", ["size"]) { $0.size = -1 },
            .init("size 1,001", ["size"]) { $0.size = 1_001 },
            .init("no fulfilment", ["fulfilment_ids[0]"]) { $0.fulfilmentIds = ["x"] },
            .init("one twice", ["fulfilment_ids[1]"]) {
                $0.fulfilmentIds = [testID(3).description, testID(3).description]
            },
        ])
    func wave(row: RequestCase<Holdfast_V1_CreateWaveRequest>) throws {
        let request = Holdfast_V1_CreateWaveRequest.with {
            $0.waveID = testID(1).description
            $0.location = "DC"
        }
        #expect(
            try refusedFields { try FulfilmentRequests.wave(row.applied(to: request), by: .anonymous) } == row.refused)
    }

    @Test(
        "A list's filters are checked",
        arguments: [
            RequestCase<Holdfast_V1_ListFulfilmentsRequest>("as it is") { _ in },
            .init("no kind that there is", ["kind"]) { $0.kind = .UNRECOGNIZED(9) },
            .init("a state of the kind") {
                $0.kind = .pickup
                $0.state = "ready_for_pickup"
            },
            .init("a state of another kind", ["state"]) {
                $0.kind = .ship
                $0.state = "ready_for_pickup"
            },
            .init("a state without a kind", ["state"]) { $0.state = "shipped" },
            .init("no order", ["order_id"]) { $0.orderID = "x" }, .init("no wave", ["wave_id"]) { $0.waveID = "x" },
            .init("too large a page", ["page_size"]) { $0.pageSize = 1_001 },
        ])
    func list(row: RequestCase<Holdfast_V1_ListFulfilmentsRequest>) throws {
        #expect(
            try refusedFields { try ListRequests.fulfilments(row.applied(to: .init()), by: .anonymous) } == row.refused)
    }

    @Test(
        "How a customer names an order is checked",
        arguments: [
            RequestCase<Holdfast_V1_TrackRequest>("as it is") { _ in },
            .init("no channel", ["channel"]) { $0.channel = "" },
            .init("no number", ["external_id"]) { $0.externalID = "" },
            .init("no address", ["email"]) { $0.email = "" },
            .init("a long address", ["email"]) { $0.email = String(repeating: "x", count: 255) },
            .init("a token beside it", ["channel", "external_id", "email"]) { $0.token = testID(1).description },
            .init("no token", ["token"]) {
                $0 = .init()
                $0.token = "x"
            },
            .init("a token") {
                $0 = .init()
                $0.token = testID(1).description
            },
        ])
    func track(row: RequestCase<Holdfast_V1_TrackRequest>) throws {
        let request = Holdfast_V1_TrackRequest.with {
            $0.channel = "web"
            $0.externalID = "1"
            $0.email = "a@example.org"
        }
        #expect(try refusedFields { try FulfilmentRequests.track(row.applied(to: request)) } == row.refused)
    }
}
