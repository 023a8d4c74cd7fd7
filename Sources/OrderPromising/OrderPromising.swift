public import Domain
import Failpoints
import HotStock
public import Ledger
public import Logging
public import NIOCore
import PostgresClient
public import RedisClient
import Synchronization

/// The two-store protocol: Redis admits at once and in order, PostgreSQL makes it true, and a reply leaves only after
/// the commit.
///
/// Take in Redis first, PostgreSQL last; give back in PostgreSQL first, Redis last. So what Redis would admit never
/// exceeds what PostgreSQL has, and a crash anywhere leaves Redis too low, never too high.
///
/// `run()` must be running for anything to be admitted. Calls fail with `Refusal`.
public final class OrderPromising: Sendable {
    /// The durable side.
    public let ledger: Ledger
    /// What happened, for those who follow it.
    public let events: EventFeed

    private struct Lane: Sendable {
        var batcher: ReservationBatcher
        var releaser: ReleaseBatcher
        var reader: AvailabilityReader
        var hotStock: HotStock
    }

    private struct Assembly: Sendable {
        var lanes: [ObjectIdentifier: Lane]
        var first: Lane
        var placer: OrderPlacer
        var changer: StockChanger
        var keeper: AdmissionKeeper
        var sweeper: ExpirySweeper
        var repairs: Repairs
        var vshards: Int
    }

    /// This server's name among the servers of its deployment; new with each start.
    public let server: EntityID

    private let redis: RedisClient
    private let identity: LedgerIdentity
    private let configuration: PromisingConfiguration
    private let logger: Logger
    private let directory = StockDirectory()
    private let follower: DirectoryFollower
    let admission: Admission
    private let lastAnswer = LastAnswer()
    let settler: Settler
    private let claim: DeploymentClaim
    private let assembly = Mutex<Assembly?>(nil)

    /// Makes order promising over the two stores.
    ///
    /// Nothing is asked of them before `run()`. Give `identity` to the connections of the ledger's pool too, so that each is
    /// checked before it is used.
    public init(
        ledger: Ledger, redis: RedisClient, identity: LedgerIdentity = LedgerIdentity(),
        configuration: PromisingConfiguration, logger: Logger, metrics: PromisingMetrics = .off
    ) {
        var generator = SystemRandomNumberGenerator()
        server = EntityID.random(using: &generator)
        self.identity = identity
        admission = Admission(patience: configuration.loadPatience, metrics: metrics)
        self.ledger = ledger
        self.redis = redis
        self.configuration = configuration
        self.logger = logger
        settler = Settler(admission: admission)
        events = EventFeed(ledger: ledger, metrics: metrics.events, logger: logger)
        claim = DeploymentClaim(
            ledger: ledger, keyPrefix: configuration.keyPrefix, metrics: metrics, logger: logger)
        follower = DirectoryFollower(ledger: ledger, directory: directory, logger: logger)
    }

    /// True where every vshard is open for promises, whichever store decides.
    public var isReady: Bool { admission.phase == .open }

    /// What it and the services above it count.
    public var metrics: PromisingMetrics { admission.metrics }

    /// How it stands now, for metrics and health.
    public var status: PromisingStatus {
        let phase: PromisingStatus.Admission =
            switch admission.phase {
            case .closed: .closed
            case .rebuilding: .rebuilding
            case .open: .open
            }
        let open = admission.openCounts
        return PromisingStatus(
            admission: phase, reason: admission.reason, openVShards: open.redis + open.ledger,
            ledgerVShards: open.ledger,
            vshards: assembly.withLock { $0?.vshards } ?? 0, cells: directory.cellCount,
            redisRefusal: claim.refusal,
            sinceLedgerAnswered: lastAnswer.value.withLock { $0.map { ContinuousClock.now - $0 } })
    }

    // MARK: - Running

