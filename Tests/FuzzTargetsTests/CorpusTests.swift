import Domain
import Foundation
import Testing

/// Replays what fuzzing has found, without the fuzzer.
@Suite("Inputs that fuzzing has found")
struct CorpusTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fuzzing")

    @Test("Every input of the corpus is read or refused, as it should be", arguments: FuzzTarget.allCases)
    func corpus(target: FuzzTarget) throws {
        let inputs = try Self.inputs("Corpus", target)
        #expect(!inputs.isEmpty)
        for input in inputs { input.withUnsafeBytes { target.run($0) } }
    }

    @Test("Every input that once crashed is read or refused", arguments: FuzzTarget.allCases)
    func failCases(target: FuzzTarget) throws {
        for input in try Self.inputs("FailCases", target) { input.withUnsafeBytes { target.run($0) } }
    }

    @Test("Damaged inputs of the corpus are read or refused", arguments: FuzzTarget.allCases)
    func damaged(target: FuzzTarget) throws {
        let inputs = try Self.inputs("Corpus", target)
        var chance = SplitMix64(state: 7_411)
        for _ in 0..<2_000 {
            var input = inputs[Int(chance.next() % UInt64(inputs.count))]
            for _ in 0...Int(chance.next() % 3) { Self.damage(&input, &chance) }
            input.withUnsafeBytes { target.run($0) }
        }
    }

    private static func inputs(_ kind: String, _ target: FuzzTarget) throws -> [[UInt8]] {
        let folder = folder.appendingPathComponent(kind).appendingPathComponent(target.rawValue)
        // A target that never crashed has no folder of fail cases.
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
            Array(try Data(contentsOf: folder.appendingPathComponent($0)))
        }
    }

    private static func damage(_ input: inout [UInt8], _ chance: inout SplitMix64) {
        let place = input.isEmpty ? 0 : Int(chance.next() % UInt64(input.count))
        let byte = UInt8(truncatingIfNeeded: chance.next())
        switch chance.next() % 4 {
        case 0 where !input.isEmpty: input[place] = byte
        case 1 where !input.isEmpty: input[place] ^= 1 << (byte & 7)
        case 2 where !input.isEmpty: input.removeSubrange(place...)
        default: input.insert(byte, at: place)
        }
    }
}
