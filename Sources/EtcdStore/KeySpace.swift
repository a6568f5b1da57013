import EtcdAPI
import Foundation
import Store

/// The part of etcd's keys that belongs to the store, and the translation between the two.
struct KeySpace: Sendable {
    /// What every key in etcd begins with.
    let namespace: String

    func key(_ key: String) -> Data {
        Data((namespace + key).utf8)
    }

    /// The store's name of a key in etcd, or nil when it is not of the store.
    func name(_ key: Data) -> String? {
        guard key.starts(with: namespace.utf8) else { return nil }
        return String(decoding: key.dropFirst(namespace.utf8.count), as: UTF8.self)
    }

    /// All keys that start with a prefix, as the first of them and the first that is after all of them.
    func range(prefix: String) -> (start: Data, end: Data) {
        let start = key(prefix)
        // etcd reads the byte 0 as "the first key" at the start and as "after all keys" at the end.
        return start.isEmpty ? (Data([0]), Data([0])) : (start, start + [0xff])
    }

    /// From a key up to another, not included; to the end of the namespace when that is empty.
    func range(from: String, upTo: String) -> (start: Data, end: Data) {
        let all = range(prefix: "")
        return (from.isEmpty ? all.start : key(from), upTo.isEmpty ? all.end : key(upTo))
    }

    func entry(_ value: Etcdserverpb_KeyValue) -> StoredEntry? {
        guard let name = name(value.key) else { return nil }
        return StoredEntry(
            key: name, value: [UInt8](value.value), created: Revision(value.createRevision),
            modified: Revision(value.modRevision))
    }

    /// The transaction as one request, so that preconditions and changes take one round trip.
    func request(_ transaction: Transaction) -> Etcdserverpb_TxnRequest {
        var request = Etcdserverpb_TxnRequest()
        request.compare = transaction.preconditions.map(comparison)
        request.success = transaction.changes.map(operation)
        return request
    }

    private func comparison(_ precondition: Precondition) -> Etcdserverpb_Compare {
        var compare = Etcdserverpb_Compare()
        compare.target = .version
        compare.version = 0
        compare.result = .equal
        switch precondition {
        case .absent(let key):
            compare.key = self.key(key)
        case .present(let key):
            compare.key = self.key(key)
            compare.result = .greater
        case .unmodified(let key, let since):
            compare.key = self.key(key)
            compare.target = .mod
            // A key that is not there has the revision 0, which must not pass for "unmodified since 0".
            compare.modRevision = since == .none ? -1 : since.number
        case .emptyRange(let from, let upTo):
            // A comparison over a range must hold for every key in it; etcd compares an empty range as one absent key.
            (compare.key, compare.rangeEnd) = range(from: from, upTo: upTo)
        }
        return compare
    }

    private func operation(_ change: Change) -> Etcdserverpb_RequestOp {
        var operation = Etcdserverpb_RequestOp()
        switch change {
        case .put(let key, let value, let lease):
            operation.requestPut.key = self.key(key)
            operation.requestPut.value = Data(value)
            operation.requestPut.lease = lease?.number ?? 0
        case .delete(let key):
            operation.requestDeleteRange.key = self.key(key)
        case .deletePrefix(let prefix):
            (operation.requestDeleteRange.key, operation.requestDeleteRange.rangeEnd) = range(prefix: prefix)
        }
        return operation
    }
}
