import Domain

/// A place among the events as callers keep it: opaque text, bound to the deployment that gave it.
///
/// Its bytes are a version, a check over the deployment's id and the place, and the place. Another deployment's cursor, and one
/// that was mistyped, fails the check. It is no secret.
struct EventCursor: Equatable {
    /// Most characters of a cursor.
    static let bound = 128
    private static let version: UInt8 = 1
    private static let count = 33

    /// The place.
    var place: EventPosition

    /// Makes a cursor of a place.
    init(_ place: EventPosition) {
        self.place = place
    }

    /// The text form for callers of a deployment.
    func text(for deployment: EntityID) -> String {
        let bytes = Self.bytes(of: place)
        return Base64URL.encode([Self.version] + Self.check(bytes, deployment) + bytes)
    }

    /// Reads the text form; nil for what this deployment did not give.
    init?(_ text: String, of deployment: EntityID) {
        guard text.utf8.count <= Self.bound, let bytes = Base64URL.decode(text), bytes.count == Self.count,
            bytes[0] == Self.version, Self.check(Array(bytes[9...]), deployment) == Array(bytes[1..<9]),
            let transaction = Int64(pageKey: Array(bytes[9..<17])), let number = Int64(pageKey: Array(bytes[17..<25])),
            let mark = Int64(pageKey: Array(bytes[25..<33]))
        else { return nil }
        place = EventPosition(transaction: transaction, number: number, mark: mark)
    }

    private static func bytes(of place: EventPosition) -> [UInt8] {
        place.transaction.pageKey + place.number.pageKey + place.mark.pageKey
    }

    private static func check(_ bytes: [UInt8], _ deployment: EntityID) -> [UInt8] {
        Int64(bitPattern: FNV1a.hash(Array("event cursor \(deployment) ".utf8) + bytes)).pageKey
    }
}
