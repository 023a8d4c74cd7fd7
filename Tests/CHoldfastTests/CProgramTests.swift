import Foundation
import HoldfastTesting
import Testing

/// The C client's own tests are C programs, so that they see its inside and run as they would on a till.
@Suite("The C client's own tests", .serialized)
struct CProgramTests {
    /// How a set of programs is built.
    enum Build: String, CaseIterable {
        case plain, sanitized

        var folder: String { Repository.root + "/.build-clients/" + (self == .plain ? "plain" : "sanitized") }

        func make() throws {
            var arguments = ["make", "-s", "-C", Repository.root + "/Sources/CHoldfast", "tests", "OUT=" + folder]
            if self == .sanitized {
                arguments += ["CFLAGS=-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all", "LDFLAGS="]
            }
            let made = try RunProgram.run(arguments)
            try #require(made.status == 0, "\(made.text)")
        }
    }

    @Test(
        "pass with warnings as errors, and under the address and undefined behaviour sanitizers",
        arguments: Build.allCases)
    func programs(build: Build) throws {
        try build.make()
        for program in ["wire-tests", "client-tests"] {
            let outcome = try RunProgram.run([build.folder + "/bin/" + program])
            #expect(outcome.status == 0, "\(outcome.text)")
            #expect(outcome.lines.last?.hasSuffix(" passed, 0 failed") == true)
            #expect(outcome.lines.count > 5)
        }
    }

    @Test("pass under valgrind without an error or a leak", arguments: ["wire-tests", "client-tests"])
    func valgrind(program: String) throws {
        try Build.plain.make()
        let outcome = try RunProgram.run(Valgrind.command + [Build.plain.folder + "/bin/" + program])
        #expect(outcome.status == 0, "\(outcome.text)")
    }

    @Test("no kept answer of a hostile server does harm")
    func corpus() throws {
        try Build.sanitized.make()
        let folder = Repository.root + "/Tests/CHoldfastTests/Corpus"
        let inputs = try FileManager.default.contentsOfDirectory(atPath: folder).map { folder + "/" + $0 }
        let outcome = try RunProgram.run([Build.sanitized.folder + "/bin/answer-replay"] + inputs)
        #expect(outcome.status == 0, "\(outcome.text)")
        #expect(outcome.text == "\(inputs.count) inputs\n")
        #expect(inputs.count > 5)
    }
}
