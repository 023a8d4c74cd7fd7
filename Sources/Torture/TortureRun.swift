import GRPCCore
import HoldfastAPI
import NIOCore
import NIOPosix
import SwiftProtobuf

/// One run against a private stack: trade and faults side by side, then peace, then the checks.
///
/// States: *stocked* → *trading* (faults come and go; now and then trade pauses until availability is exact) → *healed*
/// (everything runs again) → *repeated* (open calls are made until their outcome is known, acknowledged ones once more)
/// → *checked*.
package struct TortureRun: Sendable {
    let options: TortureOptions
    let stack: TortureStack
    let history = History()
    let timeline = Timeline()
    let counters = LoadCounters()
    private let gate = LoadGate()
    private let shelf = Shelf()
    private let ledger: LedgerReader
    private let stream: CommitStream
    private let wares: Wares
    private let progress: @Sendable (String) -> Void

    /// Makes a run over a stack that serves.
    ///
    /// - Parameters:
    ///   - options: what it is made of.
    ///   - stack: the stack.
    ///   - ledger: reads its PostgreSQL.
    ///   - stream: follows what its PostgreSQL commits, from before the servers were started.
    ///   - progress: told what is going on, now and then.
    init(
        options: TortureOptions, stack: TortureStack, ledger: LedgerReader, stream: CommitStream,
        progress: @escaping @Sendable (String) -> Void
    ) {
        self.options = options
        self.stack = stack
        self.progress = progress
        self.ledger = ledger
        self.stream = stream
        wares = Wares(tag: "T")
    }

    /// Runs to the end and reports.
    ///
    /// Throws where the run itself could not be made; what breaks a promise is in the report.
    func run() async throws -> TortureReport {
        let following = Task { await stream.follow() }
        defer { following.cancel() }
        let steward = client(number: -1)
        try await stock(by: steward)
        let began = history.now
        let skipped = try await trade(until: began + Int64(options.seconds) * 1_000_000_000)
        let traded = history.now
        progress("healing")
        try await stack.heal()
        await quiet(healed: history.now, reopens: false)
        progress("asking again")
        await repeatCalls(by: steward)
        await quiet(healed: history.now, reopens: false)
        progress("checking")
        following.cancel()
        await following.value
        let violations = try await check(steward)
        for connection in steward.connections { await connection.close() }
        return TortureReport(
            options: options, began: began, traded: traded, figures: counters.now, calls: history.calls,
            faults: timeline.faults, quiets: timeline.quiets, skipped: skipped, violations: violations)
    }

    private func client(number: Int) -> LoadClient {
        LoadClient(
            number: number,
            connections: stack.ways.map {
                LoadConnection(host: "127.0.0.1", port: $0.clients.port, group: stack.group)
            },
            history: history, gate: gate, shelf: shelf, counters: counters,
            callTimeout: .milliseconds(Int64(options.callMilliseconds)))
    }

    // MARK: - Stocking

    private func stock(by steward: LoadClient) async throws {
        var random = SeededGenerator(seed: options.seed, part: 1)
        func id() -> String { LoadMix.id(using: &random) }
        try await need(steward, "CatalogService", "UpsertChannels", wares.channelRequest(id: id()))
        try await need(steward, "CatalogService", "UpsertLocations", wares.locationRequest(id: id()))
        try await need(steward, "CatalogService", "UpsertProducts", wares.productRequest(id: id()))
        for receipt in wares.openingReceipts(id: id) {
            guard case .done = await steward.made(.receive(receipt), on: 0) else {
                throw TortureError("the opening stock was refused")
            }
        }
    }

    private func need(_ client: LoadClient, _ service: String, _ method: String, _ request: some Message) async throws {
        _ = try await client.connections[0].call(
            service: "holdfast.v1.\(service)", method: method, message: request.serializedBytes(), timeout: .seconds(30)
        ).get()
    }

    // MARK: - Trading

    /// Trades under faults; returns the kinds that cannot be done here, and why.
    private func trade(until end: Int64) async throws -> [FaultKind: String] {
        let injector = FaultInjector(stack: stack, history: history)
        var skipped: [FaultKind: String] = [:]
        for kind in options.faults {
            if let obstacle = injector.obstacle(to: kind) { skipped[kind] = obstacle }
        }
        let kinds = options.faults.filter { skipped[$0] == nil }
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<options.clients {
                group.addTask {
                    let client = self.client(number: number)
                    await client.run(
                        LoadMix(
                            random: SeededGenerator(seed: options.seed, part: UInt64(number + 1_000)), wares: wares,
                            shelf: shelf, isSalted: false))
                    for connection in client.connections { await connection.close() }
                }
            }
            await fault(FaultPlan(seed: options.seed, kinds: kinds, servers: stack.servers.count), injector, until: end)
            gate.end()
        }
        return skipped
    }

    private func fault(_ plan: FaultPlan, _ injector: FaultInjector, until end: Int64) async {
        var plan = plan
        var seconds = 0
        while history.now < end {
            do { try await Task.sleep(for: .milliseconds(300)) } catch { return }
            guard let fault = plan.next() else { continue }
            let second = fault.overlapsNext ? plan.next() : nil
            let both = [fault, second].compactMap { $0 }
            if both.count == 2 && both[0].kind.part == both[1].kind.part {
                for fault in both { timeline.record(await injector.run(fault)) }
            } else {
                await withTaskGroup(of: FaultRecord.self) { group in
                    for fault in both { group.addTask { await injector.run(fault) } }
                    for await record in group { timeline.record(record) }
                }
            }
            let healed = history.now
            do { try await Task.sleep(for: .milliseconds(fault.restMilliseconds)) } catch { return }
            if fault.isFollowedByQuiet && history.now < end { await quiet(healed: healed, reopens: true) }
            let passed = Int(history.now / 5_000_000_000)
            if passed > seconds {
                seconds = passed
                progress(
                    "\(passed * 5) s: \(timeline.faults.count) faults, \(counters.now.calls.values.reduce(0, +)) calls")
            }
        }
    }

    // MARK: - Quiet

    /// Pauses trade until availability is exact, or the time for that is over.
    private func quiet(healed: Int64, reopens: Bool) async {
        do { try await gate.drain() } catch { return }
        let probe = ExactnessProbe(stack: stack, ledger: ledger)
        let began = history.now
        let end = began + Int64(options.exactSeconds) * 1_000_000_000
        var differences = ["it could not be asked"]
        var exact: Int64?
        while exact == nil && history.now < end {
            do {
                differences = try await probe.differences()
                if differences.isEmpty { exact = history.now }
            } catch {
                differences = ["\(error)"]
            }
            if exact == nil { do { try await Task.sleep(for: .milliseconds(20)) } catch { break } }
        }
        timeline.record(QuietRecord(healed: healed, began: began, exact: exact, differences: differences))
        if reopens { gate.open() }
    }

    // MARK: - Repeating

    /// Makes every open call until its outcome is known, and acknowledged ones once more.
    private func repeatCalls(by steward: LoadClient) async {
        var random = SeededGenerator(seed: options.seed, part: 2)
        let keys = KeyHistory.sorted(history.calls)
        let open = keys.filter { !$0.isAcknowledged && $0.mayHaveTakenEffect }.compactMap(\.calls.first?.mutation)
        let done = keys.compactMap(\.firstDone?.mutation).shuffled(using: &random).prefix(options.repetitions)
        let works = (open + done).enumerated().map { ($0, $1) }
        await withTaskGroup(of: Void.self) { group in
            for lane in 0..<32 {
                group.addTask {
                    for index in stride(from: lane, to: works.count, by: 32) {
                        for attempt in 0..<100 {
                            let outcome = await steward.made(
                                works[index].1, on: (index + attempt) % steward.connections.count)
                            guard outcome.isForNow else { break }
                            do { try await Task.sleep(for: .milliseconds(100)) } catch { return }
                        }
                    }
                }
            }
        }
    }

    // MARK: - Checking

    private func check(_ steward: LoadClient) async throws -> [Violation] {
        let keys = KeyHistory.sorted(history.calls)
        var violations = IdempotencyCheck.violations(in: keys)
        violations += ReadCheck.violations(of: history.reads, in: keys)
        violations += DurabilityCheck.violations(in: keys, facts: try await ledger.facts())
        violations += try await ledger.booksViolations()
        let replay = try await stream.finish()
        violations += replay.violations(beside: keys)
        violations += WitnessCheck.violations(in: keys, witnesses: replay.witnesses)
        for quiet in timeline.quiets where quiet.exact == nil {
            violations.append(
                Violation(
                    .notExact,
                    "availability was not exact \(options.exactSeconds) s after the last fault: "
                        + quiet.differences.prefix(5).joined(separator: "; "), moment: quiet.began))
        }
        for (number, connection) in steward.connections.enumerated() {
            violations += await ownBooks(of: number, connection)
        }
        return violations
    }

    /// What a server itself says of the books.
    private func ownBooks(of number: Int, _ connection: LoadConnection) async -> [Violation] {
        var found: [Violation] = []
        // Reservations go on expiring: one that does between the looks at the two stores makes them differ.
        for _ in 0..<40 {
            let answer = await connection.call(
                service: "holdfast.v1.OperationsService", method: "CheckBooks", message: [], timeout: .seconds(60))
            do {
                let books = try Holdfast_V1_CheckBooksResponse(serializedBytes: answer.get())
                if books.agree { return [] }
                found = [
                    Violation(.books, "server \(number) says that the books do not agree: \(books.textFormatString())")
                ]
            } catch {
                found = [Violation(.books, "server \(number) cannot tell of its books: \(error)")]
            }
            do { try await Task.sleep(for: .milliseconds(250)) } catch { break }
        }
        return found
    }
}

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
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        var plan = TortureStack.Plan(program: program, directory: directory)
        plan.diskBytes = min(4 << 30, (640 << 20) + options.seconds * (8 << 20))
        if let sabotage = options.sabotage { plan.environment["HOLDFAST_SABOTAGE"] = sabotage }
        let result: Result<TortureReport, any Error>
        do {
            result = .success(try await alone(options, plan, group: group, progress: progress))
        } catch {
            result = .failure(error)
        }
        try await group.shutdownGracefully()
        return try result.get()
    }

    private static func alone(
        _ options: TortureOptions, _ plan: TortureStack.Plan, group: any EventLoopGroup,
        progress: @escaping @Sendable (String) -> Void
    ) async throws -> TortureReport {
        var followed: (ledger: LedgerReader, stream: CommitStream)?
        let result: Result<TortureReport, any Error>
        do {
            let stack = try await TortureStack.start(plan, group: group) { url in
                let ledger = LedgerReader(url: url)
                do {
                    followed = (ledger, try await CommitStream.begin(ledger))
                } catch {
                    await ledger.shutdown()
                    throw error
                }
            }
            guard let followed else { preconditionFailure("a stack whose ledger was never there") }
            let run = TortureRun(
                options: options, stack: stack, ledger: followed.ledger, stream: followed.stream, progress: progress)
            let made: Result<TortureReport, any Error>
            do { made = .success(try await run.run()) } catch { made = .failure(error) }
            await stack.stop()
            result = made
        } catch {
            result = .failure(error)
        }
        await followed?.ledger.shutdown()
        return try result.get()
    }
}
