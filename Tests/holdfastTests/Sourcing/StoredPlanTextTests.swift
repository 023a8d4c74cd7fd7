import HoldfastAPI
import SwiftProtobuf
import Testing

@testable import holdfast

@Suite("Plans of a server, for people")
struct StoredPlanTextTests {
    private func plan(_ status: String, _ cause: String, _ reasons: [(String, String)]) -> Holdfast_V1_SourcingPlan {
        .with {
            $0.status = status
            $0.cause = cause
            $0.decisions = reasons.map { location, reason in
                .with {
                    $0.location = location
                    $0.reason = reason
                }
            }
        }
    }

    @Test("A plan without shipments says why no location serves the order")
    func nothing() {
        #expect(
            StoredPlanText.whyNothing(
                plan("INFEASIBLE", "NO_LOCATION", [("DC", "EXCLUDED"), ("LYON", "ZONE_UNKNOWN"), ("LDN", "EXCLUDED")]))
                == "the order has no plan, INFEASIBLE for NO_LOCATION: EXCLUDED at DC, LDN; ZONE_UNKNOWN at LYON")
        // All may be left unsourced: that is a plan, but none that anybody sends something by.
        #expect(
            StoredPlanText.whyNothing(plan("OPTIMAL", "", [("DC", "EXCLUDED")]))
                == "no location serves any of it: EXCLUDED at DC")
        #expect(
            StoredPlanText.whyNothing(plan("OPTIMAL", "", (1...7).map { ("L\($0)", "NO_STOCK") }))
                == "no location serves any of it: NO_STOCK at L1, L2, L3, L4, L5 and 2 more")
        #expect(
            StoredPlanText.whyNothing(plan("INFEASIBLE", "NO_LOCATION", []))
                == "the order has no plan, INFEASIBLE for NO_LOCATION: sourcing knows no location")
    }
}
