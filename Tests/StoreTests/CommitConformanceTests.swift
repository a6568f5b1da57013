import Store
import Testing

extension StoreConformance {
    @Suite
    struct Commits {
        @Test(arguments: StoreEngine.allCases)
        func everyPreconditionHoldsOrRefuses(_ engine: StoreEngine) async throws {
            try await engine.withStore { store in
                let first = try await store.change(.put("/a/1", text: "x"))
                let second = try await store.change(
                    .put("/a/1", text: "y"), .put("/a/2", text: "z"), .put("/é", text: "e"))
                let third = try await store.change(.delete("/a/2"))
                let cases: [(Precondition, Bool)] = [
                    (.absent("/none"), true), (.absent("/a/1"), false), (.absent("/a/2"), true), (.absent("/a"), true),
                    (.present("/a/1"), true), (.present("/none"), false), (.present("/a/2"), false),
                    (.present("/é"), true),
                    (.present("/e\u{301}"), false), (.absent("/e\u{301}"), true),
                    (.unmodified("/a/1", since: second), true), (.unmodified("/a/1", since: first), false),
                    (.unmodified("/a/1", since: third), false), (.unmodified("/none", since: second), false),
                    (.unmodified("/none", since: .none), false), (.unmodified("/a/2", since: second), false),
                    (.emptyPrefix("/b/"), true), (.emptyPrefix("/a/"), false), (.emptyPrefix("/a/1"), false),
                    (.emptyPrefix("/a/2"), true), (.emptyPrefix("/a/1/"), true), (.emptyPrefix("/a0"), true),
                    (.emptyPrefix(""), false), (.emptyPrefix("/é"), false), (.emptyPrefix("/e"), true),
                ]
                for (index, (precondition, holds)) in cases.enumerated() {
                    let before = try await store.latestRevision()
                    let mark = Change.put("/marks/\(index)", text: "")
                    let outcome = try await store.commit(Transaction(preconditions: [precondition], changes: [mark]))
                    #expect(outcome.isCommitted == holds, "\(precondition)")
                    #expect(try await store.text("/marks/\(index)") == (holds ? "" : nil), "\(precondition)")
                    if case .refused(let revision) = outcome { #expect(revision == before) }
                    if case .committed(let revision) = outcome { #expect(revision > before) }
                }
            }
        }

        @Test(arguments: StoreEngine.allCases)
        func onePreconditionThatFailsRefusesAll(_ engine: StoreEngine) async throws {
            try await engine.withStore { store in
                try await store.change(.put("/there", text: ""))
                let outcome = try await store.commit(
                    Transaction(
                        preconditions: [.present("/there"), .absent("/none"), .absent("/there")],
                        changes: [.put("/new", text: ""), .delete("/there")]))
                #expect(!outcome.isCommitted)
                #expect(try await store.list(prefix: "").entries.map(\.key) == ["/there"])
            }
        }

        @Test(arguments: StoreEngine.allCases)
        func aTransactionHasOneRevision(_ engine: StoreEngine) async throws {
            try await engine.withStore { store in
                let first = try await store.change(.put("/a", text: "1"), .put("/b", text: "1"))
                let second = try await store.change(.put("/a", text: "2"), .delete("/b"), .put("/c", text: ""))
                #expect(first < second)
                #expect(try await store.latestRevision() == second)
                let listing = try await store.list(prefix: "/")
                #expect(listing.revision == second)
                #expect(
                    listing.entries == [
                        StoredEntry(key: "/a", value: [0x32], created: first, modified: second),
                        StoredEntry(key: "/c", value: [], created: second, modified: second),
                    ])
                let third = try await store.change(.delete("/a"))
                let fourth = try await store.change(.put("/a", text: "3"))
                #expect(third < fourth)
                #expect(
                    try await store.list(prefix: "/a").entries
                        == [StoredEntry(key: "/a", value: [0x33], created: fourth, modified: fourth)])
            }
        }

        @Test(arguments: StoreEngine.allCases)
        func whatChangesNothingHasNoRevisionOfItsOwn(_ engine: StoreEngine) async throws {
            try await engine.withStore { store in
                let revision = try await store.change(.put("/a", text: ""))
                #expect(try await store.change() == revision)
                #expect(try await store.change(.delete("/none"), .deletePrefix("/none/")) == revision)
                #expect(try await store.commit(Transaction(preconditions: [.present("/a")])) == .committed(revision))
                #expect(try await store.commit(Transaction(preconditions: [.absent("/a")])) == .refused(at: revision))
                #expect(try await store.latestRevision() == revision)
            }
        }

        @Test(arguments: StoreEngine.allCases)
        func aPrefixIsDeletedByItsBytes(_ engine: StoreEngine) async throws {
            try await engine.withStore { store in
                try await store.change(
                    .put("/a", text: ""), .put("/a/", text: ""), .put("/a/b/c", text: ""),
                    .put("/a/\u{10FFFF}", text: ""),
                    .put("/a0", text: ""), .put("/A/b", text: ""))
                try await store.change(.deletePrefix("/a/"))
                #expect(try await store.list(prefix: "").entries.map(\.key) == ["/A/b", "/a", "/a0"])
            }
        }

        @Test(arguments: StoreEngine.allCases)
        func ofManyThatWantANameOneGetsIt(_ engine: StoreEngine) async throws {
            try await engine.withStore { store in
                let winners = try await withThrowingTaskGroup(of: Int?.self) { group in
                    for number in 0..<100 {
                        group.addTask {
                            let outcome = try await store.commit(
                                Transaction(
                                    preconditions: [.absent("/name")], changes: [.put("/name", text: "\(number)")]))
                            return outcome.isCommitted ? number : nil
                        }
                    }
                    return try await group.reduce(into: []) { if let winner = $1 { $0.append(winner) } }
                }
                #expect(winners.count == 1)
                #expect(try await store.text("/name") == winners.first.map { "\($0)" })
            }
        }

        @Test(arguments: StoreEngine.allCases)
        func nothingRefersToWhatIsGone(_ engine: StoreEngine) async throws {
            try await engine.withStore { store in
                for round in 0..<20 {
                    let target = "/objects/\(round)"
                    try await store.change(.put(target, text: ""))
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for number in 0..<8 {
                            group.addTask {
                                let reference = Change.put("/references/\(round)/\(number)", text: "")
                                _ = try await store.commit(
                                    Transaction(preconditions: [.present(target)], changes: [reference]))
                            }
                            group.addTask {
                                let isFree = Precondition.emptyPrefix("/references/\(round)/")
                                _ = try await store.commit(
                                    Transaction(preconditions: [isFree], changes: [.delete(target)]))
                            }
                        }
                        try await group.waitForAll()
                    }
                    let isThere = try await store.text(target) != nil
                    let references = try await store.list(prefix: "/references/\(round)/").entries
                    #expect(isThere != references.isEmpty)
                }
            }
        }

        @Test(arguments: StoreEngine.allCases)
        func whatIsAcknowledgedIsInTheNewestRevision(_ engine: StoreEngine) async throws {
            try await engine.withStore { store in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for writer in 0..<8 {
                        group.addTask {
                            for number in 0..<25 {
                                let revision = try await store.change(.put("/\(writer)/\(number)", text: ""))
                                #expect(try await store.latestRevision() >= revision)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(try await store.list(prefix: "/").entries.count == 200)
            }
        }
    }
}
