import Store

/// Commits that wait, in the order in which they came; decides which of them go together.
///
/// Those of one lane do: large ones are kept apart, so that others do not wait for their bytes.
struct WaitingCommits: Sendable {
    /// Which way a commit goes.
    enum Lane: Sendable, CaseIterable {
        case small
        case large
    }

    /// From so many bytes on a transaction is large: ten times what making a port takes.
    static let largeBytes = 64 << 10

    /// How many transactions go as one request. Their bytes and operations together are limited like those of one.
    static let groupLimit = 64

    /// A commit that somebody waits for.
    struct Commit: Sendable {
        let id: Int
        let transaction: Transaction
        /// As ``Transaction/checkLimits()`` counts them.
        let bytes: Int
        let access: AccessSet

        var lane: Lane { bytes < WaitingCommits.largeBytes ? .small : .large }

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

    /// Takes the one of a lane that waits longest, and all that can go with it; the others keep their order.
    mutating func takeGroup(_ lane: Lane) -> [Commit] {
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
            guard commit.lane == lane, fits else {
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
