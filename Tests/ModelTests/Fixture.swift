import Addressing
import HashTreeCollections
import JSON
import Model
import Store
import StoreContents
import Time

/// A store with a replica of it and the means to change it as a controller does.
struct Fixture {
    var store = StoreContents()
    var snapshot: Snapshot
    private var seed: UInt64

    /// Read once: it is large.
    static let schema = Result { try Schema.standard() }

    init(seed: UInt64 = 1) throws {
        snapshot = Snapshot(schema: try Self.schema.get())
        self.seed = seed
    }

    /// One that has been started before.
    static func bootstrapped(seed: UInt64 = 1) throws -> Fixture {
        var fixture = try Fixture(seed: seed)
        if let edit = try Bootstrap.edit(of: fixture.snapshot, context: fixture.context()) {
            try fixture.commit(edit)
        }
        return fixture
    }

    mutating func context(
        caller: EditContext.Caller = .system, attempt: Int = 0, pendingKeys: TreeSet<String> = [],
        share: AllocationShare = .whole
    ) -> EditContext {
        seed += 1
        return EditContext(
            now: Timestamp(microseconds: 1_795_000_000_000_000 + Int(seed)), requestID: "req-\(seed)", caller: caller,
            seed: seed, attempt: attempt, pendingKeys: pendingKeys, share: share)
    }

    /// An empty edit of the newest snapshot.
    mutating func edit(caller: EditContext.Caller = .system) -> GraphEdit {
        GraphEdit(base: snapshot, context: context(caller: caller))
    }

    /// Commits and lets the replica catch up.
    ///
    /// - Returns: whether the store accepted it.
    @discardableResult
    mutating func commit(_ edit: GraphEdit) throws -> Bool {
        let outcome = try store.commit(try edit.finish())
        try catchUp()
        guard case .committed = outcome else { return false }
        return true
    }

    mutating func catchUp() throws {
        for batch in store.batches(after: snapshot.revision) { _ = snapshot.apply(batch) }
    }

    /// Changes the store in one edit.
    mutating func change<Result>(_ body: (inout GraphEdit) throws -> Result) throws -> Result {
        var edit = edit()
        let result = try body(&edit)
        guard try commit(edit) else { throw ModelError(.taken, "the store refused the edit") }
        return result
    }
}
