import EtcdAPI
import Store

/// Commits transactions, one or several with one request.
struct CommitRequest: Sendable {
    let cluster: EtcdCluster
    let space: KeySpace

    /// - Parameter transactions: at least one; no two that conflict.
    /// - Returns: what became of each, in their order.
    func send(_ transactions: [Transaction]) async -> [CommitQueue.Outcome] {
        guard transactions.count > 1 else { return await each(transactions) }
        do throws(StoreError) {
            return try await together(transactions).map { .success($0) }
        } catch {
            switch error.code {
            case .unavailable, .unknownOutcome:
                return transactions.map { _ in .failure(error) }
            case .compacted, .leaseNotFound, .invalid, .full, .corrupt:
                // Nothing of it was done because of one of them; the others need not pay for it.
                return await each(transactions)
            }
        }
    }

    private func each(_ transactions: [Transaction]) async -> [CommitQueue.Outcome] {
        await withTaskGroup(of: (Int, CommitQueue.Outcome).self) { group in
            for (index, transaction) in transactions.enumerated() {
                group.addTask { (index, await alone(transaction)) }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func alone(_ transaction: Transaction) async -> CommitQueue.Outcome {
        do throws(StoreError) {
            let answer: Etcdserverpb_TxnResponse = try await cluster.askOnce(
                Etcdserverpb_KV.Method.Txn.descriptor, space.request(transaction))
            return .success(Self.outcome(answer.succeeded, answer.header))
        } catch {
            return .failure(error)
        }
    }

    /// etcd evaluates the comparisons of all inner transactions before it applies the first, and does all or nothing.
    private func together(_ transactions: [Transaction]) async throws(StoreError) -> [CommitOutcome] {
        var request = Etcdserverpb_TxnGroupRequest()
        request.success = transactions.map { transaction in
            var operation = Etcdserverpb_TxnGroupOp()
            operation.requestTxn = space.request(transaction)
            return operation
        }
        let answer: Etcdserverpb_TxnGroupResponse = try await cluster.askOnce(
            Etcdserverpb_KV.Method.Txn.descriptor, request)
        guard answer.responses.count == transactions.count, answer.responses.allSatisfy(\.hasResponseTxn) else {
            throw StoreError(
                .unknownOutcome, "\(answer.responses.count) answers to \(transactions.count) transactions")
        }
        return answer.responses.map { Self.outcome($0.responseTxn.succeeded, answer.header) }
    }

    private static func outcome(_ succeeded: Bool, _ header: Etcdserverpb_ResponseHeader) -> CommitOutcome {
        succeeded ? .committed(Revision(header.revision)) : .refused(at: Revision(header.revision))
    }
}
