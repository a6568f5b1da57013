import SeededChance
import Store
import Testing

/// Transactions that do not conflict may be given to a store at once: that is the same as one after the other.
@Suite struct AccessSetTests {
    /// A store as small as can be.
    private struct Model: Equatable {
        struct Entry: Equatable {
            var value: [UInt8]
            var modified: Revision
        }

        var entries: [String: Entry] = [:]

        func holds(_ precondition: Precondition) -> Bool {
            switch precondition {
            case .absent(let key): entries[key] == nil
            case .present(let key): entries[key] != nil
            case .unmodified(let key, let since): entries[key]?.modified == since
            case .emptyRange(let from, let upTo):
                !entries.keys.contains { key in
                    !key.utf8.lexicographicallyPrecedes(from.utf8)
                        && (upTo.isEmpty || key.utf8.lexicographicallyPrecedes(upTo.utf8))
                }
            }
        }

        func accepts(_ transaction: Transaction) -> Bool { transaction.preconditions.allSatisfy(holds) }

        mutating func apply(_ transaction: Transaction, at revision: Revision) {
            for change in transaction.changes {
                switch change {
                case .put(let key, let value, _): entries[key] = Entry(value: value, modified: revision)
                case .delete(let key): entries[key] = nil
                case .deletePrefix(let prefix):
                    entries = entries.filter { !$0.key.utf8.starts(with: prefix.utf8) }
                }
            }
        }

        /// All preconditions are looked at first.
        mutating func commitTogether(_ transactions: [Transaction], at revision: Revision) -> [Bool] {
            let accepted = transactions.map(accepts)
            for (transaction, isAccepted) in zip(transactions, accepted) where isAccepted {
                apply(transaction, at: revision)
            }
            return accepted
        }

        mutating func commitInTurn(_ transactions: [Transaction], at revision: Revision) -> [Bool] {
            transactions.map { transaction in
                guard accepts(transaction) else { return false }
                apply(transaction, at: revision)
                return true
            }
        }
    }

    private static let keys = ["/a", "/a/1", "/a/2", "/a0", "/b", "/b/1", "/\u{10FFFF}", "/é"]
    private static let prefixes = ["", "/a", "/a/", "/b", "/b/", "/\u{10FFFF}"]

    private static func transaction(_ random: inout some RandomNumberGenerator) -> Transaction {
        func key() -> String { keys[Int.random(in: keys.indices, using: &random)] }
        func prefix() -> String { prefixes[Int.random(in: prefixes.indices, using: &random)] }
        while true {
            let preconditions = (0..<Int.random(in: 0...2, using: &random)).map { _ -> Precondition in
                switch Int.random(in: 0..<4, using: &random) {
                case 0: .absent(key())
                case 1: .present(key())
                case 2: .unmodified(key(), since: Revision(Int64.random(in: 1...2, using: &random)))
                default: Bool.random(using: &random) ? .emptyPrefix(prefix()) : .emptyRange(from: key(), upTo: key())
                }
            }
            let changes = (0..<Int.random(in: 0...2, using: &random)).map { _ -> Change in
                switch Int.random(in: 0..<4, using: &random) {
                case 0, 1: .put(key(), [UInt8.random(in: 0...9, using: &random)])
                case 2: .delete(key())
                default: .deletePrefix(prefix())
                }
            }
            let transaction = Transaction(preconditions: preconditions, changes: changes)
            if (try? transaction.checkLimits()) != nil { return transaction }
        }
    }

    @Test func whatDoesNotConflictIsTheSameTogetherAndInAnyOrder() {
        var random = Chance(seed: 1)
        var independent = 0
        var different = 0
        for _ in 0..<20_000 {
            var before = Model()
            for key in Self.keys where Bool.random(using: &random) {
                before.apply(
                    Transaction(changes: [.put(key, [0])]), at: Revision(Int64.random(in: 1...2, using: &random)))
            }
            let pair = [Self.transaction(&random), Self.transaction(&random)]
            var together = before
            let outcome = together.commitTogether(pair, at: Revision(3))
            var isSame = true
            for order in [[0, 1], [1, 0]] {
                var inTurn = before
                let outcomes = inTurn.commitInTurn(order.map { pair[$0] }, at: Revision(3))
                isSame = isSame && inTurn == together && order.map { outcome[$0] } == outcomes
            }
            if AccessSet(pair[0]).conflicts(with: AccessSet(pair[1])) {
                #expect(AccessSet(pair[1]).conflicts(with: AccessSet(pair[0])))
                different += isSame ? 0 : 1
            } else {
                independent += 1
                #expect(isSame, "\(before.entries) \(pair)")
            }
        }
        // Neither is the rule so strict that nothing passes, nor was there nothing to find.
        #expect(independent > 1_000)
        #expect(different > 100)
    }

    @Test func aUnionConflictsWithWhatOneOfItsPartsDoes() {
        var random = Chance(seed: 2)
        for _ in 0..<5_000 {
            let parts = (0..<3).map { _ in AccessSet(Self.transaction(&random)) }
            let one = AccessSet(Self.transaction(&random))
            var union = AccessSet()
            for part in parts { union.formUnion(part) }
            #expect(union.conflicts(with: one) == parts.contains { $0.conflicts(with: one) })
        }
    }

    @Test(arguments: [
        ([Precondition.emptyRange(from: "/a/", upTo: "")], [Change.put("/b", [])], true),
        ([.emptyRange(from: "/a/", upTo: "/b")], [.put("/b", [])], false),
        ([.emptyPrefix("/a/")], [.deletePrefix("/a")], true),
        ([.emptyPrefix("/a/")], [.deletePrefix("/b")], false),
        ([.present("/a")], [.put("/a", [])], true),
        ([.present("/e\u{301}")], [.put("/é", [])], false),
    ])
    func readsMeetWrites(preconditions: [Precondition], changes: [Change], conflicts: Bool) {
        let reader = AccessSet(Transaction(preconditions: preconditions))
        let writer = AccessSet(Transaction(changes: changes))
        #expect(reader.conflicts(with: writer) == conflicts)
        #expect(!reader.conflicts(with: reader))
        #expect(writer.conflicts(with: writer))
    }
}
