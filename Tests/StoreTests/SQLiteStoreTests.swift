import Foundation
import SQLiteStore
import Store
import Testing

@Suite(.timeLimit(.minutes(2)))
struct SQLiteStoreTests {
    @Test func aReopenedFileHasItsRevisionAndContent() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/store.sqlite"
            var start = Revision.none
            var entries: [StoredEntry] = []
            try await close(SQLiteStore(path: path)) { store in
                start = try await store.change(.put("/a", text: "1"), .put("/empty", text: ""))
                try await store.change(.put("/a", text: "2"), .delete("/empty"))
                entries = try await store.list(prefix: "").entries
            }
            try await close(SQLiteStore(path: path)) { store in
                let newest = try await store.latestRevision()
                #expect(newest == Revision(2))
                #expect(try await store.list(prefix: "") == Listing(revision: newest, entries: entries))
                let history = try await store.history(prefix: "/", after: start, through: newest)
                #expect(history.map(\.events.count) == [2])
                #expect(try await store.change(.put("/b", text: "")) == Revision(3))
            }
        }
    }

    @Test func aLeaseOutlivesARestartForOneMoreTerm() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/store.sqlite"
            try await close(SQLiteStore(path: path)) { store in
                let lease = try await store.grantLease(seconds: 1)
                try await store.change(.put("/held", text: "", lease: lease))
            }
            try await close(SQLiteStore(path: path)) { store in
                let ended = try await store.batches(prefix: "/", after: Revision(1), count: 1)
                #expect(ended == [WatchBatch(revision: Revision(2), events: [.delete("/held")])])
            }
        }
    }

    @Test func aSecondStoreOnTheFileIsRefused() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/store.sqlite"
            try await close(SQLiteStore(path: path)) { store in
                try await store.change(.put("/a", text: ""))
                let error = #expect(throws: StoreError.self) { try SQLiteStore(path: path) }
                #expect(error?.code == .unavailable)
                #expect(error?.message.contains("in use by another process") == true)
            }
        }
    }

    @Test func whatIsNotAStoreIsLeftAlone() async throws {
        try await withTemporaryFolder { folder in
            let text = folder + "/text"
            try Data(repeating: 0x61, count: 10_000).write(to: URL(fileURLWithPath: text))
            #expect(throws: StoreError.self) { try SQLiteStore(path: text) }
            #expect(try Data(contentsOf: URL(fileURLWithPath: text)) == Data(repeating: 0x61, count: 10_000))
            let error = #expect(throws: StoreError.self) { try SQLiteStore(path: folder + "/no/such/folder") }
            #expect(error?.code == .unavailable)
        }
    }

    @Test func aWatchThatIsTooLateIsToldSo() async throws {
        try await close(SQLiteStore(path: nil, retainedRevisions: 100)) { store in
            for number in 1...300 { try await store.change(.put("/a", text: "\(number)")) }
            #expect(
                await failure { _ = try await store.batches(prefix: "/", after: Revision(50), count: 1) } == .compacted)
            let kept = try await store.history(prefix: "/", after: Revision(200), through: Revision(300))
            #expect(kept.map(\.revision.number) == Array(201...300))
            let listing = try await store.list(prefix: "/")
            #expect(listing.revision == Revision(300))
            let next = try await store.change(.put("/a", text: "next"))
            #expect(try await store.batches(prefix: "/", after: listing.revision, count: 1).map(\.revision) == [next])
        }
    }

    /// A consumer that reads nothing while far more is written than a watch may buffer loses nothing.
    @Test func aSlowWatchIsServedFromTheLog() async throws {
        try await close(SQLiteStore(path: nil)) { store in
            let value = [UInt8](repeating: 1, count: 1 << 20)
            var batches = store.watch(prefix: "/", after: .none).makeAsyncIterator()
            try await store.change(.put("/a", value))
            #expect(try await batches.next()?.revision == Revision(1))
            for _ in 2...80 { try await store.change(.put("/a", value)) }
            for number in 2...80 {
                #expect(try await batches.next()?.revision == Revision(Int64(number)))
            }
            try await store.change(.delete("/a"))
            #expect(try await batches.next() == WatchBatch(revision: Revision(81), events: [.delete("/a")]))
        }
    }

    /// The child is killed while eight writers are busy; whatever one of them was told is committed must be there.
    @Test func anAcknowledgedCommitSurvivesKill() async throws {
        try await withTemporaryFolder { folder in
            await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
                let store = try SQLiteStore(path: folder + "/store.sqlite")
                let acknowledged = open(folder + "/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
                await withTaskGroup(of: Void.self) { group in
                    for writer in 0..<8 {
                        group.addTask {
                            for number in 0..<100_000 {
                                let key = "/\(writer)/\(number)"
                                guard (try? await store.change(.put(key, text: "value"))) != nil else { return }
                                let line = Array("\(key)\n".utf8)
                                _ = write(acknowledged, line, line.count)
                                if writer == 3, number == 200 { kill(getpid(), SIGKILL) }
                            }
                        }
                    }
                }
            }
            let lines = try String(contentsOfFile: folder + "/acknowledged", encoding: .utf8).split(separator: "\n")
            #expect(lines.count >= 200)
            try await close(SQLiteStore(path: folder + "/store.sqlite")) { store in
                let keys = Set(try await store.list(prefix: "/").entries.map(\.key))
                #expect(lines.allSatisfy { keys.contains(String($0)) })
                #expect(try await store.latestRevision().number == Int64(keys.count))
            }
        }
    }
}