    /// Loads and arms Redis, then keeps expiry, directory and admission going until cancelled.
    ///
    /// Waits for stores that are away, and recovers by itself when they come back.
    public func run() async {
        guard let assembly = await assemble() else { return }
        admission.begin(vshards: assembly.vshards)
        self.assembly.withLock { $0 = assembly }
        identity.onChange { [admission, settler, directory, logger] what in
            logger.critical(
                "the ledger has forgotten something; every promise in flight is void", metadata: ["why": "\(what)"])
            settler.forget()
            directory.forget()
            admission.requestRebuild(what)
        }
        for link in redis.links {
            link.onStateChange { [admission] state in
                // What a new connection leads to is looked at before anything is promised there.
                if state.isConnected { admission.nudge() } else { admission.closeRedis() }
            }
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await assembly.keeper.run() }
            group.addTask { await assembly.keeper.tick() }
            group.addTask { await self.watchClaim(assembly) }
            group.addTask { await assembly.sweeper.run(every: self.configuration.sweepInterval) }
            group.addTask { await assembly.repairs.run() }
            group.addTask { await self.events.run() }
            group.addTask { await self.follower.run(every: self.configuration.directoryInterval) }
            group.addTask {
                await Pruner(
                    ledger: self.ledger, metrics: self.metrics.repair, settings: self.configuration.retention,
                    logger: self.logger
                ).run()
            }
        }
        admission.close()
        await assembly.keeper.leave()
        assembly.placer.close()
        for lane in assembly.lanes.values {
            lane.hotStock.eventLoop.execute { lane.batcher.close() }
        }
    }

    /// Stops promising where the Redis in use turns out to be another deployment's, or not the one that the others use.
    private func watchClaim(_ assembly: Assembly) async {
        let lanes = Array(assembly.lanes.values)
        await claim.watch(
            every: configuration.claimInterval, { lanes.first { $0.hotStock.link.isConnected }?.hotStock },
            onRefusal: { [admission] in
                admission.closeRedis()
            })
    }

    /// Puts the parts together once the ledger has told the number of vshards; nil where cancelled before.
    private func assemble() async -> Assembly? {
        var failing = false
        while !Task.isCancelled {
            do {
                let vshards = try await ledger.vshardCount()
                try await follower.refresh()
                return assemble(vshards: vshards)
            } catch {
                if !failing { logger.warning("waiting for the ledger", metadata: ["error": "\(error)"]) }
                failing = true
                do { try await Task.sleep(for: .milliseconds(200)) } catch { return nil }
            }
        }
        return nil
    }

    private func assemble(vshards: Int) -> Assembly? {
        let keys = HotStockKeys(prefix: configuration.keyPrefix, vshards: vshards)
        var lanes: [ObjectIdentifier: Lane] = [:]
        var first: Lane?
        for link in redis.links {
            let hotStock = HotStock(link: link, keys: keys)
            let reader = AvailabilityReader(
                loop: link.eventLoop, hotStock: hotStock, ledger: ledger, directory: directory, admission: admission,
                maximumAge: configuration.maximumAge, capacity: configuration.nearCacheCapacity)
            let lane = Lane(
                batcher: ReservationBatcher(
                    loop: link.eventLoop, ledger: ledger, hotStock: hotStock, directory: directory,
                    follower: follower, admission: admission, settler: settler, reader: reader,
                    limits: configuration.batching,
                    logger: logger),
                releaser: ReleaseBatcher(
                    loop: link.eventLoop, ledger: ledger, hotStock: hotStock, admission: admission, settler: settler,
                    reader: reader, limits: configuration.batching),
                reader: reader, hotStock: hotStock)
            lanes[ObjectIdentifier(link.eventLoop)] = lane
            first = first ?? lane
        }
        guard let first else { return nil }
        let connected = Array(lanes.values.map(\.hotStock))
        return Assembly(
            lanes: lanes, first: first,
            placer: OrderPlacer(
                ledger: ledger, hotStock: first.hotStock, directory: directory, follower: follower,
                admission: admission, settler: settler, limits: configuration.batching, logger: logger),
            changer: StockChanger(
                ledger: ledger, hotStock: first.hotStock, directory: directory, follower: follower,
                admission: admission, settler: settler, logger: logger),
            keeper: AdmissionKeeper(
                server: server, ledger: ledger, identity: identity, redis: redis,
                hotStock: { connected.first { $0.link.isConnected } }, admission: admission, settler: settler,
                directory: directory, follower: follower, claim: claim,
                vshards: vshards, configuration: configuration, logger: logger),
            sweeper: ExpirySweeper(
                ledger: ledger, hotStock: first.hotStock, settler: settler, admission: admission,
                lastAnswer: lastAnswer, logger: logger),
            repairs: Repairs(
                ledger: ledger, hotStock: { connected.first { $0.link.isConnected } }, admission: admission,
                settler: settler, settings: configuration.repair, vshards: (0..<vshards).map { VShard(Int16($0)) },
                logger: logger),
            vshards: vshards)
    }

    private func assembled() throws(Refusal) -> Assembly {
        guard let assembly = assembly.withLock({ $0 }) else {
            throw .unavailable("the server is starting", retryAfterMilliseconds: 250)
        }
        return assembly
    }

    private func lane(on loop: any EventLoop) throws(Refusal) -> Lane {
        let assembly = try assembled()
        return assembly.lanes[ObjectIdentifier(loop)] ?? assembly.first
    }

    // MARK: - Hot calls

    /// Answers how many units are available; the future completes on `loop`.
    ///
    /// An item without a location counts those of `locations` only, where it is not nil.
    public func availability(
        _ items: [AvailabilityItem], fresh: Bool, within locations: Set<String>?, on loop: any EventLoop
    ) -> EventLoopFuture<AvailabilityAnswer> {
        onLane(loop) { $0.reader.read(items, fresh: fresh, within: locations) }
    }

    /// Holds every line or none; the future completes on `loop`.
    public func reserve(_ request: ReservationRequest, deadline: NIODeadline, on loop: any EventLoop)
        -> EventLoopFuture<Reservation>
    {
        onLane(loop) { $0.batcher.reserve(request, deadline: deadline) }
    }

    /// Releases a reservation and tells its final state; the future completes on `loop`.
    ///
    /// A compare-and-set decides: what an order or the expiry closed first stays so. Fails with `Refusal.notFound`, and
    /// with `Refusal.wrongState` where an order has taken it.
    ///
    /// A caller that is held to its channels learns nothing of the others'.
    public func release(
        _ reservation: EntityID, by caller: Caller, on loop: any EventLoop
    ) -> EventLoopFuture<HoldState> {
        onLane(loop) { $0.releaser.release(reservation, by: caller) }
    }

    /// Runs a call on the lane of a loop; what the directory does not know is looked for once in PostgreSQL.
    private func onLane<R: Sendable>(
        _ loop: any EventLoop, _ call: @escaping @Sendable (Lane) -> EventLoopFuture<R>
    ) -> EventLoopFuture<R> {
        let lane: Lane
        do { lane = try self.lane(on: loop) } catch { return loop.makeFailedFuture(error) }
        let laneLoop = lane.hotStock.eventLoop
        let first = laneLoop.inEventLoop ? call(lane) : laneLoop.flatSubmit { call(lane) }
        return first.flatMapError { error in
            switch error {
            case ResolutionFailure.refused(let refusal): return laneLoop.makeFailedFuture(refusal)
            case ResolutionFailure.unknown:
                return laneLoop.makeFutureWithTask { try await self.refreshDirectory() }
                    .flatMap { call(lane) }
                    .flatMapErrorThrowing { error in
                        switch error {
                        case ResolutionFailure.refused(let refusal): throw refusal
                        case ResolutionFailure.unknown(let violations): throw Refusal.invalid(violations)
                        default: throw error
                        }
                    }
            default: return laneLoop.makeFailedFuture(error)
            }
        }.hop(to: loop)
    }

    /// Answers how many units are available.
    public func availability(
        _ items: [AvailabilityItem], fresh: Bool, within locations: Set<String>?
    ) async throws -> AvailabilityAnswer {
        try await availability(items, fresh: fresh, within: locations, on: redis.anyLink.eventLoop).get()
    }

    /// Holds every line or none.
    public func reserve(_ request: ReservationRequest, deadline: NIODeadline) async throws -> Reservation {
        try await reserve(request, deadline: deadline, on: redis.anyLink.eventLoop).get()
    }

    /// Releases a reservation and tells its final state.
    public func release(_ reservation: EntityID, by caller: Caller) async throws -> HoldState {
        try await release(reservation, by: caller, on: redis.anyLink.eventLoop).get()
    }

    // MARK: - Reservations

    /// Moves the expiry of a live reservation.
    public func extend(
        _ extensionID: EntityID, reservation: EntityID, ttlMilliseconds: Int64, body: [UInt8], caller: Caller,
        encodeReply: @escaping @Sendable (Instant) throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await ledger.extend(
            extensionID, reservation: reservation, ttlMilliseconds: ttlMilliseconds, body: body,
            caller: caller, encodeReply: encodeReply)
    }

    /// A reservation as it stands.
    ///
    /// One whose time has passed is ended first: what was told as expired stays so, and no order comes after.
    public func reservation(_ id: EntityID, for caller: Caller) async throws -> Reservation {
        guard let (reservation, isDue) = try await ledger.reservation(id) else {
            throw Refusal.missing(.reservation, id.description, for: caller)
        }
        try caller.scope.admit(channel: reservation.channel)
        guard isDue else { return reservation }
        do {
            guard try await assembled().sweeper.end(id) else {
                // An order or a release is at work on it: they are first, or have just been.
                return try await ledger.reservation(id)?.reservation ?? reservation
            }
        } catch let refused as StatementRefused {
            logger.warning("a reservation cannot be ended", metadata: ["reservation": "\(id)", "error": "\(refused)"])
        } catch is Refusal {
            // Where PostgreSQL writes nothing, no order takes it either.
            logger.debug("a reservation is not ended now", metadata: ["reservation": "\(id)"])
        }
        return reservation
    }

    // MARK: - Orders

    /// Captures an order with its stock, all lines or none.
    public func place(_ request: OrderRequest, deadline: NIODeadline) async throws -> CapturedOrder {
        try await assembled().placer.place(request, deadline: deadline)
    }

    /// Cancels open units; the reply is stored with the effect.
    public func cancel(
        _ request: CancellationRequest, encodeReply: @escaping @Sendable (Cancellation) throws -> [UInt8]
    ) async throws -> [UInt8] {
        let (reply, settlement) = try await ledger.cancel(request, encodeReply: encodeReply)
        Failpoint.cancelled.pass()
        await settle(settlement)
        return reply
    }

    /// Tells Redis what a change of an order did to stock, and waits until it has heard, so that the caller's next call finds it.
    ///
    /// A settlement that is lost is no failure: the change stands, and the comparison of the stores repeats it. Before the first
    /// look at the ledger there is no Redis to tell.
    public func settle(_ settlement: Settlement) async {
        guard let assembly = assembly.withLock({ $0 }) else { return }
        await settler.settleAndWait(settlement, through: assembly.first.hotStock)
    }

    /// Sets stock aside for a change of an order that needs more: an amendment, supply for units that wait, another location, an exchange.
    ///
    /// It is a reservation, admitted and journalled like any other in whichever store decides, under an id that follows from
    /// what it is for; the change takes it in its own transaction (`OrderWork.take`). Asking again for the same cause and demands
    /// gives the same reservation. A crash before it is taken leaves a reservation that expires by itself.
    ///
    /// - Parameters:
    ///   - demands: what is needed; each is one target of the taking, in the same order.
    ///   - cause: the id of the change that will take it.
    ///   - attempt: 0, and one more for each reservation of that cause that was lost (``LedgerFault/planOutdated``).
    ///   - channel: the order's channel.
    ///   - caller: who asks for the change: any location is one within the scope. `.system` where stock elsewhere may serve.
    ///   - deadline: until when to wait for admission.
    /// - Returns: the reservation, held for a minute.
    /// - Throws: `Refusal` with what is short, as for Reserve.
    public func setAside(
        _ demands: [Demand], for cause: EntityID, attempt: Int = 0, channel: String, caller: Caller,
        deadline: NIODeadline
    ) async throws -> Reservation {
        let id = cause.setAside(demands, attempt: attempt)
        return try await reserve(
            ReservationRequest(
                id: id, channel: channel, demands: demands, ttlMilliseconds: 60_000, body: Array("for \(cause)".utf8),
                caller: caller), deadline: deadline)
    }

    /// Frees stock that was set aside for a change that did not come about; where that fails now, it expires by itself.
    public func giveBack(_ reservation: EntityID?) async {
        guard let reservation else { return }
        do {
            _ = try await release(reservation, by: .system)
        } catch {
            logger.debug(
                "stock that was set aside is not freed at once",
                metadata: ["reservation": "\(reservation)", "error": "\(error)"])
        }
    }

    // MARK: - Stock

    /// Receives, adjusts, counts or moves stock, or sets safety stock; the reply is stored with the effect.
    public func change(
        _ change: StockChange, encodeReply: @escaping @Sendable ([StockLevel]) throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await assembled().changer.change(change, encodeReply: encodeReply)
    }

    /// The terms of an article's availability, by location in the order of their ranks, as far as a scope reaches.
    ///
    /// What channels outside the scope hold is told in one sum, under an empty code.
    public func explain(sku: String, location: String, within scope: Scope) async throws -> [AvailabilityTerms] {
        let hotStock = try assembled().first.hotStock
        try await refreshDirectory()
        let found = directory.look { view -> Result<(vshard: VShard, cells: [(id: CellID, code: String)]), Refusal> in
            guard let product = view.product(sku) else { return .failure(.notFound(.product, sku)) }
            guard product.tracked else {
                return .failure(
                    .invalid([FieldViolation("sku", "the product is untracked: it has no stock to explain")]))
            }
            if !location.isEmpty && view.location(location) == nil {
                return .failure(.notFound(.location, location))
            }
            let cells = product.cells.compactMap { cell -> (id: CellID, code: String)? in
                guard let entry = view.location(cell.location), location.isEmpty || entry.code == location,
                    scope.covers(location: entry.code)
                else {
                    return nil
                }
                return (cell.id, entry.code)
            }
            return .success((product.vshard, cells))
        }
        let (vshard, cells) = try found.get()
        guard !cells.isEmpty else { return [] }
        let terms = try await ledger.availabilityTerms(of: cells.map(\.id))
        let figures = try await admissible(cells.map(\.id), in: vshard, through: hotStock)
        return zip(cells, figures).compactMap { cell, figure in
            guard let terms = terms[cell.id] else { return nil }
            return AvailabilityTerms(
                location: cell.code, onHand: terms.onHand, safety: terms.safety, allocated: terms.allocated,
                heldByChannel: Self.held(terms.heldByChannel, within: scope), admissible: figure ?? 0)
        }
    }

    /// What would be admitted of cells now, by whichever store decides.
    private func admissible(_ cells: [CellID], in vshard: VShard, through hotStock: HotStock) async throws -> [Int64?] {
        switch await admission.decided(vshard) {
        case .closed, .loading:
            throw Refusal.unavailable("stock admission is being restored", retryAfterMilliseconds: 250)
        case .ledger:
            let read = ledger.available(cells)
            do {
                let figures = try await ledger.pool.withConnection { connection in try read(connection) }
                return cells.map { figures[$0] }
            } catch {
                throw Ledger.refusal(of: error)
            }
        case .redis:
            do {
                return try await hotStock.read(vshard, cells).get()
            } catch {
                throw Refusal.unavailable("stock figures cannot be read", retryAfterMilliseconds: 250)
            }
        }
    }

    private static func held(
        _ entries: [(channel: String, held: Int64)], within scope: Scope
    ) -> [(channel: String, held: Int64)] {
        let inside = entries.filter { scope.covers(channel: $0.channel) }
        let outside = entries.filter { !scope.covers(channel: $0.channel) }.reduce(0) { $0 + $1.held }
        return outside == 0 ? inside : inside + [(channel: "", held: outside)]
    }

    /// Adds up the books of both stores.
    ///
    /// Exact at rest; under load cells in flight count as different.
    public func books() async throws -> BooksReport {
        let hotStock = try assembled().first.hotStock
        let books = try await ledger.books()
        var differing: [BooksReport.Difference] = []
        var byVShard: [VShard: [LedgerBooks.Cell]] = [:]
        for cell in books.cells { byVShard[cell.vshard, default: []].append(cell) }
        for (vshard, cells) in byVShard {
            for first in stride(from: 0, to: cells.count, by: 1_000) {
                let part = Array(cells[first..<min(first + 1_000, cells.count)])
                let figures = try await admissible(part.map(\.cell), in: vshard, through: hotStock)
                for (cell, figure) in zip(part, figures) where figure != cell.availableToPromise {
                    differing.append(
                        BooksReport.Difference(
                            sku: cell.sku, location: cell.location, ledger: cell.availableToPromise, admission: figure))
                }
            }
        }
        return BooksReport(ledger: books, differing: differing)
    }

    /// Follows the catalogue up to now.
    ///
    /// Call it after a change was committed, so that this server knows it at once.
    public func refreshDirectory() async throws {
        try await follower.refresh()
    }
}
