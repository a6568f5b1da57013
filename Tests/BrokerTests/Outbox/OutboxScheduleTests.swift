import SeededChance
import Testing

@testable import Broker

struct OutboxScheduleTests {
    static func entry(_ key: String, _ object: String) -> OutboxSchedule.Entry { .init(key: key, object: object) }

    @Test func differentObjectsGoTogetherOneObjectInTurn() {
        var schedule = OutboxSchedule()
        let (a1, a2, b1) = (Self.entry("1", "a"), Self.entry("2", "a"), Self.entry("3", "b"))
        #expect(schedule.appended([a1, a2, b1]) == [.publish([a1, b1])])
        #expect(schedule.confirmed("1") == [.gather, .publish([a2])])
        #expect(schedule.confirmed("3") == [])
        #expect(schedule.gathered() == [.remove(["1", "3"])])
        #expect(schedule.confirmed("2") == [])
        #expect(schedule.removed() == [.gather])
        #expect(schedule.gathered() == [.remove(["2"])])
        #expect(schedule.removed() == [])
        #expect(schedule.count == 0)
    }

    @Test func whatIsKnownIsNotPublishedTwice() {
        var schedule = OutboxSchedule()
        let entries = [Self.entry("1", "a")]
        #expect(schedule.appended(entries) == [.publish(entries)])
        #expect(schedule.appended(entries) == [])
        #expect(schedule.confirmed("1") == [.gather])
        #expect(schedule.appended(entries) == [])
        #expect(schedule.confirmed("1") == [])
    }

    @Test func afterAFailureOneEntryTestsTheBroker() {
        var schedule = OutboxSchedule()
        let (a, b, c) = (Self.entry("1", "a"), Self.entry("2", "b"), Self.entry("3", "c"))
        #expect(schedule.appended([a, b]) == [.publish([a, b])])
        #expect(schedule.failed("1") == [.pause(attempt: 1)])
        #expect(schedule.failed("2") == [])
        #expect(schedule.appended([c]) == [])
        #expect(schedule.resumed() == [.publish([a])])
        #expect(schedule.failed("1") == [.pause(attempt: 2)])
        #expect(schedule.resumed() == [.publish([b])])
        #expect(schedule.confirmed("2") == [.gather, .publish([c, a])])
    }

    @Test func aFailedRemovalIsTriedAgain() {
        var schedule = OutboxSchedule()
        _ = schedule.appended([Self.entry("1", "a")])
        #expect(schedule.confirmed("1") == [.gather])
        #expect(schedule.gathered() == [.remove(["1"])])
        #expect(schedule.removalFailed() == [.pause(attempt: 1)])
        #expect(schedule.resumed() == [.gather])
        #expect(schedule.gathered() == [.remove(["1"])])
    }

    @Test func anEntryThatCannotBePublishedIsMovedAsideAndHoldsUpNobody() {
        var schedule = OutboxSchedule()
        let (a1, a2, b) = (Self.entry("1", "a"), Self.entry("2", "a"), Self.entry("3", "b"))
        _ = schedule.appended([a1, a2])
        #expect(schedule.refused("1") == [.setAside("1"), .publish([a2])])
        #expect(schedule.isLeaving("1"))
        #expect(schedule.appended([a1, b]) == [.publish([b])])
        #expect(schedule.refused("3") == [])
        #expect(schedule.movedAside() == [.setAside("3")])
        #expect(schedule.movedAside() == [])
        #expect(schedule.confirmed("2") == [.gather])
        #expect(schedule.gathered() == [.remove(["2"])])
        #expect(schedule.removed() == [])
        #expect(schedule.count == 0)
    }

    @Test func aFailedMoveIsTriedAgainAndHoldsUpNobody() {
        var schedule = OutboxSchedule()
        let (b, c) = (Self.entry("2", "b"), Self.entry("3", "c"))
        _ = schedule.appended([Self.entry("1", "a")])
        #expect(schedule.refused("1") == [.setAside("1")])
        #expect(schedule.moveFailed() == [.setAside("1")])
        #expect(schedule.count == 1)
        #expect(schedule.appended([b, c]) == [.publish([b, c])])
        #expect(schedule.confirmed("2") == [.gather])
        #expect(schedule.moveFailed() == [.setAside("1")])
        #expect(schedule.failed("3") == [.pause(attempt: 1)])
        #expect(!schedule.isLeaving("3"))
        #expect(schedule.resumed() == [.publish([c])])
        #expect(schedule.isLeaving("3"))
        #expect(schedule.confirmed("3") == [])
        #expect(schedule.gathered() == [.remove(["2", "3"])])
        #expect(schedule.removed() == [])
        #expect(!schedule.isLeaving("3") && schedule.isLeaving("1"))
        #expect(schedule.movedAside() == [])
        #expect(!schedule.isLeaving("1"))
        #expect(schedule.count == 0)
    }

    @Test func whatIsGivenUpIsForgottenAndWhatIsUnderWayTakesItsCourse() {
        var schedule = OutboxSchedule()
        let entries = ["1", "2", "3"].map { Self.entry($0, "a") }
        #expect(schedule.appended(entries) == [.publish([entries[0]])])
        #expect(schedule.isLeaving("1") && !schedule.isLeaving("2"))
        #expect(schedule.dropped(["1", "2", "9"]) == [])
        #expect(schedule.count == 2)
        #expect(schedule.confirmed("1") == [.gather, .publish([entries[2]])])
        #expect(schedule.dropped(["3"]) == [])
        #expect(schedule.confirmed("3") == [])
        #expect(schedule.gathered() == [.remove(["1", "3"])])
    }

