/// A stored value that this version does not know: the database was written by another one.
struct UnreadableValue: Error, CustomStringConvertible {
    /// The table's column.
    var column: String

    var description: String { "a value in \(column) is not known" }
}
