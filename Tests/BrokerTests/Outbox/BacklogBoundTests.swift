import SeededChance
import Testing

@testable import Broker

struct BacklogBoundTests {
    /// An outbox of entries that become smaller with each form.
    private struct Backlog {
        var entries: [Int: BacklogBound.Entry] = [:]
        var end = 0

        mutating func add(_ count: Int, bytes: Int = 100) {
            for _ in 0..<count {
                entries[end] = .init(bytes: bytes, form: .whole)
                end += 1
            }
        }

        var extent: BacklogBound.Extent {
            .init(
                places: (entries.keys.min() ?? end)..<end, entries: entries.count,
                bytes: entries.values.reduce(0) { $0 + $1.bytes })
        }

        /// Does what the bound says until it says nothing more.
        mutating func trim(_ bound: inout BacklogBound) -> [BacklogBound.Batch] {
            var batches: [BacklogBound.Batch] = []
            while let batch = bound.next(extent, { entries[$0] }), batches.count < 10_000 {
                batches.append(batch)
                for place in batch.places {
                    switch batch.step {
                    case .drop: entries[place] = nil
                    case .reduce(let form):
                        entries[place]?.form = form
                        entries[place]?.bytes = form == .bare ? 30 : 70
                    }
                }
            }
            return batches
        }
    }

    private static func bound(entries: Int = 1_000_000, bytes: Int = 1 << 30) -> BacklogBound {
        BacklogBound(limits: .init(entries: entries, bytes: bytes))
    }

    @Test func withinTheBoundNothingGoes() {
        var bound = Self.bound(entries: 160, bytes: 16_000)
        var backlog = Backlog()
        backlog.add(150)
        #expect(backlog.trim(&bound) == [])
        backlog.add(1)
        #expect(backlog.trim(&bound).isEmpty == false)
    }

    @Test func ofTooManyEntriesTheOldestGoWhole() {
        var bound = Self.bound(entries: 1_600)
        var backlog = Backlog()
        backlog.add(2_200)
        #expect(backlog.trim(&bound).map(\.step) == [.drop, .drop])
        #expect(backlog.entries.keys.min() == 800 && backlog.entries.count == 1_400)
        #expect(backlog.entries.values.allSatisfy { $0.form == .whole })
    }

    /// The order of the rule: nothing of a later kind while there is something of an earlier one.
    @Test func ofTooManyBytesTheHistoryGoesBeforeNotificationsAndThoseBeforeContrail() {
        var bound = Self.bound(bytes: 16_000)
        var backlog = Backlog()
        backlog.add(155)
        _ = backlog.trim(&bound)
        #expect(backlog.entries.values.contains { $0.form == .unrecorded })
        #expect(!backlog.entries.values.contains { $0.form == .bare })
        backlog.add(100)
        _ = backlog.trim(&bound)
        #expect(!backlog.entries.values.contains { $0.form == .whole })
        #expect(backlog.entries.count == 255)
        backlog.add(1_000)
        let steps = backlog.trim(&bound).map(\.step)
        #expect(steps.first == .reduce(.unrecorded) && steps.last == .drop)
        #expect(backlog.entries.values.allSatisfy { $0.form == .bare })
        #expect(backlog.entries.keys.min() == 1_255 - backlog.entries.count, "the oldest went")
    }

    @Test func whatIsUnderWayIsLeftAlone() {
        var bound = Self.bound(entries: 16)
        let extent = BacklogBound.Extent(places: 0..<20, entries: 20, bytes: 20)
        let batch = bound.next(extent) { $0 < 3 ? nil : .init(bytes: 1, form: .whole) }
        #expect(batch == .init(step: .drop, places: [3, 4, 5, 6, 7, 8]))
    }

    @Test func aBatchIsNoLargerThanATransaction() {
        var bound = Self.bound(bytes: 1 << 20)
        var backlog = Backlog()
        backlog.add(10, bytes: 400_000)
        let batches = backlog.trim(&bound)
        #expect(batches.first == .init(step: .reduce(.unrecorded), places: [0, 1]))
        backlog.add(12_000, bytes: 100)
        #expect(backlog.trim(&bound).allSatisfy { $0.places.count <= BacklogBound.batchEntries })
    }

    /// Whatever comes, and whichever transactions fail, it ends within the bound, and looks at each entry a few times only.
    @Test(arguments: UInt64(1)...20) func itAlwaysEndsWithinTheBound(seed: UInt64) {
        var chance = Chance(seed: seed)
        let limits = BacklogBound.Limits(
            entries: Int.random(in: 20...400, using: &chance), bytes: Int.random(in: 2_000...40_000, using: &chance))
        var bound = BacklogBound(limits: limits)
        var backlog = Backlog()
        for _ in 0..<50 {
            backlog.add(Int.random(in: 0...60, using: &chance), bytes: Int.random(in: 50...200, using: &chance))
            // A transaction that fails: the caller goes on with the value as it was before.
            var failing = bound
            _ = failing.next(backlog.extent) { backlog.entries[$0] }
            _ = backlog.trim(&bound)
            #expect(backlog.entries.count <= limits.entries && backlog.extent.bytes <= limits.bytes)
        }
    }

    @Test func manyPlacesWithoutAnEntryAreLookedAtInParts() {
        var bound = Self.bound(entries: 160)
        let places = 3 * BacklogBound.batchPlaces
        let extent = BacklogBound.Extent(places: 0..<places + 1, entries: 1_000, bytes: 1_000)
        var batches: [BacklogBound.Batch] = []
        for _ in 0..<4 {
            var looks = 0
            let batch = bound.next(extent) { place in
                looks += 1
                return place == places ? .init(bytes: 1, form: .whole) : nil
            }
            if let batch { batches.append(batch) }
            #expect(looks <= BacklogBound.batchPlaces)
        }
        #expect(batches.map(\.places) == [[], [], [], [places]])
        #expect(bound.next(extent) { _ in .init(bytes: 1, form: .whole) } == nil)
    }

    @Test func looksDoNotGrowWithTheBacklog() {
        var bound = Self.bound(bytes: 1 << 20)
        var backlog = Backlog()
        backlog.add(10_000)
        _ = backlog.trim(&bound)
        var looks = 0
        for _ in 0..<100 {
            backlog.add(1)
            _ = bound.next(backlog.extent) { place in
                looks += 1
                return backlog.entries[place]
            }
        }
        #expect(looks <= 1_000)
    }
}
