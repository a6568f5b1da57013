import EtcdAPI
import Store
import Synchronization

/// Brings idle watches up to the newest revision.
///
/// A watch covers the whole namespace, so every revision of the store itself reaches it as an event. Only a change of
/// keys that are not the store's leaves it behind what ``EtcdStore/latestRevision()`` says. Then, a moment later, a mark
/// is put into the namespace and taken away: an event in each watch's own order, which proves that nothing is missing
/// before it. (etcd's answer to a request for progress proves that only from 3.4.25 and 3.5.8 on.)
final class ProgressMark: Sendable {
    /// The mark; not shown to users of the store.
    static let key = ".progress"
    /// How long a watch may take by itself.
    private static let patience = Duration.milliseconds(200)

    private struct State {
        var positions: [ObjectIdentifier: Revision] = [:]
        var asked = Revision.none
        var marked = Revision.none

        var isWanted: Bool { marked < asked && positions.values.contains { $0 < asked } }
    }

    private let state = Mutex(State())
    private let signal = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// A watch has come this far.
    func reached(_ revision: Revision, watch: ObjectIdentifier) {
        state.withLock { $0.positions[watch] = revision }
    }

    func ended(_ watch: ObjectIdentifier) {
        state.withLock { $0.positions[watch] = nil }
    }

    /// Somebody waits for the watches to reach this revision.
    func asked(for revision: Revision) {
        let isWanted = state.withLock { state in
            state.asked = max(state.asked, revision)
            return state.isWanted
        }
        if isWanted { signal.continuation.yield() }
    }

    /// Puts marks where they are wanted until the task is cancelled.
    func run(space: KeySpace, cluster: EtcdCluster) async {
        for await _ in signal.stream {
            try? await Task.sleep(for: Self.patience)
            guard !Task.isCancelled else { return }
            guard state.withLock(\.isWanted) else { continue }
            // A failure is that of the cluster, and shows at once in the calls of those who wait.
            guard let revision = try? await put(space, cluster) else { continue }
            state.withLock { $0.marked = max($0.marked, revision) }
        }
    }

    private func put(_ space: KeySpace, _ cluster: EtcdCluster) async throws -> Revision {
        let putting = space.request(Transaction(changes: [.put(Self.key, [])]))
        let method = Etcdserverpb_KV.Method.Txn.descriptor
        let answer: Etcdserverpb_TxnResponse = try await cluster.askOnce(method, putting)
        let removing = space.request(Transaction(changes: [.delete(Self.key)]))
        let _: Etcdserverpb_TxnResponse = try await cluster.askOnce(method, removing)
        return Revision(answer.header.revision)
    }
}
