import FramedTransport
import Glibc
import NIOCore
import NIOPosix

extension TortureRun {
    /// Starts a stack, makes a run on it, and takes it down again.
    ///
    /// - Parameters:
    ///   - options: what the run is made of.
    ///   - program: path of the program that serves.
    ///   - directory: where everything goes; it must be there.
    ///   - progress: told what is going on, now and then.
    /// - Returns: the report.
    /// - Throws: why the run could not be made.
    package static func alone(
        _ options: TortureOptions, program: String, directory: String,
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> TortureReport {
        var plan = TortureStack.Plan(program: program, directory: directory)
        plan.seed = options.seed
        plan.diskBytes = min(4 << 30, (640 << 20) + options.seconds * (8 << 20))
        if let sabotage = options.sabotage {
            if sabotage != TortureOptions.noWeakness { plan.environment["HOLDFAST_SABOTAGE"] = sabotage }
            // A short run must see what happens to attempts that are taken for dead.
            plan.environment["HOLDFAST_REPAIR_GRACE_S"] = "1"
            // And where chance would take too long to hit the moment, a server is held up in it.
            if let point = getenv("HOLDFAST_FAILPOINT") {
                plan.environment["HOLDFAST_FAILPOINT"] = String(cString: point)
            }
        }
        let chosen = plan
        return try await withLoops { group in
            var followed: (ledger: LedgerReader, stream: CommitStream)?
            let result: Result<TortureReport, any Error>
            do {
                let stack = try await TortureStack.start(chosen, group: group) { url in
                    let ledger = LedgerReader(url: url)
                    do {
                        followed = (ledger, try await CommitStream.begin(ledger))
                    } catch {
                        await ledger.shutdown()
                        throw error
                    }
                }
                guard let followed else { preconditionFailure("a stack whose ledger was never there") }
                result = await made(options, stack, followed.ledger, followed.stream, group, progress)
                await stack.stop()
            } catch {
                result = .failure(error)
            }
            await followed?.ledger.shutdown()
            return try result.get()
        }
    }

    private static func made(
        _ options: TortureOptions, _ stack: TortureStack, _ ledger: LedgerReader, _ stream: CommitStream,
        _ group: any EventLoopGroup, _ progress: @escaping @Sendable (String) -> Void
    ) async -> Result<TortureReport, any Error> {
        let history = History()
        let target = PrivateTarget(
            stack: stack, ledger: ledger, stream: stream, clockMayJump: options.faults.contains(.clockStep),
            history: history)
        let run = TortureRun(
            options: options, target: target, wares: Wares(tag: "T"), group: group, history: history,
            progress: progress)
        let following = Task { await stream.follow() }
        let watching = Task { await stack.watch(progress) }
        let result: Result<TortureReport, any Error>
        do { result = .success(try await run.run()) } catch { result = .failure(error) }
        watching.cancel()
        await watching.value
        following.cancel()
        await following.value
        return result
    }

    /// Makes a run against a deployment that runs already.
    ///
    /// It trades with articles of its own, whose names begin with `tag`, and leaves them there with their orders.
    ///
    /// - Parameters:
    ///   - options: what the run is made of.
    ///   - places: its servers.
    ///   - tag: what the names of articles, locations and channels begin with.
    ///   - progress: told what is going on, now and then.
    /// - Returns: the report.
    /// - Throws: why the run could not be made.
    package static func attached(
        _ options: TortureOptions, to places: [ServerPlace], tag: String,
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> TortureReport {
        try await withLoops { group in
            let wares = Wares(tag: tag)
            let target = try await AttachedTarget.attach(
                to: places, wares: wares, withFaults: options.faults.contains(where: \.isOfClients), group: group)
            let run = TortureRun(options: options, target: target, wares: wares, group: group, progress: progress)
            let result: Result<TortureReport, any Error>
            do { result = .success(try await run.run()) } catch { result = .failure(error) }
            await target.close()
            return try result.get()
        }
    }

    private static func withLoops<R: Sendable>(_ body: (any EventLoopGroup) async throws -> R) async throws -> R {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let result: Result<R, any Error>
        do { result = .success(try await body(group)) } catch { result = .failure(error) }
        try await group.shutdownGracefully()
        return try result.get()
    }
}
