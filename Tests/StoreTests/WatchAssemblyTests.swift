import EtcdAPI
import Foundation
import Store
import Testing

@testable import EtcdStore

/// How etcd's messages become batches, in every way in which etcd may pack them.
struct WatchAssemblyTests {
    private func event(_ key: String, _ revision: Int64, isDeletion: Bool = false) -> Etcdserverpb_Event {
        var event = Etcdserverpb_Event()
        event.type = isDeletion ? .delete : .put
        event.kv.key = Data(key.utf8)
        event.kv.modRevision = revision
        event.kv.createRevision = revision
        return event
    }

    private func message(_ events: [Etcdserverpb_Event], isFragment: Bool = false) -> Etcdserverpb_WatchResponse {
        var message = Etcdserverpb_WatchResponse()
        message.events = events
        message.fragment = isFragment
        message.header.revision = 1000
        return message
    }

    private func assembly(prefix: String = "/a/", after: Int64 = 10) -> WatchAssembly {
        WatchAssembly(space: KeySpace(namespace: "/n"), prefix: prefix, after: Revision(after))
    }

    private func keys(_ batches: [WatchBatch]) -> [String] {
        batches.map { "\($0.revision):\($0.events.map(\.key).joined(separator: ","))" }
    }

    @Test func revisionsOfOneMessageAreTakenApart() {
        var assembly = assembly()
        let batches = assembly.take(
            message([
                event("/n/a/1", 11), event("/n/a/2", 11), event("/n/b/1", 12), event("/n/a/1", 13, isDeletion: true),
            ]))
        #expect(keys(batches) == ["11:/a/1,/a/2", "13:/a/1"])
        #expect(batches.last?.events == [.delete("/a/1")])
        #expect(assembly.position == Revision(13))
    }

    @Test func aRevisionInFragmentsIsPutTogether() {
        var assembly = assembly()
        #expect(
            keys(assembly.take(message([event("/n/a/1", 11), event("/n/a/2", 12)], isFragment: true))) == ["11:/a/1"])
        #expect(keys(assembly.take(message([event("/n/a/3", 12)], isFragment: true))) == [])
        #expect(assembly.position == Revision(11))
        #expect(keys(assembly.take(message([event("/n/a/4", 12)]))) == ["12:/a/2,/a/3,/a/4"])
    }

    @Test func aFragmentWhoseEndIsOfAnotherPrefixIsStillWhole() {
        var assembly = assembly()
        #expect(keys(assembly.take(message([event("/n/a/1", 11)], isFragment: true))) == [])
        #expect(keys(assembly.take(message([event("/n/b/1", 11)]))) == ["11:/a/1"])
    }

    @Test func whatWasSentTwiceIsDeliveredOnce() {
        var assembly = assembly()
        #expect(keys(assembly.take(message([event("/n/a/1", 10), event("/n/a/1", 11)]))) == ["11:/a/1"])
        #expect(keys(assembly.take(message([event("/n/a/1", 11), event("/n/a/2", 12)]))) == ["12:/a/2"])
    }

    @Test func otherKeysAreProgress() {
        var assembly = assembly()
        #expect(keys(assembly.take(message([event("/n/b/1", 11), event("/n/b/1", 12)]))) == ["12:"])
        #expect(keys(assembly.take(message([event("/n/a/1", 13), event("/n/b/1", 14)]))) == ["13:/a/1", "14:"])
        #expect(keys(assembly.take(message([event("/n\(ProgressMark.key)", 15)]))) == ["15:"])
    }

    /// An answer to a request for progress may run ahead of events in etcd before 3.4.25.
    @Test func theHeaderIsNoProof() {
        var assembly = assembly()
        #expect(assembly.take(message([])).isEmpty)
        #expect(assembly.position == Revision(10))
    }
}
