import Model
import Store

/// Keys that this controller is about to put, or has put and not yet seen in its replica.
///
/// A value: two requests decided one after the other on the same state do not choose the same address, and nobody has
/// to be refused by the store for what this process could know.
struct PendingClaims: Sendable {
    private(set) var keys: Set<String> = []
    private var committed: [(revision: Revision, keys: [String])] = []

    /// Takes the keys that a transaction wants for itself: those that are to be absent, and parts of quotas.
    ///
    /// - Returns: the keys, to be given to ``commit(_:at:)`` or ``release(_:)``.
    mutating func claim(_ transaction: Transaction) -> [String] {
        var claimed: [String] = []
        for key in transaction.exclusiveKeys where keys.insert(key).inserted { claimed.append(key) }
        return claimed
    }

    /// The transaction is committed: the keys stay claimed until the replica has reached the revision.
    mutating func commit(_ keys: [String], at revision: Revision) {
        committed.append((revision, keys))
    }

    /// The transaction was not committed.
    mutating func release(_ keys: [String]) {
        self.keys.subtract(keys)
    }

    /// The replica has reached a revision: what was committed up to it can be seen there.
    mutating func reached(_ revision: Revision) {
        guard committed.contains(where: { $0.revision <= revision }) else { return }
        for entry in committed where entry.revision <= revision { keys.subtract(entry.keys) }
        committed.removeAll { $0.revision <= revision }
    }
}
