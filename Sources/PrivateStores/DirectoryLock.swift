import Glibc

/// Holds a directory for one live instance; the kernel lets go of it when our process ends, however it ends.
final class DirectoryLock: Sendable {
    private let descriptor: Int32

    init(_ directory: String) throws(PrivateStoreError) {
        let path = directory + "/.lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw PrivateStoreError(
                .directoryUnusable, "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let isHeld = errno == EWOULDBLOCK
            close(descriptor)
            throw PrivateStoreError(
                .directoryUnusable,
                isHeld
                    ? "\(directory) is in use by another live instance; stop it or choose another directory"
                    : "\(directory) cannot be locked: \(String(cString: strerror(errno)))")
        }
        self.descriptor = descriptor
    }

    deinit {
        close(self.descriptor)
    }
}