    @Test func aLongOutboxIsTakenInParts() {
        var limits = OutboxSchedule.Limits()
        limits.entries = 4
        var schedule = OutboxSchedule(limits: limits)
        let entries = (0..<4).map { Self.entry("\($0)", "o\($0)") }
        #expect(schedule.room == 4)
        #expect(schedule.appended(entries) == [.publish(entries)])
        for index in 0..<4 { _ = schedule.confirmed("\(index)") }
        #expect(schedule.room == 0)
        #expect(schedule.gathered() == [.remove(["0", "1", "2", "3"])])
        #expect(schedule.removed() == [])
        #expect(schedule.room == 4)
    }

    @Test func aFullBatchIsRemovedAtOnce() {
        var limits = OutboxSchedule.Limits()
        limits.removalBatch = 2
        var schedule = OutboxSchedule(limits: limits)
        _ = schedule.appended((0..<3).map { Self.entry("\($0)", "o\($0)") })
        #expect(schedule.confirmed("0") == [.gather])
        #expect(schedule.confirmed("1") == [.remove(["0", "1"])])
        #expect(schedule.confirmed("2") == [])
        #expect(schedule.removed() == [])
        #expect(schedule.gathered() == [.remove(["2"])])
    }

    /// A broker that stores or loses what it does not confirm or refuses it for good, and a store that fails now and then,
    /// in chance order.
    @Test(arguments: UInt64(1)...40)
    func nothingIsLostOrReordered(seed: UInt64) {
        var generator = Chance(seed: seed)
        var limits = OutboxSchedule.Limits()
        limits.inFlight = Int.random(in: 1...8, using: &generator)
        limits.removalBatch = Int.random(in: 1...5, using: &generator)
        limits.entries = Int.random(in: 4...40, using: &generator)
        var schedule = OutboxSchedule(limits: limits)
        var outbox = (0..<120).map { number in
            Self.entry(String(10_000 + number), "o\(Int.random(in: 0..<12, using: &generator))")
        }
        let all = outbox
        var waitingToAppear = outbox[...]
        let poison = Set(outbox.map(\.key).filter { _ in Int.random(in: 0..<12, using: &generator) == 0 })
        var aside: [String] = []
        var moving: String?
        var stored: [OutboxSchedule.Entry] = []
        var inFlight: [OutboxSchedule.Entry] = []
        var removing: [String] = []
        var pauses = 0
        var gathering = 0
        var actions: [OutboxSchedule.Action] = []
        var steps = 0
        while !outbox.isEmpty, steps < 100_000 {
            steps += 1
            for action in actions {
                switch action {
                case .publish(let entries): inFlight += entries
                case .remove(let keys):
                    #expect(removing.isEmpty)
                    #expect(keys.count <= limits.removalBatch)
                    removing = keys
                case .gather: gathering += 1
                case .pause: pauses += 1
                case .setAside(let key):
                    #expect(moving == nil && poison.contains(key))
                    moving = key
                }
            }
            #expect(inFlight.count <= limits.inFlight)
            #expect(Set(inFlight.map(\.object)).count == inFlight.count)
            actions = []
            switch Int.random(in: 0..<13, using: &generator) {
            case 11 where moving != nil && Bool.random(using: &generator):
                moving = nil
                actions = schedule.moveFailed()
            case 11, 12:
                guard let key = moving else { continue }
                aside.append(key)
                outbox.removeAll { $0.key == key }
                moving = nil
                actions = schedule.movedAside()
            case 10:
                guard gathering > 0 else { continue }
                gathering -= 1
                actions = schedule.gathered()
            case 0, 1:
                let count = min(Int.random(in: 1...6, using: &generator), waitingToAppear.count, schedule.room)
                let next = Array(waitingToAppear.prefix(count))
                waitingToAppear = waitingToAppear.dropFirst(count)
                actions = schedule.appended(next)
            case 2...5:
                guard let index = inFlight.indices.randomElement(using: &generator) else { continue }
                let entry = inFlight.remove(at: index)
                if poison.contains(entry.key) {
                    actions = schedule.refused(entry.key)
                    continue
                }
                stored.append(entry)
                actions = schedule.confirmed(entry.key)
            case 6:
                guard let index = inFlight.indices.randomElement(using: &generator) else { continue }
                let entry = inFlight.remove(at: index)
                if !poison.contains(entry.key), Bool.random(using: &generator) { stored.append(entry) }
                actions = schedule.failed(entry.key)
            case 7 where !removing.isEmpty && Int.random(in: 0..<3, using: &generator) == 0:
                removing = []
                actions = schedule.removalFailed()
            case 7, 8:
                guard !removing.isEmpty else { continue }
                outbox.removeAll { removing.contains($0.key) }
                removing = []
                actions = schedule.removed()
            default:
                guard pauses > 0 else { continue }
                pauses -= 1
                actions = schedule.resumed()
            }
        }
        #expect(outbox.isEmpty)
        var seen: Set<String> = []
        let first = stored.filter { seen.insert($0.key).inserted }
        #expect(seen == Set(all.map(\.key)).subtracting(poison))
        #expect(Set(aside) == poison && aside.count == poison.count)
        for (object, entries) in Dictionary(grouping: first, by: \.object) {
            #expect(entries.map(\.key) == entries.map(\.key).sorted(), "\(object)")
        }
        #expect(schedule.count == 0)
    }
}
