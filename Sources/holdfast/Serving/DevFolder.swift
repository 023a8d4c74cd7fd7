import Replay

/// The folder in which `holdfast dev` keeps its private stores, and where it leaves word of how to reach them.
struct DevFolder {
    /// How to reach the private stores.
    struct Stores: Hashable, Sendable {
        /// URL of Redis.
        var redisURL: String
        /// URL of PostgreSQL.
        var postgresURL: String
    }

    /// The folder where nothing else is said, below the working folder.
    static let standardPath = ".holdfast"

    private static let redisName = "HOLDFAST_REDIS_URL"
    private static let postgresName = "HOLDFAST_POSTGRES_URL"

    /// The folder.
    let path: String

    private var note: String { path + "/stores.env" }

    /// Leaves word of the stores, in a form that a shell can read as well.
    func write(_ stores: Stores) throws {
        let text = "\(Self.redisName)='\(stores.redisURL)'\n\(Self.postgresName)='\(stores.postgresURL)'\n"
        try PrivateFile.write(text, to: note)
    }

    /// Takes the word back.
    func remove() {
        PrivateFile.remove(note)
    }

    /// How to reach the stores of the `holdfast dev` that runs on this folder; nil where none left word.
    func runningStores() throws -> Stores? {
        guard PrivateFile.exists(note) else { return nil }
        var values: [Substring: String] = [:]
        for line in try WholeFile.text(path: note, limit: 65_536).split(separator: "\n") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            let value = line[line.index(after: equals)...]
            values[line[..<equals]] = String(value.dropFirst().dropLast())
        }
        guard let redis = values[Self.redisName[...]], let postgres = values[Self.postgresName[...]] else { return nil }
        return Stores(redisURL: redis, postgresURL: postgres)
    }
}
