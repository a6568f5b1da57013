import EtcdStore
import Foundation
import Store
import Testing

/// What only a cluster of etcd can show: failures of its members, limits of its connections, its own alarms.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct EtcdStoreTests {
    /// grpc-go sends a PING for about every call, and swift-nio-http2 closes a connection with 200 of them in 30 s.
    @Test(arguments: [true, false])
    func twoThousandPutsGoThroughOneConnection(isSecure: Bool) async throws {
        try await EtcdServers.run(count: 1, isSecure: isSecure) { servers in
            try await servers.withStore { store in
                let start = try await store.latestRevision()
                async let watched = store.batches(prefix: "/", after: start, count: 2000)
                for number in 0..<2000 { try await store.change(.put("/puts", text: "\(number)")) }
                #expect(try await watched.count == 2000)
            }
        }
    }

    /// Whether one is refused or has no lease costs the others nothing, and a watch sees all that was committed.
    @Test(arguments: [true, false])
    func ofManyCommitsAtOnceEachHasItsOwnOutcome(isSecure: Bool) async throws {
        try await EtcdServers.run(count: 1, isSecure: isSecure) { servers in
            try await servers.withStore { store in
                let start = try await store.change(.put("/there", text: ""))
                let outcomes = try await withThrowingTaskGroup(of: (Int, CommitOutcome?).self) { group in
                    for number in 0..<200 {
                        group.addTask {
                            // Of ten one is refused and one has a lease that does not exist.
                            let precondition: Precondition = number % 10 == 3 ? .absent("/there") : .present("/there")
                            let lease = number % 10 == 7 ? LeaseID(4711) : nil
                            let put = Change.put("/all/\(number)", text: "\(number)", lease: lease)
                            do {
                                return (
                                    number,
                                    try await store.commit(Transaction(preconditions: [precondition], changes: [put]))
                                )
                            } catch let error as StoreError where error.code == .leaseNotFound {
                                return (number, nil)
                            }
                        }
                    }
                    return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
                }
                let end = try await store.latestRevision()
                var revisions: Set<Revision> = []
                for number in 0..<200 {
                    switch (number % 10, outcomes[number]) {
                    case (3, .refused(let revision)?): #expect(revision >= start && revision <= end)
                    case (7, nil): break
                    case (_, .committed(let revision)?): revisions.insert(revision)
                    default: Issue.record("\(number): \(String(describing: outcomes[number]))")
                    }
                }
                let entries = try await store.list(prefix: "/all/").entries
                #expect(entries.count == 160)
                #expect(Set(entries.map(\.modified)) == revisions)
                let history = try await store.history(prefix: "/all/", after: start, through: end)
                #expect(history.map(\.revision) == revisions.sorted())
                #expect(history.flatMap(\.events).count == 160)
            }
        }
    }

    /// The same without leases that do not exist, for which each is sent again by itself.
    @Test func manyCommitsAtOnceAreFewRevisions() async throws {
        try await EtcdServers.run(count: 1, isSecure: true) { servers in
            try await servers.withStore { store in
                let start = try await store.latestRevision()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<200 { group.addTask { try await store.change(.put("/\(number)", text: "")) } }
                    try await group.waitForAll()
                }
                #expect(try await store.list(prefix: "/").entries.count == 200)
                #expect(try await store.latestRevision().number - start.number < 100)
            }
        }
    }

    @Test func aWatchFromBeforeTheCompactionIsToldSo() async throws {
        try await EtcdServers.run(count: 1, isSecure: false) { servers in
            try await servers.withStore { store in
                let first = try await store.change(.put("/a", text: "1"))
                let second = try await store.change(.delete("/a"))
                let third = try await store.change(.put("/b", text: "1"))
                try await store.compact(through: second)
                #expect(
                    await failure { _ = try await store.batches(prefix: "/", after: .none, count: 1) } == .compacted)
                // etcd itself would accept this one, and say nothing of the deletion.
                #expect(
                    await failure { _ = try await store.batches(prefix: "/", after: first, count: 1) } == .compacted)
                #expect(try await store.batches(prefix: "/", after: second, count: 1).map(\.revision) == [third])
                let listing = try await store.list(prefix: "/")
                let fourth = try await store.change(.delete("/b"))
                #expect(
                    try await store.batches(prefix: "/", after: listing.revision, count: 1).map(\.revision) == [fourth])
            }
        }
    }

    /// Keys of others move etcd's revision; who waits for the newest must not wait for ever.
    @Test func changesOfOtherKeysDoNotLeaveAWatchBehind() async throws {
        try await EtcdServers.run(count: 1, isSecure: false) { servers in
            try await servers.withStore { store in
                try await servers.withStore { other in
                    let start = try await store.latestRevision()
                    let watch = store.watch(prefix: "/", after: start)
                    let foreign = try await other.change(.put("/a", text: ""))
                    #expect(try await store.latestRevision() == foreign)
                    let asked = ContinuousClock.now
                    for try await batch in watch {
                        #expect(batch.events.isEmpty)
                        if batch.revision >= foreign { break }
                    }
                    #expect(asked.duration(to: .now) < .seconds(2))
                    #expect(try await store.list(prefix: "").entries.isEmpty)
                }
            }
        }
    }

    @Test func aListingOfManyPagesIsOfOneRevision() async throws {
        try await EtcdServers.run(count: 1, isSecure: true) { servers in
            try await servers.withStore { store in
                for page in 0..<3 {
                    let changes = (0..<1500).map { Change.put("/entries/\(page)/\($0)", text: "value") }
                    _ = try await store.commit(Transaction(changes: changes))
                }
                async let writing: Void = {
                    for number in 0..<200 {
                        try await store.change(
                            .put("/entries/0/0", text: "\(number)"), .put("/last", text: "\(number)"))
                    }
                }()
                for _ in 0..<5 {
                    let listing = try await store.list(prefix: "/")
                    #expect(listing.entries.count >= 4500)
                    #expect(listing.entries.allSatisfy { $0.modified <= listing.revision })
                    let first = listing.entries.first { $0.key == "/entries/0/0" }
                    let last = listing.entries.first { $0.key == "/last" }
                    if let last { #expect(first?.value == last.value) }
                }
                try await writing
            }
        }
    }

    /// A page of these would be larger than any message may be.
    @Test func largeValuesAreListedInSmallerPages() async throws {
        try await EtcdServers.run(count: 1, isSecure: false) { servers in
            try await servers.withStore { store in
                let value = [UInt8](repeating: 1, count: 1 << 20)
                for number in 0..<70 { try await store.change(.put("/large/\(100 + number)", value)) }
                let listing = try await store.list(prefix: "/large/")
                #expect(listing.entries.count == 70)
                #expect(listing.entries.allSatisfy { $0.value.count == value.count })
                let history = try await store.history(prefix: "/large/", after: .none, through: listing.revision)
                #expect(history.count == 70)
            }
        }
    }

    @Test func aFullStoreSaysSo() async throws {
        try await EtcdServers.run(count: 1, isSecure: false, flags: ["--quota-backend-bytes", "16777216"]) { servers in
            try await servers.withStore { store in
                let value = [UInt8](repeating: 1, count: 1 << 20)
                var code: StoreError.Code?
                for number in 0..<64 where code == nil {
                    code = await failure { try await store.change(.put("/full/\(number)", value)) }
                }
                #expect(code == .full)
                let health = await store.health()
                #expect(health.alarms.count == 1)
                #expect(!health.isWritable)
                let kept = try await store.list(prefix: "/full/").entries
                #expect(!kept.isEmpty)
            }
        }
    }

    @Test func aClientWithoutACertificateIsNotServed() async throws {
        try await EtcdServers.run(count: 1, isSecure: true) { servers in
            let plain = try EtcdStore(
                endpoints: servers.endpoints.map { $0.replacing("https", with: "http") }, tls: nil,
                deadline: .milliseconds(500))
            try await close(plain) { store in
                #expect(await failure { _ = try await store.latestRevision() } == .unavailable)
            }
            #expect(throws: StoreError.self) { try EtcdStore(endpoints: servers.endpoints, tls: nil) }
            #expect(throws: StoreError.self) { try EtcdStore(endpoints: [], tls: nil) }
            #expect(throws: StoreError.self) { try EtcdStore(endpoints: ["http://host"], tls: nil) }
            let missing = TLSFiles(authority: "/none", certificate: "/none", key: "/none")
            #expect(throws: StoreError.self) { try EtcdStore(endpoints: servers.endpoints, tls: missing) }
        }
    }

    /// A controller that was made for another store: it says which one it met, and asks it for nothing.
    @Test func aMemberOfAnotherStoreIsNotAsked() async throws {
        try await EtcdServers.run(count: 1, isSecure: false) { servers in
            func open(_ identity: StoreIdentity?) throws -> EtcdStore {
                try EtcdStore(
                    endpoints: servers.endpoints, tls: nil, identity: identity, deadline: .seconds(2))
            }
            var found: StoreIdentity?
            try await close(try open(StoreIdentity(7))) { store in
                do {
                    _ = try await store.latestRevision()
                    Issue.record("it was asked")
                } catch let error as StoreError {
                    #expect(error.code == .unavailable)
                    #expect(error.message.contains("this controller was made for 7"))
                }
                let member = try #require(await store.health().members.first)
                #expect(!member.isHealthy)
                let words = member.reason.split(separator: " ")
                let id = words.firstIndex(of: "store").map { words[$0 + 1].filter(\.isHexDigit) }
                found = id.flatMap { UInt64($0, radix: 16) }.map { StoreIdentity($0) }
            }
            let identity: StoreIdentity = try #require(found)
            try await close(try open(identity)) { store in
                let revision = try await store.latestRevision()
                #expect(revision > Revision(0))
            }
        }
    }

    @Test func withoutAnyMemberACallEndsInTime() async throws {
        try await EtcdServers.run(count: 1, isSecure: false) { servers in
            try await servers.withStore(deadline: .seconds(2)) { store in
                while await failure({ try await store.change(.put("/a", text: "")) }) != nil {}
                servers.members[0].kill()
                let begin = ContinuousClock.now
                let code = await failure { try await store.change(.put("/b", text: "")) }
                #expect(code == .unavailable || code == .unknownOutcome)
                #expect(await failure { _ = try await store.latestRevision() } == .unavailable)
                #expect(await failure { _ = try await store.grantLease(seconds: 10) } == .unavailable)
                #expect(begin.duration(to: .now) < .seconds(20))
                let health = await store.health()
                #expect(health.members.map(\.isHealthy) == [false])
                try servers.members[0].start()
                while await failure({ _ = try await store.latestRevision() }) != nil {}
                #expect(try await store.text("/a") == "")
            }
        }
    }
}
