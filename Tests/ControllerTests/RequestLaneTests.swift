import SeededChance
import Testing

@testable import HTTPService

/// Who runs, who waits and whose turn is next, as tables and as a property.
@Suite struct RequestLaneTests {
    private func lane(_ running: Int, _ ofProject: Int) -> RequestLane {
        RequestLane(limits: .init(running: running, runningOfProject: ofProject))
    }

    @Test func oneProjectLeavesRoomForOthers() {
        var lane = lane(4, 2)
        let admissions = (0..<4).map { lane.arrive($0, of: "greedy", waitingLimit: 1) }
        #expect(admissions == [.runs, .runs, .waits, .refused])
        #expect(lane.arrive(4, of: "other", waitingLimit: 1) == .runs)
        #expect(lane.end(of: "other") == [], "the greedy one has what it may have")
        #expect(lane.end(of: "greedy") == [2])
    }

    @Test func projectsTakeTurns() {
        var lane = lane(1, 1)
        #expect(lane.arrive(0, of: "a", waitingLimit: 9) == .runs)
        for (ticket, project) in [(1, "a"), (2, "a"), (3, "a"), (4, "b"), (5, "b"), (6, "c")] {
            #expect(lane.arrive(ticket, of: project, waitingLimit: 9) == .waits)
        }
        var order: [Int] = []
        for project in ["a", "a", "b", "c", "a", "b", "a"] { order += lane.end(of: project) }
        #expect(order == [1, 4, 6, 2, 5, 3])
        #expect(lane.waitingCount == 0)
        #expect(lane.arrive(7, of: "d", waitingLimit: 0) == .runs)
    }

    @Test func whoHasGoneLosesItsTurn() {
        var lane = lane(1, 1)
        #expect(lane.arrive(0, of: "a", waitingLimit: 9) == .runs)
        #expect(lane.arrive(1, of: "b", waitingLimit: 9) == .waits)
        #expect(lane.arrive(2, of: "c", waitingLimit: 9) == .waits)
        lane.forget(1, of: "b")
        #expect(lane.end(of: "a") == [2])
        #expect(lane.end(of: "c") == [])
        #expect(lane.arrive(3, of: "b", waitingLimit: 0) == .runs)
    }

    /// Whatever comes and goes: no limit is passed, nobody waits for a free place, a project's requests keep their order,
    /// and everybody who stays has a turn.
    @Test(arguments: UInt64(1)...20) func noPlaceIsIdleAndNoLimitIsPassed(seed: UInt64) throws {
        var chance = Chance(seed: seed)
        let limits = RequestLane.Limits(
            running: 1 + chance.number(below: 5), runningOfProject: 1 + chance.number(below: 3))
        var lane = RequestLane(limits: limits)
        let projects = ["a", "b", "c", "d"]
        var running: [(ticket: Int, project: String)] = []
        var waiting: [(ticket: Int, project: String)] = []
        func start(_ tickets: [Int]) throws {
            for ticket in tickets {
                let index = try #require(waiting.firstIndex { $0.ticket == ticket })
                let project = waiting[index].project
                #expect(waiting.first { $0.project == project }?.ticket == ticket, "in order")
                running.append(waiting.remove(at: index))
            }
        }
        for ticket in 0..<400 {
            switch chance.number(below: 5) {
            case 0...1:
                let project = projects[chance.number(below: projects.count)]
                switch lane.arrive(ticket, of: project, waitingLimit: 5) {
                case .runs: running.append((ticket, project))
                case .waits: waiting.append((ticket, project))
                case .refused: #expect(waiting.count { $0.project == project } == 5)
                }
            case 2...3 where !running.isEmpty:
                let ended = running.remove(at: chance.number(below: running.count))
                try start(lane.end(of: ended.project))
            case 4 where !waiting.isEmpty:
                let gone = waiting.remove(at: chance.number(below: waiting.count))
                lane.forget(gone.ticket, of: gone.project)
            default: break
            }
            let counts = Dictionary(grouping: running, by: \.project).mapValues(\.count)
            #expect(running.count <= limits.running)
            #expect(counts.values.allSatisfy { $0 <= limits.runningOfProject })
            if running.count < limits.running {
                #expect(waiting.allSatisfy { counts[$0.project] == limits.runningOfProject })
            }
            #expect(lane.waitingCount == waiting.count)
        }
        while let ended = running.popLast() { try start(lane.end(of: ended.project)) }
        #expect(waiting.isEmpty)
    }
}
