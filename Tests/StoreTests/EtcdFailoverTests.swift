import EtcdStore
import Foundation
import Store
import Synchronization
import Testing

/// Three members, of which one fails while writers, readers and a watch are at work.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct EtcdFailoverTests {
    enum Fault: CaseIterable {
        /// The process of the leader dies.
        case killedLeader
        /// The leader stands still, with its connections open.
        case frozenLeader
        /// The member that the client talks to dies, and it does not lead.
        case killedFollower
    }

    @Test(arguments: Fault.allCases)
    func noAcknowledgedCommitIsLost(_ fault: Fault) async throws {
        try await EtcdServers.run(count: 3, isSecure: true) { servers in
            try await servers.withStore(deadline: .seconds(30)) { store in
                let start = try await firstCommit(store)
                let victim = try await victim(of: fault, servers, store)
                let traffic = Traffic(store: store, start: start)
                async let ended: Void = traffic.run()
                try await traffic.reached(commits: 200)
                let instant = ContinuousClock.now
                if fault == .frozenLeader { victim.freeze() } else { victim.kill() }
                let restored = try await traffic.reached(commits: traffic.committed + 200)
                traffic.stop()
                try await ended
                print(
                    "\(fault): longest gap of writes \(traffic.longestGap) ms, of reads \(traffic.longestReadGap) ms, 200 commits after \(instant.duration(to: restored)),",
                    "outcomes \(traffic.failures), watches begun \(traffic.watches)")
                try await check(traffic, store)
                victim.thaw()
            }
        }
    }

    /// A new cluster on a busy machine may elect its first leader late.
    private func firstCommit(_ store: EtcdStore) async throws -> Revision {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            do {
                return try await store.change(.put("/start", text: ""))
            } catch {
                if ContinuousClock.now > deadline { throw error }
            }
        }
    }

    private func victim(of fault: Fault, _ servers: EtcdServers, _ store: EtcdStore) async throws -> EtcdProcess {
        let leader = try await servers.leader(seenBy: store)
        guard fault == .killedFollower else { return leader }
        return try #require(servers.members.first { $0.name != leader.name })
    }

    private func check(_ traffic: Traffic, _ store: EtcdStore) async throws {
        let entries = try await store.list(prefix: "/traffic/").entries
        let keys = Set(entries.map(\.key)).subtracting([Traffic.end])
        #expect(traffic.acknowledged.isSubset(of: keys))
        // What was refused had no effect; what is unknown may be there.
        #expect(keys.subtracting(traffic.acknowledged).isSubset(of: traffic.unknown))
        #expect(traffic.watched.isSuperset(of: traffic.acknowledged))
    }
}

/// Eight writers, each with keys of its own that it never uses twice, a reader and a watch.
final class Traffic: Sendable {
    private struct State {
        var acknowledged: Set<String> = []
        var unknown: Set<String> = []
        var watched: Set<String> = []
        var failures: [StoreError.Code: Int] = [:]
        var watches = 0
        var last: ContinuousClock.Instant?
        var longestGap = Duration.zero
        var isStopping = false
        var lastRead: ContinuousClock.Instant?
        var longestReadGap = Duration.zero
    }

    static let end = "/traffic/end"
    private let state = Mutex(State())
    private let store: EtcdStore
    private let start: Revision
    /// How many commits have been acknowledged, at each one; ends with the traffic.
    private let counts: AsyncStream<Int>
    private let count: AsyncStream<Int>.Continuation

    init(store: EtcdStore, start: Revision) {
        (counts, count) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
        self.store = store
        self.start = start
    }

    var acknowledged: Set<String> { state.withLock(\.acknowledged) }
    var unknown: Set<String> { state.withLock(\.unknown) }
    var watched: Set<String> { state.withLock(\.watched) }
    var failures: [StoreError.Code: Int] { state.withLock(\.failures) }
    var watches: Int { state.withLock(\.watches) }
    var committed: Int { state.withLock(\.acknowledged.count) }
    var longestGap: Int { Int(state.withLock(\.longestGap) / .milliseconds(1)) }

    var longestReadGap: Int { Int(state.withLock(\.longestReadGap) / .milliseconds(1)) }

    func stop() {
        state.withLock { $0.isStopping = true }
    }

    /// Awaits so many acknowledged commits; by one task at a time.
    ///
    /// - Throws: `CancellationError` when the traffic ends before.
    @discardableResult
    func reached(commits: Int) async throws -> ContinuousClock.Instant {
        for await count in counts where count >= commits { return .now }
        throw CancellationError()
    }

    func run() async throws {
        defer { count.finish() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.watch() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<8 { group.addTask { try await self.write(writer) } }
                group.addTask { try await self.read() }
                try await group.waitForAll()
            }
            // The watch has seen all when it sees this.
            while await failure({ try await self.store.change(.put(Self.end, text: "")) }) != nil, !Task.isCancelled {}
            try await group.waitForAll()
        }
    }

    private var isStopping: Bool { Task.isCancelled || state.withLock(\.isStopping) }

    private func write(_ writer: Int) async throws {
        for number in 0... {
            if isStopping { return }
            let key = "/traffic/\(writer)/\(number)"
            do {
                let outcome = try await store.commit(
                    Transaction(preconditions: [.absent(key)], changes: [.put(key, text: "")]))
                // Nobody else makes this key: a refusal would be the commit that was done twice.
                guard outcome.isCommitted else { throw StoreError(.corrupt, "\(key) was there before") }
                state.withLock { state in
                    state.acknowledged.insert(key)
                    let now = ContinuousClock.now
                    if let last = state.last { state.longestGap = max(state.longestGap, last.duration(to: now)) }
                    state.last = now
                    count.yield(state.acknowledged.count)
                }
            } catch let error as StoreError where error.code == .unavailable || error.code == .unknownOutcome {
                state.withLock { state in
                    state.failures[error.code, default: 0] += 1
                    if error.code == .unknownOutcome { state.unknown.insert(key) }
                }
            }
        }
    }

    private func read() async throws {
        while !isStopping {
            let code = await failure {
                _ = try await store.latestRevision()
                _ = try await store.list(prefix: "/traffic/0/1")
            }
            guard let code else {
                state.withLock { state in
                    let now = ContinuousClock.now
                    if let last = state.lastRead {
                        state.longestReadGap = max(state.longestReadGap, last.duration(to: now))
                    }
                    state.lastRead = now
                }
                continue
            }
            guard code == .unavailable else { throw StoreError(code, "a read failed") }
            state.withLock { $0.failures[code, default: 0] += 1 }
        }
    }

    /// Follows the keys as a replica does: goes on from the last batch when the watch breaks, until the end is seen.
    private func watch() async throws {
        var position = start
        while !Task.isCancelled {
            state.withLock { $0.watches += 1 }
            do {
                for try await batch in store.watch(prefix: "/traffic/", after: position) {
                    #expect(batch.revision > position)
                    position = batch.revision
                    let keys = batch.events.map(\.key)
                    state.withLock { $0.watched.formUnion(keys) }
                    if keys.contains(Self.end) { return }
                }
            } catch let error as StoreError where error.code == .unavailable {}
        }
    }
}
