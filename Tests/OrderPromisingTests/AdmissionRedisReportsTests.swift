import Domain
import HoldfastTesting
import Ledger
import Testing

@testable import OrderPromising

/// Which of several Redis under one database is the deployment's.
@Suite("Reports of Redis")
struct AdmissionRedisReportsTests {
    private static let old = EntityID(high: 1, low: 1)
    private static let new = EntityID(high: 1, low: 2)
    private static let here = EntityID(high: 2, low: 1)
    private static let there = EntityID(high: 2, low: 2)

    /// A report with its moments in milliseconds; it is `now` at 100,000.
    private static func report(
        _ instance: EntityID, by server: EntityID, established: Int64, confirmed: Int64
    ) -> AdmissionRedis {
        AdmissionRedis(
            instance: instance, keyPrefix: "hf:", server: server,
            establishedAt: Instant(microseconds: established * 1_000),
            confirmedAt: Instant(microseconds: confirmed * 1_000), ageMilliseconds: 100_000 - confirmed)
    }

    private static func judged(
        _ reports: [AdmissionRedis], from instance: EntityID, foundSince: Int64? = 2_000
    ) -> (elder: EntityID?, younger: [EntityID], isInDoubt: Bool) {
        let judged = AdmissionRedisReports(
            reports: reports, instance: instance, server: here,
            foundSince: foundSince.map { Instant(microseconds: $0 * 1_000) })
        return (judged.elder?.instance, judged.younger.map(\.instance), judged.isInDoubt)
    }

    @Test("alone there is nothing to judge")
    func alone() {
        let only = [Self.report(Self.old, by: Self.here, established: 1_000, confirmed: 99_900)]
        #expect(Self.judged(only, from: Self.old) == (nil, [], false))
        // A report that is not there yet judges nothing.
        #expect(Self.judged(only, from: Self.new) == (nil, [], false))
    }

    @Test(
        "a Redis that was emptied is never confirmed again under its old claim: that proves nothing against the new one"
    )
    func emptied() {
        let reports = [
            Self.report(Self.old, by: Self.there, established: 1_000, confirmed: 99_500),
            Self.report(Self.new, by: Self.here, established: 99_600, confirmed: 99_590),
        ]
        let judged = Self.judged(reports, from: Self.new)
        #expect(judged.elder == nil)
        #expect(judged.isInDoubt)
        #expect(Self.judged(reports, from: Self.old).younger.isEmpty)
    }

    @Test("one that is confirmed after the other was established is surely another Redis: the elder stays")
    func proven() {
        let reports = [
            Self.report(Self.old, by: Self.there, established: 1_000, confirmed: 99_700),
            Self.report(Self.new, by: Self.here, established: 99_600, confirmed: 99_650),
        ]
        #expect(Self.judged(reports, from: Self.new).elder == Self.old)
        #expect(Self.judged(reports, from: Self.old).elder == nil)
        #expect(Self.judged(reports, from: Self.old).younger == [Self.new])
        // A Redis that was set back to old contents a moment ago: whoever confirmed the newer claim did so before.
        #expect(Self.judged(reports, from: Self.old, foundSince: 99_660).younger.isEmpty)
        #expect(Self.judged(reports, from: Self.old, foundSince: nil).younger.isEmpty)
    }

    @Test("one that nobody confirms any more refuses nobody, exactly from the end of its life on")
    func lapsed() {
        // The last one is of a clock that was set back by a minute.
        for (confirmed, elder) in [(90_001, Self.old as EntityID?), (90_000, nil), (160_000, nil)]
            as [(Int64, EntityID?)]
        {
            let reports = [
                Self.report(Self.old, by: Self.there, established: 1_000, confirmed: confirmed),
                Self.report(Self.new, by: Self.here, established: 80_000, confirmed: 99_900),
            ]
            #expect(Self.judged(reports, from: Self.new).elder == elder)
        }
    }

    @Test("what this very server confirmed, or nobody lately, is no reason to wait")
    func doubt() {
        for (server, confirmed, isInDoubt) in [
            (Self.there, 99_000, true), (Self.there, 97_001, true), (Self.there, 97_000, false),
            (Self.here, 99_000, false),
        ] as [(EntityID, Int64, Bool)] {
            let reports = [
                Self.report(Self.old, by: server, established: 1_000, confirmed: confirmed),
                Self.report(Self.new, by: Self.here, established: 99_600, confirmed: 99_590),
            ]
            #expect(Self.judged(reports, from: Self.new).isInDoubt == isInDoubt)
        }
    }
}
