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
    let target: any TortureTarget
    let group: any EventLoopGroup
    let history: History
    let timeline = Timeline()
    let counters = LoadCounters()
    private let gate = LoadGate()
    private let shelf = Shelf()
    private let wares: Wares
    private let progress: @Sendable (String) -> Void

    /// Makes a run against a target that serves.
    ///
    /// - Parameters:
    ///   - options: what it is made of.
    ///   - target: what it is made against.
    ///   - wares: what is traded.
    ///   - group: where connections run.
    ///   - history: what clients see goes there; its time is the run's.
    ///   - progress: told what is going on, now and then.
    init(
        options: TortureOptions, target: any TortureTarget, wares: Wares, group: any EventLoopGroup,
        history: History = History(), progress: @escaping @Sendable (String) -> Void
    ) {
        self.options = options
        self.target = target
        self.wares = wares
        self.group = group
        self.history = history
        self.progress = progress
    }

    /// Runs to the end and reports.
    ///
    /// Throws where the run itself could not be made, and `CancellationError` where it was broken off; what breaks a
    /// promise is in the report.
    func run() async throws -> TortureReport {
        let steward = client(number: -1)
        try await stock(by: steward)
        let began = history.now
        let skipped = try await trade(until: began + Int64(options.seconds) * 1_000_000_000)
        let traded = history.now
        // A run that was broken off has not waited for anything: it proves nothing against the service.
        try Task.checkCancellation()
        progress("healing")
        try await target.heal()
        await quiet(healed: history.now, reopens: false)
        try Task.checkCancellation()
        progress("asking again")
        await repeatCalls(by: steward)
        await quiet(healed: history.now, reopens: false)
        try Task.checkCancellation()
        progress("checking")
        let violations = try await check(steward)
        try Task.checkCancellation()
        for connection in steward.connections { await connection.close() }
        return TortureReport(
            options: options, began: began, traded: traded, figures: counters.now, calls: history.calls,
            faults: timeline.faults, quiets: timeline.quiets, skipped: skipped, violations: violations)
    }

    private func client(number: Int) -> LoadClient {
        LoadClient(
            number: number,
            connections: target.places.map { LoadConnection($0, group: group) },
            history: history, gate: gate, shelf: shelf, counters: counters,
            callTimeout: .milliseconds(Int64(options.callMilliseconds)))
    }

    // MARK: - Stocking

    private func stock(by steward: LoadClient) async throws {
        var random = SeededGenerator(seed: options.seed, part: 1)
        func id() -> String { LoadMix.id(using: &random, isSalted: target.isShared) }
        try await need(steward, "CatalogService", "UpsertChannels", wares.channelRequest(id: id()))
        try await need(steward, "CatalogService", "UpsertLocations", wares.locationRequest(id: id()))
        try await need(steward, "CatalogService", "UpsertProducts", wares.productRequest(id: id()))
        // Rules are the whole deployment's: one that others use keeps its own.
        if !target.isShared {
            try await need(steward, "ReturnService", "UpsertReturnRules", wares.returnRules(id: id()))
        }
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
        var skipped: [FaultKind: String] = [:]
        for kind in options.faults {
            if let obstacle = target.obstacle(to: kind) { skipped[kind] = obstacle }
        }
        let kinds = options.faults.filter { skipped[$0] == nil }
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<options.clients {
                group.addTask {
                    let client = self.client(number: number)
                    await client.run(
                        LoadMix(
                            random: SeededGenerator(seed: options.seed, part: UInt64(number + 1_000)), wares: wares,
                            shelf: shelf, isSalted: target.isShared, paysByCard: target.hasGateway))
                    for connection in client.connections { await connection.close() }
                }
            }
            await fault(FaultPlan(seed: options.seed, kinds: kinds, servers: target.places.count), until: end)
            gate.end()
        }
        return skipped
    }

    private func fault(_ plan: FaultPlan, until end: Int64) async {
        var plan = plan
        while history.now < end {
            do { try await Task.sleep(for: .milliseconds(300)) } catch { return }
            guard let fault = plan.next() else { continue }
            let second = fault.overlapsNext ? plan.next() : nil
            let both = [fault, second].compactMap { $0 }
            if both.count == 2 && both[0].kind.part == both[1].kind.part {
                for fault in both { note(await target.run(fault, history)) }
            } else {
                await withTaskGroup(of: FaultRecord.self) { group in
                    for fault in both { group.addTask { await target.run(fault, history) } }
                    for await record in group { note(record) }
                }
            }
            let healed = history.now
            do { try await Task.sleep(for: .milliseconds(fault.restMilliseconds)) } catch { return }
            if fault.isFollowedByQuiet && history.now < end { await quiet(healed: healed, reopens: true) }
        }
    }

    private func note(_ record: FaultRecord) {
        timeline.record(record)
        progress("\(Figure.span(record.began, record.ended))  \(record.summary)")
    }

    // MARK: - Quiet

    /// Pauses trade until availability is exact, or the time for that is over.
    private func quiet(healed: Int64, reopens: Bool) async {
        do { try await gate.drain() } catch { return }
        let began = history.now
        let end = began + Int64(options.exactSeconds) * 1_000_000_000
        var differences = ["it could not be asked"]
        var exact: Int64?
        while exact == nil && history.now < end {
            do {
                differences = try await target.differences()
                if differences.isEmpty { exact = history.now }
            } catch {
                differences = ["\(error)"]
            }
            if exact == nil { do { try await Task.sleep(for: .milliseconds(20)) } catch { break } }
        }
        do {
            timeline.record(try await target.lifeViolations())
        } catch {
            progress("the books cannot be read now, and will be at the end: \(error)")
        }
        let record = QuietRecord(healed: healed, began: began, exact: exact, differences: differences)
        timeline.record(record)
        if let nanoseconds = record.nanoseconds {
            progress("\(Figure.span(began, history.now))  quiet: exact \(nanoseconds / 1_000_000) ms after the fault")
        } else {
            progress("\(Figure.span(began, history.now))  quiet: NOT exact; \(differences.first ?? "")")
        }
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
        violations += ReadCheck.violations(of: history.wrongFigures)
        let facts = try await target.facts(of: keys)
        violations += DurabilityCheck.violations(in: keys, facts: facts)
        violations += LifeCheck.violations(in: keys, facts: facts)
        violations += timeline.violations
        for violation in try await target.lifeViolations() where !violations.contains(violation) {
            violations.append(violation)
        }
        violations += BoundedCounterCheck.violations(in: keys, facts: facts, clockMayJump: target.clockMayJump)
        violations += try await target.violations(beside: keys)
        violations += ExactnessCheck.violations(of: timeline.quiets, within: options.exactSeconds)
        for (number, connection) in steward.connections.enumerated() where !target.isShared {
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
