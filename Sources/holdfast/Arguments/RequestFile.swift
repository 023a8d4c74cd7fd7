import SwiftProtobuf

/// A file that holds a whole request in protobuf JSON.
enum RequestFile {
    /// Longest file in bytes: the longest request that a server takes.
    static let limit = 4 << 20

    /// The request of a file.
    static func read<Request: Message>(_ path: String) throws -> Request {
        let text = try WholeFile.text(path: path, limit: limit)
        do {
            return try Request(jsonString: text)
        } catch {
            let name = Request.protoMessageName.split(separator: ".").last ?? ""
            throw CommandFailure(.invalid, "\(path) is not a \(name) in protobuf JSON: \(error)")
        }
    }
}
