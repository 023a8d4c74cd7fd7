import Replay
import ReplayDriver
import Testing

@Suite("The schedule of a stage")
struct StageScheduleTests {
    private func operations() throws -> [ReplayOperation] {
        try Books.plan([
            Books.line("536365", "A1", 6), Books.line("536366", "A1", 6, customer: "2"),
            Books.line("C536367", "A1", -1, at: "2010-12-01 09:00:00"),
            Books.line("C536368", "A1", -1, at: "2010-12-01 10:00:00"),
            Books.line("C536369", "A1", -1, at: "2010-12-01 11:00:00", customer: "2"),
        ]).plan.operations.filter { $0.stage == 1 }
    }

    @Test("starts what waits for nothing, and the rest as soon as it can")
    func respectsDependencies() throws {
        let operations = try operations()
        let first = try #require(operations.first).index
        var schedule = StageSchedule(operations)
        #expect(schedule.start()?.index == first)
        #expect(schedule.start()?.index == first + 1)
        #expect(schedule.start() == nil)
        schedule.finish(first + 1)
        #expect(schedule.start()?.index == first + 4)
        #expect(schedule.start() == nil)
        schedule.finish(first)
        #expect(schedule.start()?.index == first + 2)
        #expect(schedule.start() == nil)
        schedule.finish(first + 2)
        schedule.finish(first + 4)
        #expect(schedule.start()?.index == first + 3)
        #expect(!schedule.isDone)
        schedule.finish(first + 3)
        #expect(schedule.isDone)
    }

    @Test("starts every operation of the sample once, each after those it depends on", arguments: [1, 7, 64])
    func coversTheSample(workers: Int) throws {
        let plan = try Books.sample().plan
        for (_, stage) in Dictionary(grouping: plan.operations, by: \.stage) {
            var schedule = StageSchedule(stage)
            var finished: Set<Int> = []
            var running: [Int] = []
            let inStage = Set(stage.map(\.index))
            while !schedule.isDone {
                while running.count < workers, let operation = schedule.start() {
                    #expect(operation.dependsOn.allSatisfy { !inStage.contains($0) || finished.contains($0) })
                    running.append(operation.index)
                }
                try #require(!running.isEmpty)
                // The latest started ends first, which is the hardest for what waits.
                let index = running.removeLast()
                #expect(finished.insert(index).inserted)
                schedule.finish(index)
            }
            #expect(finished == inStage)
        }
    }
}
