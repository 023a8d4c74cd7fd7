import Foundation

/// Tells one state of a file from another without reading it.
struct FileStamp: Hashable, Sendable {
    private let inode: UInt64
    private let size: UInt64
    private let changed: Date
    private let rights: UInt16

    /// Looks at the file that the path leads to in the end; `nil` where there is none that may be read.
    init?(_ path: String) {
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard FileManager.default.isReadableFile(atPath: target) else { return nil }
        let attributes: [FileAttributeKey: Any]
        do {
            attributes = try FileManager.default.attributesOfItem(atPath: target)
        } catch {
            // It went away in between.
            return nil
        }
        func number(_ key: FileAttributeKey) -> NSNumber { attributes[key] as? NSNumber ?? 0 }
        inode = number(.systemFileNumber).uint64Value
        size = number(.size).uint64Value
        changed = attributes[.modificationDate] as? Date ?? .distantPast
        rights = number(.posixPermissions).uint16Value
    }

    /// Whether accounts that neither own the file nor share its group may read or change it.
    var isOpenToOthers: Bool { rights & 0o006 != 0 }
}
