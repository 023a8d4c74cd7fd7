import Domain

/// Gives the rows of one delivery their ids.
///
/// A row's id is made of the delivery's name, the row's content, and how many equal rows came before it. So the same rows
/// under the same name are added once, however often and in whatever order they are imported, also when a file is
/// imported again after a row of it was corrected or the rest of a broken-off file came in; equal rows of one file
/// still add up; and another delivery adds its own.
struct Delivery {
    /// The delivery's name.
    let name: String
    private var seen: [ContentHash: UInt64] = [:]

    /// Begins a delivery with this name.
    init(name: String) {
        self.name = name
    }

    /// The id of the next row with this content.
    mutating func id(sku: String, location: String, quantity: Int64) -> EntityID {
        var hash = ContentHash()
        hash.add("holdfast.import/stock")
        hash.add(name)
        hash.add(sku)
        hash.add(location)
        hash.add(UInt64(bitPattern: quantity))
        let occurrence = seen[hash, default: 0]
        seen[hash] = occurrence + 1
        hash.add(occurrence)
        return hash.id
    }

    /// The name that a file's path stands for: its last part without `.gz`.
    static func name(path: String) -> String {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        return file.hasSuffix(".gz") ? String(file.dropLast(3)) : file
    }
}
