import Domain

/// Names of a deployment's keys in Redis.
public struct HotStockKeys: Sendable {
    struct Names: Sendable {
        var meta: String
        var available: String
        var bases: String
        var holds: String
    }

    private let names: [Names]
    /// Tells how far PostgreSQL had come when Redis last heard of it.
    let witness: String
    /// Names the deployment that the keys belong to; it stands outside every hash tag.
    let claim: String

    /// Names the keys of `vshards` vshards.
    ///
    /// `prefix` tells deployments apart that share a Redis.
    ///
    /// All keys of a vshard carry one hash tag, so a cluster keeps them together.
    public init(prefix: String, vshards: Int) {
        witness = prefix + "witness"
        claim = prefix + "deployment"
        names = (0..<vshards).map { number in
            let digits = String(number)
            let tag = "{\(prefix)v\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)}"
            return Names(meta: tag + ":m", available: tag + ":a", bases: tag + ":b", holds: tag + ":h")
        }
    }

    /// The key of every vshard whose loss disarms it.
    var metas: [String] { names.map(\.meta) }

    subscript(vshard: VShard) -> Names { names[Int(vshard.rawValue)] }
}
