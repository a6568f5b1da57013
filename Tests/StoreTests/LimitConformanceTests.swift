import Store
import Testing

extension StoreConformance {
    /// What is beyond ``StoreLimits`` is refused without harm; what is just within is done.
    @Suite
    struct Limits {
        private static let longestKey = "/" + String(repeating: "k", count: StoreLimits.keyBytes - 1)

        @Test(arguments: StoreEngine.allCases)
        func whatIsBeyondTheLimitsIsRefused(_ engine: StoreEngine) async throws {
            let tooLarge = [UInt8](repeating: 7, count: StoreLimits.valueBytes + 1)
            let many = (0...StoreLimits.transactionOperations).map { "/many/\($0)" }
            let half = [UInt8](repeating: 7, count: StoreLimits.transactionBytes / 2)
            let transactions: [Transaction] = [
                Transaction(changes: [.put(Self.longestKey + "k", text: "")]),
                Transaction(changes: [.delete(Self.longestKey + "k")]),
                Transaction(changes: [.deletePrefix(Self.longestKey + "k")]),
                Transaction(preconditions: [.absent(Self.longestKey + "k")]),
                Transaction(preconditions: [.emptyPrefix(Self.longestKey + "k")]),
                Transaction(changes: [.put("/large", tooLarge)]),
                Transaction(changes: [.put("/1", half), .put("/2", half)]),
                Transaction(changes: many.map { .delete($0) }),
                Transaction(preconditions: many.map { .absent($0) }),
                Transaction(changes: [.put("", text: "")]),
                Transaction(preconditions: [.present("")]),
                Transaction(changes: [.put("/twice", text: "1"), .put("/twice", text: "2")]),
                Transaction(changes: [.put("/twice", text: "1"), .delete("/twice")]),
                Transaction(changes: [.put("/below/key", text: "1"), .deletePrefix("/below/")]),
            ]
            try await engine.withStore { store in
                let before = try await store.change(.put("/before", text: ""))
                for transaction in transactions {
                    #expect(await failure { _ = try await store.commit(transaction) } == .invalid)
                }
                for seconds in [0, -1, .min, .max] {
                    #expect(await failure { _ = try await store.grantLease(seconds: seconds) } == .invalid)
                }
                #expect(try await store.latestRevision() == before)
                #expect(try await store.list(prefix: "").entries.map(\.key) == ["/before"])
            }
        }

        @Test(arguments: StoreEngine.allCases)
        func theLargestIsAccepted(_ engine: StoreEngine) async throws {
            let largest = [UInt8](repeating: 7, count: StoreLimits.valueBytes)
            let overhead = 2 * (StoreLimits.keyBytes + StoreLimits.operationBytes)
            let rest = [UInt8](repeating: 8, count: StoreLimits.transactionBytes - largest.count - overhead)
            let otherKey = "/" + String(repeating: "l", count: StoreLimits.keyBytes - 1)
            let many = (0..<StoreLimits.transactionOperations).map { "/many/\($0)" }
            try await engine.withStore { store in
                let start = try await store.latestRevision()
                let first = try await store.change(.put(Self.longestKey, largest), .put(otherKey, rest))
                let entries = try await store.list(prefix: "/").entries
                #expect(entries.map(\.value) == [largest, rest])
                let outcome = try await store.commit(
                    Transaction(
                        preconditions: many.map { .absent($0) }, changes: many.map { .put($0, text: "v") }))
                guard case .committed(let second) = outcome else {
                    Issue.record("\(outcome)")
                    return
                }
                #expect(try await store.list(prefix: "/many/").entries.count == many.count)
                let third = try await store.change(.deletePrefix("/many/"))
                let history = try await store.history(prefix: "/", after: start, through: third)
                #expect(history.map(\.revision) == [first, second, third])
                #expect(history.map(\.events.count) == [2, many.count, many.count])
            }
        }
    }
}
