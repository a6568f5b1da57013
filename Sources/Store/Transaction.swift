/// What must be true for a transaction to be committed, and what it then changes; all of it or nothing.
package struct Transaction: Hashable, Sendable {
    /// All must hold at the moment of the commit.
    package var preconditions: [Precondition]
    /// Applied together, under one revision. A key may occur once only.
    package var changes: [Change]

    package init(preconditions: [Precondition] = [], changes: [Change] = []) {
        self.preconditions = preconditions
        self.changes = changes
    }
}

/// A condition on the store's content that the store itself checks in the transaction.
package enum Precondition: Hashable, Sendable {
    /// Nothing is at the key: unique names, allocations, idempotency records.
    case absent(String)
    /// Something is at the key: the target of a new reference must still exist.
    case present(String)
    /// The entry at the key exists and was last put at this revision: nobody changed what the decision was based on.
    case unmodified(String, since: Revision)
    /// No key is at or after `from` and before `upTo`, in the order of UTF-8 bytes; an empty `upTo` is after all keys.
    ///
    /// An object to be deleted has no children and nobody refers to it: the whole range of its references is empty, or
    /// the gaps are between those that the same transaction deletes.
    case emptyRange(from: String, upTo: String)

    /// No key starts with the prefix.
    package static func emptyPrefix(_ prefix: String) -> Precondition {
        .emptyRange(from: prefix, upTo: KeyRange.end(ofPrefix: prefix))
    }

    /// No key but these is at or after `from` and before `upTo`: the ranges between them are empty.
    package static func emptyRanges(from: String, upTo: String, except keys: [String]) -> [Precondition] {
        var ranges: [Precondition] = []
        var from = from
        for key in keys.sorted(by: KeyBytes.precedes) {
            ranges.append(.emptyRange(from: from, upTo: key))
            from = KeyRange.after(key)
        }
        return ranges + [.emptyRange(from: from, upTo: upTo)]
    }
}

/// Bounds of key ranges.
package enum KeyRange {
    /// The first key after all keys that start with the prefix, in the order of UTF-8 bytes; empty when none can be.
    package static func end(ofPrefix prefix: String) -> String {
        var scalars = Array(prefix.unicodeScalars)
        while let last = scalars.popLast() {
            // The code points between are those of surrogates, which no string can hold.
            let next = last.value == 0xd7ff ? 0xe000 : last.value + 1
            guard let following = Unicode.Scalar(next) else { continue }
            scalars.append(following)
            return String(String.UnicodeScalarView(scalars))
        }
        return ""
    }

    /// The first key after this one.
    package static func after(_ key: String) -> String { key + "\0" }
}

/// A change of one key, or of all keys below a prefix.
package enum Change: Hashable, Sendable {
    /// Puts a value, with the lease that it lives as long as, or for good.
    case put(String, [UInt8], lease: LeaseID? = nil)
    /// Deletes the key; no error when there is nothing.
    case delete(String)
    /// Deletes every key that starts with the prefix.
    case deletePrefix(String)
}

/// What became of a transaction.
package enum CommitOutcome: Hashable, Sendable {
    /// Durable on a majority, at this revision.
    case committed(Revision)
    /// A precondition did not hold; nothing was changed. The revision is one at which it did not hold, so that a
    /// replica that has reached it can see the reason.
    case refused(at: Revision)
}
