/// The repository that the tests were built from.
package enum Repository {
    /// Its top folder.
    package static let root: String = {
        let parts = #filePath.split(separator: "/")
        return "/" + parts.dropLast(3).joined(separator: "/")
    }()
}

/// How a program is looked at for leaks and bad reads.
package enum Valgrind {
    /// What stands before the program: any error, and any leak, makes the exit status 9.
    package static let command = [
        "valgrind", "-q", "--leak-check=full", "--show-leak-kinds=all", "--errors-for-leak-kinds=all",
        "--error-exitcode=9",
    ]
}
