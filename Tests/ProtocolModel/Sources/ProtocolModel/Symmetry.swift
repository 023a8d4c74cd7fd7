/// States that differ only in who is called what are one.
///
/// Two attempts at one operation are two servers that anybody could have been; two equal operations are two clients that
/// anybody could have been. A search keeps one state of each such family: whichever it keeps, the same can happen from it
/// under other names, in as many steps.
extension Model {
    package func canonical(_ state: State) -> State {
        guard foldsSymmetry else { return state }
        var state = state
        for operation in operations.indices { sortAttempts(of: operation, in: &state) }
        if operationsAreEqual && rank(of: 1, in: state) > rank(of: 0, in: state) { swapOperations(in: &state) }
        return state
    }

    /// Puts an operation's attempts in the order of how they stand; those that have not begun come last.
    @inline(__always)
    private func sortAttempts(of operation: Int, in state: inout State) {
        for end in 1..<attempts {
            var number = end
            while number > 0 {
                let before = rank(of: operation, number - 1, in: state)
                let after = rank(of: operation, number, in: state)
                if before >= after { break }
                swapAttempts(of: operation, number - 1, number, in: &state)
                number -= 1
            }
        }
    }

    /// How an attempt stands, and in which copies its take does.
    @inline(__always)
    private func rank(of operation: Int, _ number: Int, in state: State) -> UInt32 {
        var rank = UInt32(state[attempt: configuration.place(operation, number)].packed) << 4
        for instance in 0..<configuration.instances {
            for cell in 0..<cellCount
            where state[instance: instance, cell: cell].nonce(of: operation) == .of(attempt: number) {
                rank |= 1 << UInt32(2 * instance + cell)
            }
        }
        return rank
    }

    private func swapAttempts(of operation: Int, _ one: Int, _ other: Int, in state: inout State) {
        let first = configuration.place(operation, one)
        let second = configuration.place(operation, other)
        let kept = state[attempt: first]
        state[attempt: first] = state[attempt: second]
        state[attempt: second] = kept
        for instance in 0..<configuration.instances {
            for cell in 0..<cellCount {
                switch state[instance: instance, cell: cell].nonce(of: operation) {
                case .of(attempt: one):
                    state[instance: instance, cell: cell].setNonce(of: operation, .of(attempt: other))
                case .of(attempt: other):
                    state[instance: instance, cell: cell].setNonce(of: operation, .of(attempt: one))
                default: break
                }
            }
        }
    }

    /// How one of two equal operations stands everywhere.
    private func rank(of operation: Int, in state: State) -> (UInt64, UInt64) {
        var first = UInt64(state[row: operation].packed)
        var second: UInt64 = 0
        for number in 0..<attempts {
            let packed = UInt64(state[attempt: configuration.place(operation, number)].packed)
            if number < 3 { first = first << 16 | packed } else { second = packed }
        }
        for instance in 0..<configuration.instances {
            for cell in 0..<cellCount {
                second = second << 3 | UInt64(state[instance: instance, cell: cell].nonce(of: operation).rawValue)
            }
        }
        for slot in 0..<configuration.rebuilds {
            second = second << 1 | UInt64(state[rebuild: slot].snapshotHeld >> operation & 1)
        }
        for slot in 0..<configuration.reconcilers {
            let pass = state[reconciler: slot]
            let isIts = pass.stage != .idle && pass.stage != .done && pass.operation == operation
            second = second << 1 | (isIts ? 1 : 0)
        }
        second = second << 1 | UInt64(state.reading.held >> operation & 1)
        return (first, second)
    }

    private func swapOperations(in state: inout State) {
        let row = state[row: 0]
        state[row: 0] = state[row: 1]
        state[row: 1] = row
        for number in 0..<attempts {
            let one = configuration.place(0, number)
            let other = configuration.place(1, number)
            let kept = state[attempt: one]
            state[attempt: one] = state[attempt: other]
            state[attempt: other] = kept
        }
        for instance in 0..<configuration.instances {
            for cell in 0..<cellCount {
                let nonce = state[instance: instance, cell: cell].nonce(of: 0)
                let other = state[instance: instance, cell: cell].nonce(of: 1)
                state[instance: instance, cell: cell].setNonce(of: 0, other)
                state[instance: instance, cell: cell].setNonce(of: 1, nonce)
            }
        }
        func swapped(_ held: Int) -> Int { held & ~3 | held >> 1 & 1 | held << 1 & 2 }
        for slot in 0..<configuration.rebuilds {
            state[rebuild: slot].snapshotHeld = swapped(state[rebuild: slot].snapshotHeld)
        }
        state.reading.held = swapped(state.reading.held)
        for slot in 0..<configuration.reconcilers {
            let pass = state[reconciler: slot]
            guard pass.stage != .idle, pass.stage != .done, pass.operation < 2 else { continue }
            state[reconciler: slot].operation = 1 - pass.operation
        }
    }

    /// True where the first two operations ask for the same and no other refers to either.
    static func operationsAreEqual(_ operations: [Operation]) -> Bool {
        operations.count > 1 && operations[0] == operations[1]
            && operations.allSatisfy { $0.reservation == nil }
    }
}
