import SeededChance
import Store
import StoreContents

extension SimulatedStore {
    /// Whether a defect is planted, and shows this time.
    func strikes(_ defect: Defect, _ probability: Double) -> Bool {
        self.defect == defect && scheduler.chance.happens(probability)
    }

    /// The transaction that a store with the planted defect does in place of this one.
    func distorted(_ transaction: Transaction) -> Transaction {
        guard defect != nil else { return transaction }
        var transaction = transaction
        transaction.preconditions.removeAll(where: isIgnored)
        if defect == .storeIgnoresEndedLease { transaction.changes = transaction.changes.map(withoutEndedLease) }
        if transaction.changes.count > 1, strikes(.storeTearsTransaction, 0.02) {
            transaction.changes.removeLast(transaction.changes.count / 2)
        }
        return transaction
    }

    private func isIgnored(_ precondition: Precondition) -> Bool {
        switch (precondition, defect) {
        case (.absent, .storeIgnoresAbsent), (.present, .storeIgnoresPresent),
            (.unmodified, .storeIgnoresUnmodified), (.emptyRange, .storeIgnoresEmptyRange):
            true
        case (.unmodified(let key, _), .storeIgnoresFence): key.hasPrefix("/leaders/")
        case (.unmodified(let key, _), .storeIgnoresQuota), (.emptyRange(let key, _), .storeIgnoresQuota):
            key.hasPrefix("/quotas/")
        case (.absent(let key), .storeIgnoresTakenNumber): key.hasPrefix("/numbers/")
        case (.absent(let key), .storeIgnoresTakenAddress), (.unmodified(let key, _), .storeIgnoresHolder):
            key.hasPrefix("/addresses/")
        default: false
        }
    }

    private func withoutEndedLease(_ change: Change) -> Change {
        guard case .put(let key, let value, let lease?) = change, !contents.isAlive(lease) else { return change }
        return .put(key, value)
    }
}
