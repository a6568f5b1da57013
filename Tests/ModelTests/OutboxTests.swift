import SeededChance
import Store
import Testing
import Time

@testable import Model

@Suite struct OutboxTests {
    private static func entry(_ key: Int, _ revision: Int64, modified: Int64? = nil, bytes: Int = 3) -> StoredEntry {
        StoredEntry(
            key: StoreKey.outbox("\(key)").path, value: [UInt8](repeating: 0, count: bytes),
            created: Revision(revision),
            modified: Revision(modified ?? revision))
    }

    @Test func `A listing is in the order of the revisions, whatever the keys are`() {
        let outbox = Outbox([Self.entry(1, 9), Self.entry(2, 4), Self.entry(3, 7)], listing: Revision(9))
        #expect(outbox.all.map(\.created.number) == [4, 7, 9])
        #expect(outbox.start == 0 && outbox.end == 3)
        #expect(outbox[place: 1]?.created == Revision(7) && outbox[StoreKey.outbox("2").path]?.created == Revision(4))
    }

    /// What it says after any sequence of changes equals what it would say computed from nothing.
    @Test(arguments: UInt64(1)...20) func `It follows its changes`(seed: UInt64) {
        var chance = Chance(seed: seed)
        var outbox = Outbox(listing: .none)
        var entries: [Int: StoredEntry] = [:]
        for revision in Int64(1)...400 {
            let key = Int.random(in: 0..<40, using: &chance)
            let bytes = Int.random(in: 0..<20, using: &chance)
            if Bool.random(using: &chance) {
                outbox.delete(StoreKey.outbox("\(key)").path)
                entries[key] = nil
            } else {
                let created = entries[key]?.created.number ?? revision
                let entry = Self.entry(key, created, modified: revision, bytes: bytes)
                outbox.put(entry)
                entries[key] = entry
            }
            let fresh = Outbox(entries.values, listing: .none)
            #expect(outbox == fresh && outbox.all == fresh.all)
            #expect(outbox.bytes == fresh.bytes && outbox.count == entries.count)
            #expect(outbox.isEmpty == (outbox.start == outbox.end))
        }
    }

    @Test func `What is set aside is read back, cut where it is too long`() {
        let notice = SetAsideNotice(time: Timestamp(microseconds: 0), reason: "a\nb", notice: Array("{\n\u{0}".utf8))
        #expect(SetAsideNotice(stored: notice.stored) == notice)
        #expect(SetAsideNotice.time(stored: notice.stored) == notice.time)
        #expect(SetAsideNotice.time(stored: Array("other".utf8)) == nil)
        let long = SetAsideNotice(
            time: Timestamp(microseconds: 0), reason: String(repeating: "\u{1}", count: 9_000),
            notice: [UInt8](repeating: 7, count: StoreLimits.valueBytes))
        #expect(long.stored.count == StoreLimits.valueBytes)
        #expect(SetAsideNotice(stored: long.stored).bytes == StoreLimits.valueBytes)
        #expect(SetAsideNotice(stored: Array("other".utf8)).content == Array("other".utf8))
    }

    @Test func `The oldest are displaced, and as many as it takes`() {
        let kept = (1...10).map { Self.entry($0, Int64($0), bytes: 90 - StoreKey.outbox("\($0)").path.utf8.count) }
        func displaced(_ size: Int, entries: Int = 100, bytes: Int = 1_000) -> [Int64] {
            SetAsideNotice.displaced(from: kept.shuffled(), byAnotherOf: size, entries: entries, bytes: bytes)
                .map(\.created.number)
        }
        #expect(displaced(100) == [])
        #expect(displaced(101) == [1])
        #expect(displaced(300) == [1, 2, 3])
        #expect(displaced(1, entries: 9) == [1, 2])
    }

    @Test func `What was given up is read back`() {
        var losses = NoticeLosses(since: Timestamp(microseconds: 1_800_000_000_000_000))
        losses.history = 1
        losses.notifications = 2
        losses.notices = 3
        losses.setAside = 4
        #expect(NoticeLosses(stored: losses.stored) == losses)
        #expect(NoticeLosses(stored: []).notices == 0)
    }
}
