import Domain
import Ledger
import Logging
import Sourcing

extension OrderProcessing {
    /// The day on which a location sends what it is given at a moment, as its calendar, cut-offs and lead time tell.
    ///
    /// A release never waits for a document to be put right: what cannot be read is told in the log.
    ///
    /// - Parameters:
    ///   - facts: what sourcing knows of the location.
    ///   - moment: when it is given the goods.
    /// - Returns: days since 1970-01-01; nil where the location's facts cannot be read, or its zone is not known here.
    func dispatchDay(_ facts: SourcingLocationFacts, at moment: Instant) -> Int? {
        do {
            let location = try SourcingLocation(facts)
            guard let zone = ZoneRules.system(location.timeZone, around: moment) else { return nil }
            return location.dispatch(at: moment, zone: zone).days
        } catch {
            logger.error(
                "what sourcing knows of a location cannot be read: what is released there uses up none of its capacity",
                metadata: ["location": "\(facts.location.code)", "error": "\(error)"])
            return nil
        }
    }
}
