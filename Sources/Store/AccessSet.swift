/// The keys that transactions read and write: what decides whether they may be committed as one.
///
/// A store that is given several transactions at once looks at the preconditions of all of them before it changes anything.
/// That is the same as one after the other only when none writes what another one reads or writes.
package struct AccessSet: Sendable {
    private struct Range: Sendable {
        let from: String
        /// Not included; empty for all keys.
        let upTo: String

        func contains(_ key: String) -> Bool {
            !KeyBytes.precedes(key, from) && (upTo.isEmpty || KeyBytes.precedes(key, upTo))
        }

        /// Whether a key that starts with the prefix may be in it.
        func meets(prefix: String) -> Bool {
            let end = KeyRange.end(ofPrefix: prefix)
            return (end.isEmpty || KeyBytes.precedes(from, end)) && (upTo.isEmpty || KeyBytes.precedes(prefix, upTo))
        }
    }

    private var readKeys: Set<KeyBytes> = []
    private var readRanges: [Range] = []
    private var writtenKeys: Set<KeyBytes> = []
    private var deletedPrefixes: [String] = []

    /// Of no transaction.
    package init() {}

    /// What one transaction reads by its preconditions and writes by its changes.
    package init(_ transaction: Transaction) {
        for precondition in transaction.preconditions {
            switch precondition {
            case .absent(let key), .present(let key), .unmodified(let key, _): readKeys.insert(KeyBytes(key))
            case .emptyRange(let from, let upTo): readRanges.append(Range(from: from, upTo: upTo))
            }
        }
        for change in transaction.changes {
            switch change {
            case .put(let key, _, _), .delete(let key): writtenKeys.insert(KeyBytes(key))
            case .deletePrefix(let prefix): deletedPrefixes.append(prefix)
            }
        }
    }

    /// Whether what one of the two writes matters to the other.
    package func conflicts(with other: AccessSet) -> Bool {
        reads(whatIsWrittenBy: other) || other.reads(whatIsWrittenBy: self) || writes(whatIsWrittenBy: other)
    }

    /// Adds what others read and write; then it stands for all of them.
    package mutating func formUnion(_ other: AccessSet) {
        readKeys.formUnion(other.readKeys)
        readRanges += other.readRanges
        writtenKeys.formUnion(other.writtenKeys)
        deletedPrefixes += other.deletedPrefixes
    }

    private func reads(whatIsWrittenBy other: AccessSet) -> Bool {
        if Self.meet(readKeys, other.writtenKeys) { return true }
        if Self.meet(readKeys, prefixes: other.deletedPrefixes) { return true }
        return readRanges.contains { range in
            other.writtenKeys.contains { range.contains($0.key) }
                || other.deletedPrefixes.contains { range.meets(prefix: $0) }
        }
    }

    private func writes(whatIsWrittenBy other: AccessSet) -> Bool {
        if Self.meet(writtenKeys, other.writtenKeys) { return true }
        if Self.meet(writtenKeys, prefixes: other.deletedPrefixes) { return true }
        if Self.meet(other.writtenKeys, prefixes: deletedPrefixes) { return true }
        return deletedPrefixes.contains { own in
            other.deletedPrefixes.contains { own.utf8.starts(with: $0.utf8) || $0.utf8.starts(with: own.utf8) }
        }
    }

    private static func meet(_ one: Set<KeyBytes>, _ other: Set<KeyBytes>) -> Bool {
        one.count < other.count ? one.contains(where: other.contains) : other.contains(where: one.contains)
    }

    private static func meet(_ keys: Set<KeyBytes>, prefixes: [String]) -> Bool {
        prefixes.contains { prefix in keys.contains { $0.key.utf8.starts(with: prefix.utf8) } }
    }
}
