import ArgumentParser
import Testing

@testable import holdfast

@Suite("Arguments of a replay")
struct ReplayArgumentTests {
    private func parse(_ arguments: [String]) throws -> ReplayCommand {
        guard let command = try ReplayCommand.parseAsRoot(arguments) as? ReplayCommand else {
            throw ValidationError("another command")
        }
        return command
    }

    @Test("Without any, the sample is replayed to delivery")
    func plain() throws {
        let command = try parse([])
        #expect(command.file == nil)
        #expect(command.layout == .retail)
        #expect(!command.untilCapture)
        #expect(command.cardToken == nil)
    }

    @Test("A folder of the Olist layout, the shorter run and a card are taken")
    func taken() throws {
        let olist = try parse(["--layout", "olist", "./olist", "--embedded", "--limit", "10"])
        #expect(olist.layout == .olist)
        #expect(olist.file == "./olist")
        #expect(try parse(["--until-capture"]).untilCapture)
        #expect(try parse(["books.csv", "--card-token", "tok-1"]).cardToken == "tok-1")
    }

    @Test(
        "What does not go together is refused",
        arguments: [
            (["--layout", "olist"], "needs the folder"),
            (["--layout", "olist", "dir", "--until-capture"], "--until-capture does not go"),
            (["--layout", "olist", "dir", "--until", "2018-01-01"], "--until does not go"),
            (["--layout", "olist", "dir", "--card-token", "t"], "--card-token does not go"),
            (["--until-capture", "--card-token", "t"], "nothing is paid"),
            (["--layout", "northwind"], "northwind"),
            (["--data", "dir"], "--data goes with --embedded"),
        ])
    func refused(arguments: [String], said: String) {
        let error = #expect(throws: (any Error).self) { try parse(arguments) }
        #expect(error.map { ReplayCommand.message(for: $0).contains(said) } == true)
    }
}
