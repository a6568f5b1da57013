import EtcdAPI
import Logging
import Store

/// The store of a cluster: etcd, version 3.4 or later.
///
/// Each member must allow transactions of ``StoreLimits/transactionOperations`` (`--max-txn-ops=8192`). All members that
/// are named are probed; calls go to the first that answers and move to another as soon as it does not; questions for the
/// newest revision go to the one that leads. A commit whose request was sent and not answered is never repeated: it throws
/// ``StoreError/Code/unknownOutcome``.
package final class EtcdStore: ConfigStore {
    private let cluster: EtcdCluster
    private let space: KeySpace
    private let mark = ProgressMark()
    private let commits: CommitQueue
    private let background: Task<Void, Never>

    /// Begins to connect; does not wait for it.
    ///
    /// - Parameters:
    ///   - endpoints: `https://host:port` of every member, the nearest first; `http://` when there is no TLS.
    ///   - tls: the files with which the client and the members know each other; nil for plain connections.
    ///   - namespace: what every key begins with in etcd. No other user of the same etcd may use keys that begin with
    ///     it, not even another namespace.
    ///   - identity: the store that the members must belong to; nil when any will do.
    ///   - deadline: how long a call may take.
    /// - Throws: ``StoreError/Code/invalid`` for endpoints that cannot be used, ``StoreError/Code/unavailable`` for TLS
    ///   files that cannot be read.
    package init(
        endpoints: [String], tls: TLSFiles?, namespace: String = "", identity: StoreIdentity? = nil,
        deadline: Duration = .seconds(5),
        logger: Logger = Logger(label: "store")
    ) throws(StoreError) {
        guard !endpoints.isEmpty else { throw StoreError(.invalid, "no store endpoints") }
        var members: [EtcdMember] = []
        for text in endpoints {
            let endpoint = try EtcdEndpoint(text)
            guard endpoint.isSecure == (tls != nil) else {
                let advice = tls == nil ? "name the certificate files" : "write https://"
                throw StoreError(.invalid, "store endpoint \(text) does not go with the TLS settings: \(advice)")
            }
            members.append(try EtcdMember(endpoint, tls: tls))
        }
        let cluster = EtcdCluster(members: members, identity: identity, deadline: deadline, logger: logger)
        let space = KeySpace(namespace: namespace)
        self.cluster = cluster
        self.space = space
        let request = CommitRequest(cluster: cluster, space: space)
        commits = CommitQueue { await request.send($0) }
        let mark = mark
        background = Task {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await cluster.run() }
                group.addTask { await mark.run(space: space, cluster: cluster) }
            }
        }
    }

    deinit {
        background.cancel()
    }

    package func commit(_ transaction: Transaction) async throws(StoreError) -> CommitOutcome {
        try await commits.commit(transaction)
    }

    package func latestRevision() async throws(StoreError) -> Revision {
        var request = Etcdserverpb_RangeRequest()
        request.key = space.key(ProgressMark.key)
        request.countOnly = true
        // Only the leader knows; another member would send it each question on. What comes to one member from several
        // controllers while it makes sure that it leads still waits for the next time, together.
        let answer: Etcdserverpb_RangeResponse = try await cluster.ask(
            Etcdserverpb_KV.Method.Range.descriptor, request, patience: .probe, leaderFirst: true)
        let revision = Revision(answer.header.revision)
        mark.asked(for: revision)
        return revision
    }

    package func list(prefix: String) async throws(StoreError) -> Listing {
        try await EtcdListing(space: space, cluster: cluster).read(prefix: prefix)
    }

    package func watch(prefix: String, after revision: Revision) -> AsyncThrowingStream<WatchBatch, any Error> {
        let feed = WatchFeed()
        let session = WatchSession(
            feed: feed, space: space, prefix: prefix, after: revision, cluster: cluster, mark: mark)
        // Its failure reaches the consumer through the feed; its end is the consumer's.
        let task = Task { await session.run() }
        return feed.stream(onEnd: { task.cancel() })
    }

    package func grantLease(seconds: Int) async throws(StoreError) -> LeaseID {
        guard (1...StoreLimits.leaseSeconds).contains(seconds) else {
            throw StoreError(.invalid, "a lease of \(seconds) seconds; from 1 to \(StoreLimits.leaseSeconds)")
        }
        var request = Etcdserverpb_LeaseGrantRequest()
        request.ttl = Int64(seconds)
        let answer: Etcdserverpb_LeaseGrantResponse = try await cluster.ask(
            Etcdserverpb_Lease.Method.LeaseGrant.descriptor, request, patience: .lease)
        // A grant that was made twice leaves a lease that nobody uses, until its term is over.
        return LeaseID(answer.id)
    }

    package func keepAlive(_ lease: LeaseID) async throws(StoreError) {
        var request = Etcdserverpb_LeaseKeepAliveRequest()
        request.id = lease.number
        let answer: Etcdserverpb_LeaseKeepAliveResponse = try await cluster.ask(
            Etcdserverpb_Lease.Method.LeaseKeepAlive.descriptor, request, patience: .lease)
        guard answer.ttl > 0 else { throw StoreError(.leaseNotFound, "lease \(lease.number) has ended") }
    }

    package func revoke(_ lease: LeaseID) async throws(StoreError) {
        var request = Etcdserverpb_LeaseRevokeRequest()
        request.id = lease.number
        do throws(StoreError) {
            let _: Etcdserverpb_LeaseRevokeResponse = try await cluster.ask(
                Etcdserverpb_Lease.Method.LeaseRevoke.descriptor, request, patience: .lease)
        } catch  where error.code == .leaseNotFound {
            return
        }
    }

    package func health() async -> StoreHealth {
        await EtcdHealth(cluster: cluster).read()
    }

    /// Forgets the history before a revision, on all members: watches from before it end with
    /// ``StoreError/Code/compacted``. A cluster does so by itself when it is set to (`--auto-compaction-mode`).
    package func compact(through revision: Revision) async throws(StoreError) {
        var request = Etcdserverpb_CompactionRequest()
        request.revision = revision.number
        do throws(StoreError) {
            let _: Etcdserverpb_CompactionResponse = try await cluster.ask(
                Etcdserverpb_KV.Method.Compact.descriptor, request, patience: .lease)
        } catch  where error.code == .compacted {
            return
        }
    }

    package func close() async {
        background.cancel()
        await background.value
    }
}
