import Glibc

/// Where a store's unix socket lies: in the store's own directory, or in a short temporary one when that is too deep.
struct SocketDirectory: Sendable {
    /// The longest path that a unix socket may have.
    static let maximumPathLength = 107

    let path: String
    private let isTemporary: Bool

    /// Makes a private directory for a socket of this name; `preferred` is taken if the whole path is short enough.
    init(preferred: String, socketName: String, owner: ServiceAccount?) throws(PrivateStoreError) {
        self.isTemporary = preferred.utf8.count + 1 + socketName.utf8.count > Self.maximumPathLength
        self.path = self.isTemporary ? try SystemFile.makeTemporaryDirectory(owner: owner) : preferred
        if !self.isTemporary { try SystemFile.makePrivateDirectory(preferred, owner: owner) }
    }

    /// Removes a temporary directory with what is in it.
    func discard() {
        guard self.isTemporary else { return }
        for name in SystemFile.names(in: self.path) { unlink(self.path + "/" + name) }
        rmdir(self.path)
    }
}
