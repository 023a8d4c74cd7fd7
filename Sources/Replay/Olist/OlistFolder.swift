#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A folder or a file in it cannot be read as the Olist layout.
public struct OlistFolderError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, with the name of the file where it is one's.
    public let reason: String

    init(_ reason: String) {
        self.reason = reason
    }

    /// What is wrong.
    public var description: String { reason }
}

/// A folder with one file of every kind of the Olist layout.
public struct OlistFolder: Hashable, Sendable {
    /// Path of each file.
    public let paths: [OlistFile: String]

    /// Looks for the files of a folder; other files in it do not matter.
    ///
    /// Throws where the folder cannot be read, or where it has no file of a kind, or more than one.
    public init(path: String) throws(OlistFolderError) {
        guard let folder = opendir(path) else {
            throw OlistFolderError("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            names.append(name)
        }
        try self.init(path: path, names: names)
    }

    init(path: String, names: [String]) throws(OlistFolderError) {
        var paths: [OlistFile: String] = [:]
        var faults: [String] = []
        for file in OlistFile.allCases {
            let found = names.filter(file.matches).sorted()
            switch found.count {
            case 1: paths[file] = "\(path)/\(found[0])"
            case 0:
                faults.append("no file \(file.stems.map { "\($0)*.csv" }.joined(separator: " or ")), plain or .gz")
            default: faults.append("more than one file of \(file.rawValue): \(found.joined(separator: ", "))")
            }
        }
        guard faults.isEmpty else { throw OlistFolderError("\(path): \(faults.joined(separator: "; "))") }
        self.paths = paths
    }
}
