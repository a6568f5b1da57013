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
        for precondition in preconditions {
            switch precondition {
            case .absent(let key), .present(let key), .unmodified(let key, _): try StoreLimits.check(key: key)
            case .emptyRange(let from, let upTo):
                try StoreLimits.check(prefix: from)
                try StoreLimits.check(prefix: upTo)
            }
        }
        try checkChanges()
        let bytes = bytes
        guard bytes <= StoreLimits.transactionBytes else {
            throw StoreError(.invalid, "the transaction has \(bytes) bytes; at most \(StoreLimits.transactionBytes)")
        }
        return bytes
    }

    /// The transaction's size in bytes, as ``StoreLimits/transactionBytes`` counts it.
    package var bytes: Int {
        var bytes = (preconditions.count + changes.count) * StoreLimits.operationBytes
        for precondition in preconditions {
            switch precondition {
            case .absent(let key), .present(let key), .unmodified(let key, _): bytes += key.utf8.count
            case .emptyRange(let from, let upTo): bytes += from.utf8.count + upTo.utf8.count
            }
        }
        for change in changes {
            switch change {
            case .put(let key, let value, _): bytes += key.utf8.count + value.count
            case .delete(let key), .deletePrefix(let key): bytes += key.utf8.count
            }
        }
        return bytes
    }

    /// Each change is allowed by itself and beside the others.
    private func checkChanges() throws(StoreError) {
        var changed: Set<KeyBytes> = []
        var deletedPrefixes: [String] = []
        for change in changes {
            switch change {
            case .put(let key, let value, _):
                guard value.count <= StoreLimits.valueBytes else {
                    throw StoreError(
                        .invalid, "the value of \(key) has \(value.count) bytes; at most \(StoreLimits.valueBytes)")
                }
                try StoreLimits.check(key: key)
                guard changed.insert(KeyBytes(key)).inserted else {
                    throw StoreError(.invalid, "\(key) is changed twice")
                }
            case .delete(let key):
                try StoreLimits.check(key: key)
                guard changed.insert(KeyBytes(key)).inserted else {
                    throw StoreError(.invalid, "\(key) is changed twice")
                }
            case .deletePrefix(let prefix):
                try StoreLimits.check(prefix: prefix)
                deletedPrefixes.append(prefix)
            }
        }
        guard !deletedPrefixes.isEmpty else { return }
        for case .put(let key, _, _) in changes {
            for prefix in deletedPrefixes where key.utf8.starts(with: prefix.utf8) {
                throw StoreError(.invalid, "\(key) is put below the prefix \(prefix), which is deleted")
            }
        }
    }
}

extension StoreLimits {
    /// Refuses a key that may not be used.
    fileprivate static func check(key: String) throws(StoreError) {
        guard !key.isEmpty else { throw StoreError(.invalid, "a key is empty") }
        try check(prefix: key)
    }

    /// Refuses a prefix that may not be used; the empty one means all keys.
    fileprivate static func check(prefix: String) throws(StoreError) {
        let count = prefix.utf8.count
        guard count <= keyBytes else { throw StoreError(.invalid, "a key of \(count) bytes; at most \(keyBytes)") }
    }
}
