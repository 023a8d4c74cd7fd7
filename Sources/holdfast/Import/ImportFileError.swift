/// Why a file cannot be imported at all.
struct ImportFileError: Error, Hashable, CustomStringConvertible {
    /// The reason, for people.
    let description: String

    /// Makes an error.
    init(_ description: String) {
        self.description = description
    }
}
