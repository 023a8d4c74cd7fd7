import NIOCore

extension ServerConnection {
    /// Gives a call its place.
    func register(_ call: FastLaneCall) {
        if let slot = freeSlots.popLast() {
            call.slot = slot
            calls[slot] = call
        } else {
            call.slot = calls.count
            calls.append(call)
        }
        inFlight += 1
        inFlightBytes += call.load.bytes
        unanswered += 1
        if call.deadline < deadlineTimerAt { scheduleDeadlines(at: call.deadline) }
        observeStart(of: call)
    }

    /// A call has been answered by its handler.
    func complete(_ call: FastLaneCall, _ code: FramedErrorCode) {
        observeEnd(of: call, code)
        unanswered -= 1
        vacate(call.slot)
        release(call.load)
    }

    /// The handler of a call has ended.
    func release(_ load: CallLoad) {
        inFlight -= 1
        inFlightBytes -= load.bytes
        load.holder?.leave()
        if case .closed = phase { return }
        scheduleTurn()
    }

    /// Takes answers that came from tasks.
    func take(_ answers: [(slot: Int, answer: UnaryAnswer)]) {
        for (slot, answer) in answers {
            // The connection has closed meanwhile.
            guard slot < calls.count, let call = calls[slot] else { continue }
            switch (call.state, answer) {
            case (.running, .success(let message, let metadata)):
                call.succeed(metadata: metadata) { $0.writeImmutableBuffer(message.buffer) }
            case (.running, .failure(let code, let text, let metadata)):
                call.fail(code, text, metadata)
            case (.abandoned, _), (.finished, _):
                call.state = .finished
                vacate(slot)
                release(call.load)
            }
        }
    }

    /// Nobody waits for any call any more.
    func abandonCalls() {
        let abandoned = calls
        calls = []
        freeSlots = []
        unanswered = 0
        for case let call? in abandoned {
            if case .running = call.state {
                call.state = .abandoned
                observeEnd(of: call, .cancelled)
            }
            call.cancellation?.cancel()
        }
    }

    // MARK: Deadlines

    /// Answers the calls whose deadline has passed and looks for the next one.
    ///
    /// One timer serves all calls of the connection. It is set for the earliest deadline and may find that call long
    /// answered, which costs one look at the table.
    private func sweepDeadlines() {
        deadlineTimerAt = .distantFuture
        let now = NIODeadline.now()
        var next = NIODeadline.distantFuture
        for case let call? in calls {
            guard case .running = call.state else { continue }
            if call.deadline <= now {
                expire(call)
            } else {
                next = min(next, call.deadline)
            }
        }
        if next < .distantFuture { scheduleDeadlines(at: next) }
    }

    private func scheduleDeadlines(at deadline: NIODeadline) {
        deadlineTimer?.cancel()
        deadlineTimerAt = deadline
        deadlineTimer = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.sweepDeadlines() }
    }

    private func expire(_ call: FastLaneCall) {
        abandon(call, .timedOut, "DEADLINE_EXCEEDED: the deadline passed before the call was answered")
    }

    /// Ends the running calls that have a correlation id because their client wants it.
    func cancelCalls(withID correlationID: Int64) {
        for case let call? in calls where call.meta.correlationID == correlationID {
            if case .running = call.state, call.entry.descriptor != ConnectionControl.cancel {
                abandon(call, .cancelled, "CANCELLED: the client cancelled the call")
            }
        }
    }

    /// Answers a call in place of its handler, which is told that nobody waits any more.
    private func abandon(_ call: FastLaneCall, _ code: FramedErrorCode, _ text: String) {
        sendFailure(to: call.meta.correlationID, code, text)
        call.state = .abandoned
        observeEnd(of: call, code)
        unanswered -= 1
        if let cancellation = call.cancellation {
            // Its task still runs; the place is given back when that ends.
            cancellation.cancel()
        } else {
            // Its handler still holds it, or has dropped it; then this is the end of it.
            vacate(call.slot)
        }
    }

    private func vacate(_ slot: Int) {
        guard slot < calls.count else { return }
        calls[slot] = nil
        freeSlots.append(slot)
    }
}
