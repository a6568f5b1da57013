import EtcdAPI
import Store

/// Reads all entries with a prefix as they are at one revision, page by page.
struct EtcdListing {
    /// Entries of a page at first. A page whose message would be too large is asked for again with fewer. Not many small ones:
    /// for each page etcd counts all keys of the range, whatever the limit is.
    private static let pageSize: Int64 = 8000
    /// How often the listing begins anew when its revision is compacted while it is read.
    private static let attempts = 3

    let space: KeySpace
    let cluster: EtcdCluster

    func read(prefix: String) async throws(StoreError) -> Listing {
        for _ in 1..<Self.attempts {
            do throws(StoreError) {
                return try await readOnce(prefix: prefix)
            } catch  where error.code == .compacted {
                continue
            }
        }
        return try await readOnce(prefix: prefix)
    }

    private func readOnce(prefix: String) async throws(StoreError) -> Listing {
        let range = space.range(prefix: prefix)
        var request = Etcdserverpb_RangeRequest()
        request.key = range.start
        request.rangeEnd = range.end
        request.limit = Self.pageSize
        var entries: [StoredEntry] = []
        while true {
            let page: Etcdserverpb_RangeResponse
            do throws(StoreError) {
                page = try await cluster.ask(Etcdserverpb_KV.Method.Range.descriptor, request, patience: .page)
            } catch {
                guard error.code == .invalid, request.limit > 1 else { throw error }
                request.limit = max(1, request.limit / 8)
                continue
            }
            if request.revision == 0 { request.revision = page.header.revision }
            for value in page.kvs {
                guard let entry = space.entry(value) else {
                    throw StoreError(.corrupt, "etcd listed a key outside of \(space.namespace)")
                }
                if entry.key != ProgressMark.key { entries.append(entry) }
            }
            guard page.more, let last = page.kvs.last else { break }
            request.key = last.key + [0]
        }
        return Listing(revision: Revision(request.revision), entries: entries)
    }
}
