import Domain

extension Admission {
    /// The epoch under which Redis admits a vshard here; nil where it does not.
    func redisEpoch(of vshard: VShard) -> Int64? {
        guard case .redis(let epoch) = standing(of: vshard) else { return nil }
        return epoch
    }

    /// Closes a vshard and has it loaded anew under a new epoch.
    func reload(_ vshard: VShard, because reason: String) { requestRebuild(reason, of: [vshard]) }
}
