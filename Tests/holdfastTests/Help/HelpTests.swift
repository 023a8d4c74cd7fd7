import ArgumentParser
import Foundation
import HoldfastServer
import Testing

@testable import holdfast

@Suite("Help")
struct HelpTests {
    private struct Command: Sendable, CustomTestStringConvertible {
        var path: [String]
        var discussion: String
        var abstract: String
        var isLeaf: Bool
        var testDescription: String { path.joined(separator: " ") }
    }

    private static let commands = commands(Holdfast.self, path: [])

    private static func commands(_ type: any ParsableCommand.Type, path: [String]) -> [Command] {
        let configuration = type.configuration
        let path = path + [configuration.commandName ?? "?"]
        let own = Command(
            path: path, discussion: configuration.discussion, abstract: configuration.abstract,
            isLeaf: configuration.subcommands.isEmpty)
        return [own] + configuration.subcommands.flatMap { commands($0, path: path) }
    }

    @Test(
        "Every command has an abstract, and every command that does something an example of itself", arguments: commands
    )
    private func examples(command: Command) {
        #expect(!command.abstract.isEmpty)
        if command.isLeaf {
            #expect(command.discussion.contains("  " + command.path.joined(separator: " ")))
        }
    }

    @Test("Every example in the help is a command line that is understood", arguments: commands)
    private func examplesParse(command: Command) throws {
        for example in Self.examples(command.discussion) {
            let words = Self.words(example)
            #expect(words.first == "holdfast")
            #expect(throws: Never.self, "\(example)") { try Holdfast.parseAsRoot(Array(words.dropFirst())) }
        }
    }

    @Test("No example is broken by the width of a terminal", arguments: commands)
    private func examplesFit(command: Command) {
        for line in command.discussion.split(separator: "\n") where line.hasPrefix("  ") {
            #expect(line.count <= 80)
        }
    }

    @Test("Every command line of the README is understood")
    func readmeParses() throws {
        let shown = try Self.readme().replacing("\n$ ", with: "\n  ").replacing(" \\\n", with: " ")
        let examples = Self.examples(shown)
        #expect(examples.count >= 8)
        for example in examples {
            #expect(throws: Never.self, "\(example)") {
                try Holdfast.parseAsRoot(Array(Self.words(example).dropFirst()))
            }
        }
    }

    @Test("The README lists every setting of a server and every exit status")
    func readmeTables() throws {
        let readme = try Self.readme()
        let names = ServerConfiguration.environmentNames + ServerConfiguration.environmentFileNames
        for name in names + ["HOLDFAST_SERVER", "HOLDFAST_LOG_LEVEL"] {
            #expect(readme.contains("`\(name)`"), "\(name)")
        }
        for status in 0...6 { #expect(readme.contains("\n| \(status) | "), "\(status)") }
    }

    private static func readme() throws -> String {
        let root = #filePath.components(separatedBy: "/Tests/")[0]
        return try String(contentsOfFile: root + "/README.md", encoding: .utf8)
    }

    /// The lines that show a command, those that go on behind a backslash joined.
    private static func examples(_ discussion: String) -> [String] {
        var examples: [String] = []
        var isOpen = false
        for line in discussion.split(separator: "\n") where line.hasPrefix("  ") {
            var text = String(line.drop { $0 == " " })
            let wasOpen = isOpen
            isOpen = text.hasSuffix("\\")
            if isOpen { text.removeLast() }
            if wasOpen {
                examples[examples.count - 1] += text
            } else if text.hasPrefix("holdfast ") {
                // What stands behind > is the shell's.
                examples.append(String(text.prefix { $0 != ">" }))
            }
        }
        return examples
    }

    /// Splits as a shell does, as far as the examples need it; `UUID` and file names stand for real ones.
    private static func words(_ line: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        for character in line {
            if character == "\"" {
                isQuoted.toggle()
            } else if character == " " && !isQuoted {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        if !word.isEmpty { words.append(word) }
        return words.map { $0 == "UUID" ? "0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11" : $0 }
    }
}
