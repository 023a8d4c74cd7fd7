import Foundation
import RedisClient

/// The commands that write a server's keys once more, in wire form.
struct KeyDump {
    private let hashes: [(key: String, fields: [[UInt8]])]

    /// Fields of all hashes.
    var fields: Int { hashes.reduce(0) { $0 + $1.fields.count / 2 } }

    /// Fields of the hashes that hold cells and holds: a vshard's own has more once it has traded.
    var rows: Int { hashes.filter { !$0.key.hasSuffix(":m") }.reduce(0) { $0 + $1.fields.count / 2 } }

    /// Names of the vshards' own keys, whose loss disarms them.
    var metas: [String] { hashes.map(\.key).filter { $0.hasSuffix(":m") } }

    /// Reads every hash of a vshard.
    static func read(_ redis: RedisClient) async throws -> KeyDump {
        var keys: [String] = []
        var cursor = "0"
        repeat {
            let page = try await redis.send(RedisCommand("SCAN", cursor, "MATCH", "{*}:?", "COUNT", "1000"))
            guard let parts = page.array, parts.count == 2, let next = parts[0].string, let names = parts[1].array
            else { throw BenchError.unexpectedReply }
            keys += names.compactMap(\.string)
            cursor = next
        } while cursor != "0"
        var hashes: [(String, [[UInt8]])] = []
        for key in Set(keys).sorted() {
            guard let all = try await redis.send(RedisCommand("HGETALL", key)).array else {
                throw BenchError.unexpectedReply
            }
            hashes.append((key, all.compactMap { $0.bytes?.withUnsafeBytes { Array($0) } }))
        }
        return KeyDump(hashes: hashes)
    }

    /// Writes `HSET` commands of at most `width` fields each to a file.
    func write(to path: String, width: Int) throws {
        var bytes: [UInt8] = []
        func add(_ argument: some Collection<UInt8>) {
            bytes += Array("$\(argument.count)\r\n".utf8)
            bytes += argument
            bytes += [13, 10]
        }
        for (key, fields) in hashes {
            for first in stride(from: 0, to: fields.count, by: 2 * width) {
                let part = fields[first..<min(first + 2 * width, fields.count)]
                bytes += Array("*\(2 + part.count)\r\n".utf8)
                add("HSET".utf8)
                add(key.utf8)
                for argument in part { add(argument) }
            }
        }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }
}
