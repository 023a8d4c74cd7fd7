import Domain
import Failpoints
import PostgresClient

extension Ledger {
    /// The steps of a journal (begin, fence, calls, holds, commit) as they are run: the same, but for a server that a test
    /// has sabotaged.
    static func sabotaged(_ steps: [LedgerStep], _ entries: [HoldEntry], _ calls: [AdmissionStamp]) -> [LedgerStep] {
        #if HOLDFAST_FAILPOINTS
            var steps = steps
            if Sabotage.journalWithoutEpoch.isOn {
                steps[2] = journaling(calls)
                steps[3].parameters = columns(of: entries) + [.int16s([]), .int64s([]), .texts(entries.map(\.caller))]
            }
            if Sabotage.acknowledgeBeforeCommit.isOn { steps[1].statement = joinFenceInHaste }
            return steps
        #else
            steps
        #endif
    }

    #if HOLDFAST_FAILPOINTS
        private static let joinFenceInHaste = PostgresStatement(
            "sabotage_join_fence",
            "SELECT pg_advisory_xact_lock_shared($1::int4, 0), set_config('synchronous_commit', 'off', true)")
    #endif
}
