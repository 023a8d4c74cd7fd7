extension Model {
    private func attempt(_ operation: Int, _ number: Int) -> String {
        "\(configuration.title(of: operation)), attempt \(number + 1)"
    }

    private func redis(_ instance: Int) -> String { configuration.instances == 1 ? "redis" : "redis \(instance + 1)" }

    /// A step in words.
    package func sentence(_ step: Step) -> String {
        switch step {
        case .take(let operation, let number, let cell, let instance, let epoch, let answer):
            let name = operations[operation].kind == .adjustment ? "forcedTake" : "take"
            let call =
                "\(attempt(operation, number)): \(name) of cell \(cell + 1) at \(redis(instance)), epoch \(epoch)"
            switch answer {
            case .new: return call + " -> NEW"
            case .exists: return call + " -> EXISTS"
            case .short: return call + " -> SHORT"
            case .forced: return call + " -> NEW, forced"
            case .dropped: return call + " -> taken, but the attempt is given up"
            }
        case .abandon(let operation, let number):
            return "\(attempt(operation, number)): gives up, one answer never came"
        case .untake(let operation, let number, let cell, let instance):
            return "\(attempt(operation, number)): its untake of cell \(cell + 1) arrives at \(redis(instance))"
        case .journal(let operation, let number, let verdict):
            return "\(attempt(operation, number)): journal arrives at PostgreSQL -> \(words(verdict))"
        case .place(let operation, let number, let verdict):
            return "\(attempt(operation, number)): its order's transaction arrives -> \(words(verdict))"
        case .adjust(let operation, let number, let verdict):
            return "\(attempt(operation, number)): its transaction arrives -> \(words(verdict))"
        case .transfer(let operation, let number, let verdict):
            return "\(attempt(operation, number)): its transaction arrives -> \(words(verdict))"
        case .restock(let cell): return "a unit of cell \(cell + 1) arrives in PostgreSQL"
        case .confirm(let operation, let partly):
            return "confirm: an order takes \(partly ? "the first part of " : "")\(configuration.title(of: operation))"
        case .expire(let operation): return "expire: the sweeper closes \(configuration.title(of: operation))"
        case .release(let operation): return "release: the client closes \(configuration.title(of: operation))"
        case .join(let operation, let number):
            return
                "\(attempt(operation, number)): its transaction joins the fence; epochs and modes are as it needs them"
        case .joinToClose(let operation):
            return
                "a transaction that will end \(configuration.title(of: operation)) joins the fence and reads the modes"
        case .switchMode(let cell, let epoch):
            return "switch: PostgreSQL decides for cell \(cell + 1)'s vshard from epoch \(epoch) on"
        case .sumAhead(let cell): return "switch: reads what is held of cell \(cell + 1), before the fence"
        case .find(let reconciler, let operation):
            return "reconciler \(reconciler + 1): meets \(configuration.title(of: operation)) in Redis"
        case .resolve(let reconciler, let operation, let inserted):
            let outcome = inserted ? "its tombstone stands" : "its row is there already"
            return
                "reconciler \(reconciler + 1): asks PostgreSQL for \(configuration.title(of: operation)) -> \(outcome)"
        case .readBooks: return "check of figures: reads the books of cell 1 in PostgreSQL"
        case .readFigure(let instance): return "check of figures: reads the figure of cell 1 at \(redis(instance))"
        case .judge(let alarm): return "check of figures: \(alarm ? "calls it too high" : "finds nothing to say")"
        case .lie(let instance, let cell): return "\(redis(instance)) makes up a unit of cell \(cell + 1)"
        case .restore: return "PostgreSQL is back at its beginning"
        case .tombstone(let operation): return "tombstone: \(configuration.title(of: operation)) is voided"
        case .freeInRedis(let operation, let cell, let instance):
            return "\(redis(instance)) frees cell \(cell + 1) of \(configuration.title(of: operation)) first"
        case .raise(let rebuild, let cell, let epoch):
            return "rebuild \(rebuild + 1): the epoch of cell \(cell + 1)'s vshard rises to \(epoch)"
        case .beginLoad(let rebuild, let instance):
            return "rebuild \(rebuild + 1): beginLoad wipes at \(redis(instance))"
        case .snapshot(let rebuild, let cell, let part):
            let what = part == .all ? "" : "\(part) of "
            return "rebuild \(rebuild + 1): reads \(what)cell \(cell + 1) in PostgreSQL"
        case .load(let rebuild, let instance, let part):
            let what = part == .all ? "" : " of \(part)"
            return "rebuild \(rebuild + 1): load\(what) at \(redis(instance))"
        case .arm(let rebuild, let instance): return "rebuild \(rebuild + 1): arm at \(redis(instance))"
        case .settle(let operation, let cell, let instance, let ver):
            let base = ver == 0 ? "no base" : "the base of ver \(ver)"
            return
                "settle of \(configuration.title(of: operation)), cell \(cell + 1), with \(base) arrives at \(redis(instance))"
        case .sync(let cell, let instance, let ver):
            return "sync of cell \(cell + 1) with the base of ver \(ver) arrives at \(redis(instance))"
        case .replicate: return "the replica catches up"
        case .failover: return "redis 2 is promoted; redis 1 does not know and lives on"
        case .demote: return "redis 1 becomes the replica of redis 2"
        case .restart(let instance): return "\(redis(instance)) restarts with its keys"
        case .flush(let instance): return "\(redis(instance)) is flushed"
        }
    }

    private func words(_ verdict: Step.Verdict) -> String {
        switch verdict {
        case .committed: "committed, acknowledged"
        case .fenced: "fenced: an epoch has risen, nothing is written"
        case .guarded: "refused: PostgreSQL has not enough"
        case .stands: "stands already, answered so"
        case .final: "the row is final already"
        }
    }

    /// The two stores in a few lines: a line a cell and store.
    package func summary(of state: State) -> [String] {
        var lines: [String] = []
        for cell in 0..<cellCount {
            let record = state[cell: cell]
            var rows: [String] = []
            for operation in operations.indices where operations[operation].part(of: cell) != nil {
                let stands = state[row: operation].state
                if stands != .none { rows.append("\(configuration.title(of: operation)) \(stands)") }
            }
            let base = base(state, cell)
            lines.append(
                "postgres  cell \(cell + 1): epoch \(record.epoch), base \(base) at ver \(record.ver), "
                    + "ATP \(base - held(state, cell))"
                    + (state[cell: cell].isDirect ? ", decides, counts \(state[cell: cell].heldDirect) held" : "")
                    + (rows.isEmpty ? "" : "; " + rows.joined(separator: ", ")))
            for instance in 0..<configuration.instances {
                let copy = state[instance: instance, cell: cell]
                var holds: [String] = []
                for operation in operations.indices where copy.nonce(of: operation) != .absent {
                    let nonce = copy.nonce(of: operation).rawValue
                    holds.append(
                        "\(configuration.title(of: operation)) "
                            + (nonce == Nonce.loaded.rawValue ? "(loaded)" : "(nonce \(nonce - 1))"))
                }
                let figure = copy.ver == 0 ? "unknown" : "ATP \(copy.available) at ver \(copy.ver)"
                let armed = copy.armed == 0 ? "not armed" : "armed \(copy.armed)"
                lines.append(
                    "\(redis(instance))\(configuration.instances == 1 ? "  " : "")   cell \(cell + 1): \(armed), "
                        + "epoch \(copy.epoch), \(figure)" + (holds.isEmpty ? "" : "; " + holds.joined(separator: ", "))
                )
            }
        }
        return lines
    }
}
