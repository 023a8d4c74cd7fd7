/// A server that compares the figure in Redis with the books of PostgreSQL, again and again, while both move.
///
/// It reads the books, then Redis, then the books again, and judges only where both readings of the books agree in the
/// `ver` and in the very rows that hold: then PostgreSQL had at no moment in between more than they say, for a base that
/// moved leaves another `ver` and a row that has ended never holds again. A higher figure is an alarm, and so is a `ver`
/// that PostgreSQL does not have.
extension Steps {
    mutating func addFigureChecks() {
        guard configuration.checksFigures else { return }
        let reading = state.reading
        let isRedisFirst = mutant == .checkReadsRedisTwice
        switch reading.stage {
        case .idle: isRedisFirst ? readFigure(reading, then: .first) : readBooks(reading, then: .first)
        case .first: isRedisFirst ? readBooks(reading, then: .second) : readFigure(reading, then: .second)
        case .second: isRedisFirst ? judgeByRedis(reading) : judge(reading)
        case .alarmed: break
        }
    }

    private mutating func readBooks(_ reading: FigureReading, then stage: FigureReading.Stage) {
        guard !state[cell: 0].isDirect else { return }
        var reading = reading
        reading.stage = stage
        reading.epoch = state[cell: 0].epoch
        reading.ver = state[cell: 0].ver
        reading.held = heldRows(of: 0)
        var after = state
        after.reading = reading
        add(.readBooks, after)
    }

    private mutating func readFigure(_ reading: FigureReading, then stage: FigureReading.Stage) {
        for instance in 0..<configuration.instances where state.faults.isPrimary(instance) {
            let copy = state[instance: instance, cell: 0]
            guard copy.armed != 0, copy.armed == copy.epoch else { continue }
            guard stage == .first || copy.epoch == reading.epoch else { continue }
            var reading = reading
            reading.stage = stage
            reading.epoch = copy.epoch
            reading.figure = copy.available
            reading.knownVer = copy.ver
            var after = state
            after.reading = reading
            add(.readFigure(instance: instance), after)
        }
    }

    private mutating func judge(_ reading: FigureReading) {
        let record = state[cell: 0]
        let agrees = record.ver == reading.ver && heldRows(of: 0) == reading.held
        let isAbove = reading.figure > available(reading)
        let isAlarm =
            record.epoch == reading.epoch
            && ((isAbove && (agrees || mutant == .checkReadsBooksOnce)) || reading.knownVer > record.ver)
        conclude(isAlarm)
    }

    /// What the mutant does instead: books read once, between two readings of Redis that agree.
    private mutating func judgeByRedis(_ reading: FigureReading) {
        for instance in 0..<configuration.instances where state.faults.isPrimary(instance) {
            let copy = state[instance: instance, cell: 0]
            guard copy.armed == reading.epoch, copy.epoch == reading.epoch else { continue }
            let agrees = copy.available == reading.figure && copy.ver == reading.knownVer
            conclude(agrees && reading.figure > available(reading))
        }
    }

    private func available(_ reading: FigureReading) -> Int {
        state[cell: 0].base(at: reading.ver, supply: configuration.supply[0]) - reading.held.nonzeroBitCount
    }

    /// Ends a check; the next one may begin.
    private mutating func conclude(_ isAlarm: Bool) {
        var reading = FigureReading(packed: 0)
        if isAlarm { reading.stage = .alarmed }
        var after = state
        after.reading = reading
        add(.judge(alarm: isAlarm), after)
    }
}
