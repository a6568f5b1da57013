import Store

/// What an edit will ask the store for, by key.
struct StoreWrites: Sendable {
    private(set) var puts: [String: [UInt8]] = [:]
    private(set) var deletes: Set<String> = []
    private(set) var deletedPrefixes: Set<String> = []
    private(set) var preconditions: Set<Precondition> = []
    /// The bytes of all values to be put.
    private(set) var valueBytes = 0

    var isEmpty: Bool { puts.isEmpty && deletes.isEmpty && deletedPrefixes.isEmpty }

    func puts(_ path: String) -> Bool { puts[path] != nil }

    mutating func put(_ path: String, _ value: [UInt8]) {
        let before = puts.updateValue(value, forKey: path)
        valueBytes += value.count - (before?.count ?? 0)
    }

    /// - Returns: whether it was to be put.
    @discardableResult
    mutating func cancelPut(_ path: String) -> Bool {
        guard let value = puts.removeValue(forKey: path) else { return false }
        valueBytes -= value.count
        return true
    }

    mutating func delete(_ path: String) { deletes.insert(path) }

    mutating func deleteAll(below prefix: String) { deletedPrefixes.insert(prefix) }

    /// - Returns: whether it was to be deleted.
    @discardableResult
    mutating func cancelDelete(_ path: String) -> Bool { deletes.remove(path) != nil }

    func requires(_ precondition: Precondition) -> Bool { preconditions.contains(precondition) }

    mutating func require(_ precondition: Precondition) { preconditions.insert(precondition) }

    /// - Returns: whether it was required.
    @discardableResult
    mutating func drop(_ precondition: Precondition) -> Bool { preconditions.remove(precondition) != nil }

    /// Everything in a fixed order, so that an edit always gives the same transaction.
    var transaction: Transaction {
        let changes =
            puts.sorted { $0.key < $1.key }.map { Change.put($0.key, $0.value) }
            + deletes.sorted().map { Change.delete($0) } + deletedPrefixes.sorted().map { Change.deletePrefix($0) }
        return Transaction(preconditions: preconditions.sorted { $0.order < $1.order }, changes: changes)
    }
}

extension Precondition {
    /// By key, then by kind.
    fileprivate var order: (String, String, Int64) {
        switch self {
        case .absent(let key): (key, "absent", 0)
        case .present(let key): (key, "present", 0)
        case .unmodified(let key, let since): (key, "unmodified", since.number)
        case .emptyRange(let from, let upTo): (from, upTo, 0)
        }
    }
}
