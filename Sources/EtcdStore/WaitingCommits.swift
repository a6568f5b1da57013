import Store

/// Commits that wait, in the order in which they came; decides which of them go together.
struct WaitingCommits: Sendable {
    /// How many transactions go as one request. Their bytes and operations together are limited like those of one.
    static let groupLimit = 64

    /// A commit that somebody waits for.
    struct Commit: Sendable {
        let id: Int
        let transaction: Transaction
        /// As ``Transaction/checkLimits()`` counts them.
        let bytes: Int
        let access: AccessSet

        fileprivate var operations: Int { max(transaction.preconditions.count, transaction.changes.count) }
    }

    private var commits: [Commit] = []

    var count: Int { commits.count }

    mutating func append(_ commit: Commit) { commits.append(commit) }

    /// - Returns: whether it waited.
    mutating func remove(_ id: Int) -> Bool {
        guard let place = commits.firstIndex(where: { $0.id == id }) else { return false }
        commits.remove(at: place)
        return true
    }

    /// Takes the one that waits longest, and all that can go with it; the others keep their order.
    mutating func takeGroup() -> [Commit] {
        var group: [Commit] = []
        var rest: [Commit] = []
        var access = AccessSet()
        var bytes = 0
        var operations = 0
        for commit in commits {
            let fits =
                group.isEmpty
                || group.count < Self.groupLimit && bytes + commit.bytes <= StoreLimits.transactionBytes
                    && operations + commit.operations <= StoreLimits.transactionOperations
                    && !access.conflicts(with: commit.access)
            guard fits else {
                rest.append(commit)
                continue
            }
            group.append(commit)
            access.formUnion(commit.access)
            bytes += commit.bytes
            operations += commit.operations
        }
        commits = rest
        return group
    }
}
