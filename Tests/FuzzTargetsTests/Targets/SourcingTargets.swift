import Sourcing

/// Reads a file of sourcing problems and plans a few of them; a plan keeps its bound, and its inputs read as they were.
func readSourcingFile(_ bytes: UnsafeRawBufferPointer) {
    do {
        let value = try FileText.read(String(decoding: bytes, as: UTF8.self))
        precondition(readsBack(value), "a value reads differently each time")
        for var problem in try SourcingProblem.read(value).prefix(4) {
            problem.config.steps = min(problem.config.steps, 300)
            precondition(readsBack(problem), "a problem reads differently each time")
            let plan = try Sourcing.plan(problem)
            precondition(plan.bound <= plan.cost.total || !plan.hasPlan, "a plan costs less than is possible")
        }
    } catch {
        // What is no file of problems, and what cannot be planned, is refused.
        return
    }
}

private func readsBack(_ value: FileValue) -> Bool {
    do {
        return try FileText.read(value.canonical) == value && FileText.read(value.pretty) == value
    } catch {
        return false
    }
}

private func readsBack(_ problem: SourcingProblem) -> Bool {
    do { return try SourcingProblem.read(problem.file) == [problem] } catch { return false }
}
