import Foundation

/// The contract as `Protos` has it.
enum Contract {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The methods of every service of Holdfast, by the service's name.
    static func services() throws -> [String: [String]] {
        let folder = root.appendingPathComponent("Protos/holdfast/v1")
        var services: [String: [String]] = [:]
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) where file.hasSuffix(".proto") {
            let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
            var service = ""
            for line in text.split(separator: "\n") {
                let words = line.split(whereSeparator: { $0 == " " || $0 == "(" })
                if words.first == "service", words.count > 1 { service = String(words[1]) }
                if words.first == "rpc", words.count > 1 { services[service, default: []].append(String(words[1])) }
            }
        }
        return services
    }
}
