/// Copies of a running server: base backups, and standbys that follow it.
extension PrivatePostgres {
    /// What becomes of a copy when a server is started on it.
    public enum CopyKind: Sendable {
        /// A server of its own, as the former one was at the end of the copying.
        case backup
        /// A standby that follows the former one until it is promoted.
        case standby
        /// A server that first reads archived log, as `recovery_target…` and `restore_command` among its settings say.
        case recovery
    }

    /// Copies the server's data into a directory while it goes on working, by `pg_basebackup`.
    ///
    /// ``start(directory:listensOnPort:settings:)`` makes a server of the copy.
    ///
    /// - Parameters:
    ///   - directory: where the copy goes; made if it is missing, and it must not have data.
    ///   - kind: what a server on the copy shall be.
    /// - Throws: ``PrivateStoreError`` with the end of `pg_basebackup`'s words.
    public func copy(to directory: String, as kind: CopyKind) async throws {
        try await DetachedThread.run {
            let account = self.cluster.confinement.account
            try SystemFile.makeDirectories(directory)
            let data = directory + "/data"
            guard !SystemFile.exists(data) else {
                throw PrivateStoreError(.directoryUnusable, "\(data) is there already; a copy needs a new directory")
            }
            try SystemFile.makePrivateDirectory(data, owner: account)
            try SystemFile.write(directory + "/password", try self.cluster.password())
            let log = directory + "/copy.log"
            let exit = try self.cluster.confinement.run(
                [
                    self.cluster.programs + "/pg_basebackup", "--pgdata", data, "--host", self.socketDirectory,
                    "--port", String(self.port), "--username", Self.user, "--no-password", "--checkpoint", "fast",
                    "--wal-method", "stream",
                ] + (kind == .standby ? ["--write-recovery-conf"] : []), log: log)
            guard exit == .exited(0) else {
                throw PrivateStoreError(
                    .programFailed, "pg_basebackup failed; the end of \(log):\n\(SystemFile.tail(log))")
            }
            if kind == .recovery { try SystemFile.write(data + "/recovery.signal", "", owner: account) }
        }
    }
}
