import HoldfastAPI
import Replay
import SwiftProtobuf

/// Requests about what happens to an order after its capture; the same plan always gives the same requests.
enum LifeRequests {
    /// Under which a return of the replay is granted: anything, in any condition, in full, for a hundred years.
    static let returnRules = Holdfast_V1_UpsertReturnRulesRequest.with {
        $0.requestID = ReplayID.catalogue("return-rules/1").description
        $0.rules = [
            .with {
                $0.name = "replay"
                $0.terms = .with {
                    $0.windowDays = 36_500
                    $0.arrivalDays = 365
                    $0.refundWay = .original
                    $0.labelPayer = .seller
                }
            }
        ]
    }

    static func tender(
        _ id: ReplayID, of order: ReplayID, _ tender: ReplayTender, amount: Holdfast_V1_Money? = nil, label: String = ""
    ) -> Holdfast_V1_AddTenderRequest {
        .with {
            $0.tenderID = id.description
            $0.orderID = order.description
            if let amount { $0.amount = amount }
            $0.label = label
            switch tender {
            case .terminal: $0.kind = .terminal
            case .card(let token):
                $0.kind = .cardGateway
                $0.token = token
                $0.authorize = true
            }
        }
    }

    static func takeBack(
        _ id: ReplayID, of order: ReplayID, lines: [(number: Int32, quantity: Int64)], note: String
    ) -> Holdfast_V1_CreateReturnRequest {
        .with {
            $0.returnID = id.description
            $0.orderID = order.description
            $0.method = .mail
            $0.note = note
            $0.lines = lines.map { line in
                .with {
                    $0.orderLineNumber = line.number
                    $0.quantity = line.quantity
                    $0.reason = .unwanted
                    $0.condition = .unopened
                }
            }
        }
    }

    static func receipt(
        _ id: ReplayID, of granted: Holdfast_V1_Return, at location: String
    ) -> Holdfast_V1_ReceiveReturnRequest {
        .with {
            $0.receiptID = id.description
            $0.returnID = granted.returnID
            $0.location = location
            $0.last = true
            $0.lines = units(granted.lines.map { ($0.sku, $0.quantity) }).map { sku, quantity in
                .with {
                    $0.sku = sku
                    $0.quantity = quantity
                }
            }
        }
    }

    static func inspection(_ id: ReplayID, of granted: Holdfast_V1_Return) -> Holdfast_V1_InspectReturnRequest {
        .with {
            $0.inspectionID = id.description
            $0.returnID = granted.returnID
            $0.lines = granted.lines.map { line in
                .with {
                    $0.lineNumber = line.lineNumber
                    $0.quantity = line.quantity
                    $0.condition = .unopened
                    $0.disposition = .restock
                }
            }
        }
    }

    static func pick(
        _ id: ReplayID, of fulfilment: Holdfast_V1_Fulfilment, where isGoods: (_ sku: String) -> Bool
    ) -> Holdfast_V1_ConfirmPickRequest {
        .with {
            $0.requestID = id.description
            $0.fulfilmentID = fulfilment.fulfilmentID
            $0.scans = units(fulfilment.lines.filter { isGoods($0.sku) }.map { ($0.sku, $0.quantity) }).map {
                sku, quantity in
                .with {
                    $0.code = sku
                    $0.quantity = quantity
                }
            }
        }
    }

    /// Units of each article, in the order of their first lines.
    private static func units(_ lines: [(sku: String, quantity: Int64)]) -> [(sku: String, quantity: Int64)] {
        var places: [String: Int] = [:]
        var sums: [(sku: String, quantity: Int64)] = []
        for (sku, quantity) in lines {
            if let place = places[sku] {
                sums[place].quantity += quantity
            } else {
                places[sku] = sums.count
                sums.append((sku, quantity))
            }
        }
        return sums
    }
}
