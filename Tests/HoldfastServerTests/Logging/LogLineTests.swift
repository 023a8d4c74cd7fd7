import Foundation
import HoldfastTesting
import Logging
import Testing

@testable import HoldfastServer

@Suite("Log lines")
struct LogLineTests {
    /// What a logger writes for one event, in a format.
    private func lines(
        _ format: LogFormat, _ message: String, _ metadata: Logger.Metadata = [:]
    ) -> String {
        let written = Box("")
        var handler = LineLogHandler(label: "test", level: .trace, format: format, onEvent: nil) { line in
            written.value += line
        }
        handler.metadata["standing"] = "yes"
        Logger(label: "test") { _ in handler }.warning("\(message)", metadata: metadata)
        return written.value
    }

    private func object(_ line: String) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    @Test(
        "No input makes a second line, a second field or a terminal's escape sequence",
        arguments: [
            "x\n2026-11-24T09:30:00.125Z info holdfast.server: forged", "x\r\ny", "a=b c=d", "\"quoted\" \\ back",
            "\u{1b}[31mred\u{1b}[0m", "\u{9b}31m", "tab\there", "nul\u{0}", "\u{2028}line\u{2029}", "\u{202e}turned",
            "\u{85}next", "repaired \u{fffd}", "",
        ])
    func injection(text: String) throws {
        let line = lines(.text, text, ["a": "\(text)", "b\nc=d": "1"])
        #expect(line.last == "\n")
        #expect(line.dropLast().unicodeScalars.allSatisfy { !LogText.isDangerous($0) })
        #expect(line.contains(" b_c_d=1 standing=yes\n"))
        let json = lines(.json, text, ["a": "\(text)", "b\nc=d": "1", "level": "debug", "message": "no"])
        #expect(json.dropLast().unicodeScalars.allSatisfy { !LogText.isDangerous($0) })
        let read = try object(json)
        #expect(read["level"] as? String == "warning")
        #expect(read["field_level"] as? String == "debug")
        #expect(read["message"] as? String == text)
        #expect(read["a"] as? String == text)
        #expect(read["b_c_d"] as? String == "1")
    }

    @Test("Invalid UTF-8 is repaired, long values are cut and say so, and fields are bounded")
    func bounds() throws {
        let broken = String(decoding: [0x61, 0xff, 0x0a, 0xc3] as [UInt8], as: UTF8.self)
        #expect(try object(lines(.json, broken))["message"] as? String == "a\u{fffd}\n\u{fffd}")
        let long = String(repeating: "ä", count: 100_000)
        let read = try object(lines(.json, "x", ["long": "\(long)"]))
        let value = try #require(read["long"] as? String)
        #expect(value.utf8.count < 4_200)
        #expect(value.hasSuffix("bytes more)"))
        let many = Dictionary(uniqueKeysWithValues: (0..<200).map { ("k\($0)", Logger.MetadataValue.string("v")) })
        #expect(try object(lines(.json, "x", many)).count <= 4 + LogLine.mostFields + 1)
        let deep = Logger.MetadataValue.array([.dictionary(["k\"": .array([.string("a\nb"), "\(1)"])])])
        let nested = try object(lines(.json, "x", ["deep": deep]))["deep"] as? [[String: [String]]]
        #expect(nested == [["k_": ["a\nb", "1"]]])
    }

    private static let token =
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4iLCJhdWQiOiJob2xkZmFzdCJ9.c2lnbmF0dXJlLXNpZ25hdHVyZQ"

    @Test(
        "Credentials and addresses of people are masked",
        arguments: [
            ("invalid URL postgres://oms:hunter2@db/x?password=hunter2", "hunter2"),
            ("redis://:hunter2@cache:6379/0", "hunter2"), ("postgres://oms:hun/ter2@db/x", "ter2"),
            ("host=db password=hunter2 dbname=x", "hunter2"), ("host=db password='hunter 2' dbname=x", "hunter"),
            ("authorization: Bearer hunter2", "hunter2"), ("bearer hunter2", "hunter2"),
            ("{\"password\":\"hunter2\"}", "hunter2"), ("Basic aHVudGVyMg==", "aHVudGVyMg"),
            ("token \(token) refused", "c2lnbmF0dXJl"), ("key hf_abcdefgh_hunter2hunter2hunter2", "hunter2"),
            ("Key (email)=(ann.lee@example.org) already exists", "ann.lee"), ("<ann@example.org>", "ann"),
            ("api_key=hunter2", "hunter2"), ("https://x/cb?token=hunter2&y=1", "hunter2"),
        ])
    func redaction(text: String, secret: String) {
        for format in LogFormat.allCases {
            #expect(!lines(format, text).contains(secret))
            #expect(!lines(format, "x", ["error": "\(text)"]).contains(secret))
            #expect(!lines(format, "x", ["list": .array([.string(text)])]).contains(secret))
        }
    }

    @Test(
        "Fields named like secrets are masked whole",
        arguments: ["authorization", "Password", "x-api-key", "user.email", "access_token", "cookie"])
    func secretFields(name: String) {
        for format in LogFormat.allCases { #expect(!lines(format, "x", [name: "hunter2"]).contains("hunter2")) }
    }

    @Test(
        "What only looks alike stays",
        arguments: ["TEA-TOWEL@HIGH-STREET", "tcp=127.0.0.1:7411", "unix:/run/redis.sock?db=0", "hf:b", "a=b"])
    func harmless(text: String) {
        #expect(LogRedaction.cleaned(text) == text)
    }
}
