import Store
import Testing

extension StoreConformance {
    @Suite
    struct Leases {
        @Test(arguments: StoreEngine.allCases)
        func whatALeaseHoldsVanishesWithIt(_ engine: StoreEngine) async throws {
            try await engine.withStore { store in
                let lease = try await store.grantLease(seconds: 1)
                let start = try await store.change(
                    .put("/held/a", text: "", lease: lease), .put("/held/b", text: "", lease: lease),
                    .put("/kept", text: ""))
                let ended = try await store.batches(prefix: "/", after: start, count: 1)
                #expect(ended.map(\.events) == [[.delete("/held/a"), .delete("/held/b")]])
                #expect(try await store.list(prefix: "/").entries.map(\.key) == ["/kept"])
                #expect(await failure { try await store.keepAlive(lease) } == .leaseNotFound)
            }
        }

        @Test(arguments: StoreEngine.allCases)
        func revokingEndsALeaseAtOnce(_ engine: StoreEngine) async throws {
            try await engine.withStore { store in
                let lease = try await store.grantLease(seconds: 600)
                let other = try await store.grantLease(seconds: 600)
                #expect(lease != other)
                let start = try await store.change(
                    .put("/held", text: "", lease: lease), .put("/else", text: "", lease: other))
                try await store.keepAlive(lease)
                try await store.revoke(lease)
                #expect(
                    try await store.batches(prefix: "/", after: start, count: 1).map(\.events) == [[.delete("/held")]])
                try await store.revoke(lease)
                try await store.keepAlive(other)
                #expect(await failure { try await store.keepAlive(lease) } == .leaseNotFound)
                #expect(try await store.list(prefix: "/").entries.map(\.key) == ["/else"])
            }
        }

        @Test(arguments: StoreEngine.allCases)
        func nothingIsPutUnderALeaseThatHasEnded(_ engine: StoreEngine) async throws {
            try await engine.withStore { store in
                let before = try await store.change(.put("/a", text: ""))
                let lease = try await store.grantLease(seconds: 600)
                try await store.revoke(lease)
                let changes: [Change] = [.put("/b", text: ""), .put("/c", text: "", lease: lease)]
                #expect(await failure { _ = try await store.commit(Transaction(changes: changes)) } == .leaseNotFound)
                let refused = try await store.commit(Transaction(preconditions: [.absent("/a")], changes: changes))
                #expect(refused == .refused(at: before))
                #expect(try await store.latestRevision() == before)
            }
        }

        @Test(arguments: StoreEngine.allCases)
        func anEntryBelongsToTheLeaseItWasLastPutUnder(_ engine: StoreEngine) async throws {
            try await engine.withStore { store in
                let first = try await store.grantLease(seconds: 600)
                let second = try await store.grantLease(seconds: 600)
                try await store.change(.put("/moved", text: "1", lease: first), .put("/freed", text: "1", lease: first))
                try await store.change(.put("/moved", text: "2", lease: second), .put("/freed", text: "2"))
                try await store.revoke(first)
                #expect(try await store.list(prefix: "/").entries.map(\.key) == ["/freed", "/moved"])
                try await store.revoke(second)
                #expect(try await store.list(prefix: "/").entries.map(\.key) == ["/freed"])
            }
        }

        @Test(arguments: StoreEngine.allCases)
        func aLeaseThatIsKeptAliveLastsLongerThanItsTerm(_ engine: StoreEngine) async throws {
            try await engine.withStore { store in
                let kept = try await store.grantLease(seconds: 2)
                let lost = try await store.grantLease(seconds: 2)
                let start = try await store.change(
                    .put("/kept", text: "", lease: kept), .put("/lost", text: "", lease: lost))
                let keeper = Task {
                    while !Task.isCancelled {
                        do { try await store.keepAlive(kept) } catch  where Task.isCancelled { return }
                        try? await Task.sleep(for: .milliseconds(200))
                    }
                }
                let ended = try await store.batches(prefix: "/", after: start, count: 1)
                #expect(ended.map(\.events) == [[.delete("/lost")]])
                keeper.cancel()
                try await keeper.value
                #expect(try await store.list(prefix: "/").entries.map(\.key) == ["/kept"])
            }
        }
    }
}
