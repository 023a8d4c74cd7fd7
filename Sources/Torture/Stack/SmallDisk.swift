import Glibc

/// A file system in memory of a bounded size, so that it can run full without harm to anything else.
package final class SmallDisk: Sendable {
    /// Where it is mounted.
    let path: String
    private var filler: String { path + "/filler" }

    private init(path: String) { self.path = path }

    /// Mounts one; nil where this process may not.
    static func mount(at path: String, bytes: Int) -> SmallDisk? {
        guard Glibc.mount("holdfast-torture", path, "tmpfs", 0, "size=\(bytes),mode=0755") == 0 else { return nil }
        return SmallDisk(path: path)
    }

    /// Takes all the room that is left; blocks while it does.
    func fill() {
        let descriptor = open(filler, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var room = statvfs()
        if fstatvfs(descriptor, &room) == 0 {
            let end = lseek(descriptor, 0, SEEK_END)
            let left = off_t(room.f_bavail) * off_t(room.f_bsize)
            // What cannot be had in one piece is written below.
            if end >= 0, left > 0 { posix_fallocate(descriptor, end, left) }
        }
        let block = [UInt8](repeating: 0x5A, count: 65_536)
        for size in [block.count, 4_096] {
            while write(descriptor, block, size) > 0 {}
        }
    }

    /// Makes room again.
    func clear() { unlink(filler) }

    /// Takes the file system away with everything on it.
    func unmount() {
        clear()
        if umount2(path, Int32(MNT_DETACH)) == 0 { rmdir(path) }
    }
}
