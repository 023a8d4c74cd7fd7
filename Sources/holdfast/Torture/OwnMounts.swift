import Glibc

/// Mounts of this process alone: whatever becomes of a run, the small disk that it mounts goes away with its processes.
enum OwnMounts {
    private static let mark = "HOLDFAST_TORTURE_MOUNTS"

    /// Becomes the same program with the same arguments, in a mount namespace of its own.
    ///
    /// Returns where that is so already, or cannot be: without root nothing is mounted anyway.
    static func take() throws {
        guard Terminal.environment(mark) == nil, geteuid() == 0 else { return }
        let unshare = ["/usr/bin/unshare", "/bin/unshare"].first { (path: String) in access(path, X_OK) == 0 }
        guard let unshare else { return }
        setenv(mark, "own", 1)
        let words = [unshare, "--mount", "--propagation", "private", "--", try OwnProgram.path()]
        var pointers = (words + CommandLine.arguments.dropFirst()).map { strdup($0) } + [nil]
        execv(unshare, &pointers)
        // It is refused in some containers; the run goes on, and takes its disk away itself.
        for pointer in pointers { free(pointer) }
    }
}
