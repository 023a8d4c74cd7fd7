import Foundation
import HoldfastTesting
import PrivateStores
import Testing

@Suite("Torture: its command", .serialized)
struct TortureCommandTests {
    private func torture(
        _ arguments: [String], _ environment: [String: String] = [:]
    ) throws -> (program: PrivateProgram, folder: String) {
        let folder = TestDirectory.make("torture-command")
        let program = try PrivateProgram(
            [BuiltProgram.path, "torture"] + arguments,
            environment: environment.merging(["TMPDIR": folder]) { given, _ in given },
            log: TestDirectory.make("torture-log") + "/log")
        return (program, folder)
    }

    private func ending(of program: PrivateProgram) async throws -> String {
        #expect(try await eventually(within: 180) { program.ending != nil })
        return try #require(program.ending)
    }

    @Test("a server that ends by itself breaks the run, although it was started again and lost nothing")
    func endsByItself() async throws {
        let (program, folder) = try torture(
            ["--faults", "none", "--seconds", "4", "--clients", "8", "--sabotage", "none", "--seed", "3"],
            ["HOLDFAST_FAILPOINT": "captured:20"])
        #expect(try await ending(of: program) == "status 1", "\(program.logged)")
        #expect(program.logged.contains("VIOLATION server-ended: server 0 ended by itself with status 137"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }

    @Test("one that is told to end says that it judged nothing, and leaves nothing behind")
    func interrupted() async throws {
        let (program, folder) = try torture(["--faults", "none", "--seconds", "600", "--clients", "4"])
        _ = try await program.line(beginningWith: "holdfast torture: seed")
        // Both stores and a server run by now.
        let isUnderWay = try await eventually(within: 60) {
            try FileManager.default.contentsOfDirectory(atPath: folder).contains { run in
                FileManager.default.fileExists(atPath: "\(folder)/\(run)/server-0.log")
            }
        }
        #expect(isUnderWay)
        await program.stop(seconds: 60)
        #expect(program.ending == "status 6", "\(program.logged)")
        #expect(program.logged.contains("nothing is said about the promises"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }

    @Test("a run that cannot be made has another status than a broken promise")
    func impossible() async throws {
        let nowhere = try torture(["--seconds", "1"], ["TMPDIR": "/nowhere"])
        #expect(try await ending(of: nowhere.program) == "status 6")
        let nobody = try torture(["--seconds", "1", "--attach", "127.0.0.1:1"])
        #expect(try await ending(of: nobody.program) == "status 6")
        let both = try torture(["--seconds", "1", "--attach", "127.0.0.1:1", "--sabotage", "no-arm-check"])
        #expect(try await ending(of: both.program) == "status 2")
    }
}
