extension Transaction {
    /// Refuses what no implementation of ``ConfigStore`` may be given, so that all of them refuse the same.
    ///
    /// Keys are compared by their bytes, as the engines do, not by Unicode equivalence.
    ///
    /// - Returns: the transaction's size in bytes, as ``StoreLimits/transactionBytes`` counts it.
    /// - Throws: ``StoreError/Code/invalid`` when a limit of ``StoreLimits`` is exceeded, a key or a precondition's key
    ///   is empty, a key is changed twice, or a key is put below a prefix that the same transaction deletes.
    @discardableResult
    package func checkLimits() throws(StoreError) -> Int {
        guard preconditions.count <= StoreLimits.transactionOperations else {
            throw StoreError(
                .invalid, "\(preconditions.count) preconditions; at most \(StoreLimits.transactionOperations)")
        }
        guard changes.count <= StoreLimits.transactionOperations else {
            throw StoreError(.invalid, "\(changes.count) changes; at most \(StoreLimits.transactionOperations)")
        }
        var bytes = (preconditions.count + changes.count) * StoreLimits.operationBytes
        for precondition in preconditions {
            switch precondition {
            case .absent(let key), .present(let key), .unmodified(let key, _):
                bytes += try StoreLimits.checked(key: key)
            case .emptyRange(let from, let upTo):
                bytes += try StoreLimits.checked(prefix: from) + StoreLimits.checked(prefix: upTo)
            }
        }
        bytes += try checkedChanges()
        guard bytes <= StoreLimits.transactionBytes else {
            throw StoreError(.invalid, "the transaction has \(bytes) bytes; at most \(StoreLimits.transactionBytes)")
        }
        return bytes
    }

    /// The bytes of all changes, each of which is allowed by itself and beside the others.
    private func checkedChanges() throws(StoreError) -> Int {
        var bytes = 0
        var changed: Set<KeyBytes> = []
        var deletedPrefixes: [String] = []
        for change in changes {
            switch change {
            case .put(let key, let value, _):
                guard value.count <= StoreLimits.valueBytes else {
                    throw StoreError(
                        .invalid, "the value of \(key) has \(value.count) bytes; at most \(StoreLimits.valueBytes)")
                }
                bytes += try StoreLimits.checked(key: key) + value.count
                guard changed.insert(KeyBytes(key)).inserted else {
                    throw StoreError(.invalid, "\(key) is changed twice")
                }
            case .delete(let key):
                bytes += try StoreLimits.checked(key: key)
                guard changed.insert(KeyBytes(key)).inserted else {
                    throw StoreError(.invalid, "\(key) is changed twice")
                }
            case .deletePrefix(let prefix):
                bytes += try StoreLimits.checked(prefix: prefix)
                deletedPrefixes.append(prefix)
            }
        }
        guard !deletedPrefixes.isEmpty else { return bytes }
        for case .put(let key, _, _) in changes {
            for prefix in deletedPrefixes where key.utf8.starts(with: prefix.utf8) {
                throw StoreError(.invalid, "\(key) is put below the prefix \(prefix), which is deleted")
            }
        }
        return bytes
    }
}

extension StoreLimits {
    /// The length of a key that may be used.
    fileprivate static func checked(key: String) throws(StoreError) -> Int {
        guard !key.isEmpty else { throw StoreError(.invalid, "a key is empty") }
        return try checked(prefix: key)
    }

    /// The length of a prefix that may be used; the empty one means all keys.
    fileprivate static func checked(prefix: String) throws(StoreError) -> Int {
        let count = prefix.utf8.count
        guard count <= keyBytes else { throw StoreError(.invalid, "a key of \(count) bytes; at most \(keyBytes)") }
        return count
    }
}
