import PrivateStores

/// `redis-cli --pipe` of a file of commands into a Redis of its own.
enum MassInsertion {
    /// Starts an empty Redis in a folder, feeds it, stops it, and returns the seconds that feeding took.
    ///
    /// Throws where redis-cli is not installed or some command failed.
    static func seconds(of file: String, in folder: String) async throws -> Double {
        let redis = try await PrivateRedis.start(directory: folder)
        let result: Result<Double, any Error>
        do {
            let clock = ContinuousClock()
            let start = clock.now
            let program = try PrivateProgram(
                ["/bin/sh", "-c", "exec redis-cli -s \"$0\" --pipe < \"$1\"", redis.unixSocketPath, file],
                log: folder + "/pipe.log")
            let line = try await program.line(beginningWith: "errors: ", seconds: 600)
            let elapsed = clock.now - start
            guard line.hasPrefix("errors: 0,") else {
                throw CommandFailure(.unexpected, "redis-cli --pipe: \(line)")
            }
            result = .success(elapsed / .seconds(1))
        } catch {
            result = .failure(error)
        }
        await redis.stop()
        return try result.get()
    }
}
