import Store
import Testing

extension StoreConformance {
    @Suite
    struct Watches {
        @Test(arguments: StoreEngine.allCases)
        func theHistoryIsWholeAndInOrder(_ engine: StoreEngine) async throws {
            try await engine.withStore { store in
                let start = try await store.latestRevision()
                let first = try await store.change(
                    .put("/w/a", text: "1"), .put("/v/a", text: ""), .put("/w/b", text: ""))
                let second = try await store.change(.put("/v/b", text: ""))
                let third = try await store.change(.put("/w/a", text: "2"), .delete("/w/b"))
                let fourth = try await store.change(.deletePrefix("/"))
                let expected = [
                    WatchBatch(
                        revision: first,
                        events: [
                            .put(StoredEntry(key: "/w/a", value: [0x31], created: first, modified: first)),
                            .put(StoredEntry(key: "/w/b", value: [], created: first, modified: first)),
                        ]),
                    WatchBatch(
                        revision: third,
                        events: [
                            .put(StoredEntry(key: "/w/a", value: [0x32], created: first, modified: third)),
                            .delete("/w/b"),
                        ]),
                    WatchBatch(revision: fourth, events: [.delete("/w/a")]),
                ]
                #expect(try await store.history(prefix: "/w/", after: start, through: fourth) == expected)
                #expect(try await store.history(prefix: "/w/", after: first, through: fourth) == Array(expected[1...]))
                #expect(try await store.history(prefix: "/w/", after: second, through: fourth) == Array(expected[1...]))
                #expect(try await store.history(prefix: "/w/", after: third, through: fourth) == Array(expected[2...]))
            }
        }

        @Test(arguments: StoreEngine.allCases)
        func whatComesLaterIsDelivered(_ engine: StoreEngine) async throws {
            try await engine.withStore { store in
                let start = try await store.latestRevision()
                let rounds = 200
                async let watched = store.batches(prefix: "/live/", after: start, count: rounds)
                var committed: [Revision] = []
                for number in 0..<rounds {
                    committed.append(
                        try await store.change(.put("/live/\(number)", text: "a"), .put("/live/x", text: "\(number)")))
                }
                let batches = try await watched
                #expect(batches.map(\.revision) == committed)
                #expect(batches.allSatisfy { $0.events.count == 2 })
            }
        }

        @Test(arguments: StoreEngine.allCases)
        func manyWritersAndWatchersSeeOneHistory(_ engine: StoreEngine) async throws {
            try await engine.withStore { store in
                let start = try await store.latestRevision()
                let histories = try await withThrowingTaskGroup(of: [WatchBatch].self) { group in
                    for _ in 0..<4 {
                        group.addTask { try await store.batches(prefix: "/", after: start, count: 200) }
                    }
                    try await withThrowingTaskGroup(of: Void.self) { writers in
                        for writer in 0..<8 {
                            writers.addTask {
                                for number in 0..<25 {
                                    try await store.change(
                                        .put("/\(writer)/\(number)", text: ""), .put("/shared", text: "\(writer)"))
                                }
                            }
                        }
                        try await writers.waitForAll()
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                let replayed = histories.map { replay($0) }
                let entries = try await store.list(prefix: "/").entries
                for (history, content) in zip(histories, replayed) {
                    #expect(history.map(\.revision) == history.map(\.revision).sorted())
                    #expect(Set(history.map(\.revision)).count == 200)
                    #expect(content == entries)
                }
            }
        }

        @Test(arguments: StoreEngine.allCases)
        func anIdleWatchTellsHowFarItHasCome(_ engine: StoreEngine) async throws {
            try await engine.withStore { store in
                try await store.change(.put("/other/1", text: ""))
                let start = try await store.latestRevision()
                let watch = store.watch(prefix: "/quiet/", after: start)
                try await store.change(.put("/other/2", text: ""))
                let newest = try await store.latestRevision()
                for try await batch in watch {
                    #expect(batch.events.isEmpty)
                    if batch.revision >= newest { break }
                }
            }
        }

        @Test(arguments: StoreEngine.allCases)
        func aWatchEndsWithItsTask(_ engine: StoreEngine) async throws {
            try await engine.withStore { store in
                let start = try await store.change(.put("/a", text: ""))
                let watcher = Task {
                    var count = 0
                    for try await _ in store.watch(prefix: "/nothing/", after: start) { count += 1 }
                    return count
                }
                watcher.cancel()
                _ = try? await watcher.value
            }
        }

        @Test(arguments: StoreEngine.allCases)
        func aWatchOfTheFutureWaits(_ engine: StoreEngine) async throws {
            try await engine.withStore { store in
                let start = try await store.change(.put("/a", text: "0"))
                async let watched = store.batches(prefix: "/", after: Revision(start.number + 2), count: 1)
                try await store.change(.put("/a", text: "1"))
                try await store.change(.put("/a", text: "2"))
                let third = try await store.change(.put("/a", text: "3"))
                #expect(try await watched.map(\.revision) == [third])
            }
        }
    }
}

/// The content that a history leads to, from an empty store, in key order.
func replay(_ history: [WatchBatch]) -> [StoredEntry] {
    var content: [String: StoredEntry] = [:]
    for event in history.flatMap(\.events) {
        switch event {
        case .put(let entry): content[entry.key] = entry
        case .delete(let key): content[key] = nil
        }
    }
    return content.values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
}
