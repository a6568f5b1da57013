/// A point in the store's history. Each committed transaction has a revision of its own, greater than all before it.
///
/// The numbers are the engine's (etcd's revision, SQLite's transaction counter); only their order has a meaning.
package struct Revision: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The engine's number; 0 stands for "before the first transaction".
    package let number: Int64

    package init(_ number: Int64) {
        self.number = number
    }

    /// Before the first transaction: what a replica that has read nothing has reached.
    package static let none = Revision(0)

    package static func < (left: Revision, right: Revision) -> Bool {
        left.number < right.number
    }

    package var description: String { String(number) }
}

/// One entry of the store as it is at a revision.
package struct StoredEntry: Hashable, Sendable {
    /// Where it is: a path such as `/objects/virtual-network/<uuid>`; at most ``StoreLimits/keyBytes`` bytes of UTF-8.
    package let key: String
    /// What was put there; at most ``StoreLimits/valueBytes`` bytes.
    package let value: [UInt8]
    /// The revision of the transaction that made the key (a deleted and remade key counts from the second making).
    package let created: Revision
    /// The revision of the transaction that last put a value there.
    package let modified: Revision

    package init(key: String, value: [UInt8], created: Revision, modified: Revision) {
        self.key = key
        self.value = value
        self.created = created
        self.modified = modified
    }
}

/// What every implementation of ``ConfigStore`` accepts, and refuses beyond.
package enum StoreLimits {
    /// Longest key, in bytes of UTF-8.
    package static let keyBytes = 2048
    /// Largest value, in bytes.
    package static let valueBytes = 1 << 20
    /// Most changes and most preconditions of one transaction.
    package static let transactionOperations = 8192
    /// Largest transaction in all: bytes of keys and values, and ``operationBytes`` for each change and precondition
    /// (below etcd's default request limit of 1.5 MiB).
    package static let transactionBytes = 1_400_000
    /// What a change or a precondition counts beside its keys and value; etcd's encoding of one takes no more.
    package static let operationBytes = 32
    /// Longest term of a lease: a year.
    package static let leaseSeconds = 31_536_000
}
