import EtcdAPI
import GRPCCore
import GRPCProtobuf
import Store
import Synchronization

/// One watch on one member, from its creation to its end; whoever wants to go on begins a new one.
///
/// The watch ends with ``StoreError/Code/unavailable`` when the member has lost its leader, has left three requests for
/// progress without an answer, or when the consumer has let the feed fill up.
final class WatchSession: Sendable {
    /// How often the member is asked for a sign of life. Reads wait for the watch: a member that has gone without a word
    /// costs them six half intervals.
    private static let interval = Duration.milliseconds(200)
    /// How many half intervals it may give none. Counted, not measured: when this process is starved or stopped, it is
    /// not the member that is silent.
    private static let silentTicks = 6

    private let feed: WatchFeed
    private let space: KeySpace
    private let prefix: String
    private let start: Revision
    private let cluster: EtcdCluster
    private let mark: ProgressMark
    /// Half intervals since the last message.
    private let ticks = Mutex(0)

    init(
        feed: WatchFeed, space: KeySpace, prefix: String, after revision: Revision, cluster: EtcdCluster,
        mark: ProgressMark
    ) {
        self.feed = feed
        self.space = space
        self.prefix = prefix
        self.start = revision
        self.cluster = cluster
        self.mark = mark
    }

    /// Fills the feed until the watch fails or the task is cancelled.
    func run() async {
        mark.reached(start, watch: ObjectIdentifier(self))
        defer { mark.ended(ObjectIdentifier(self)) }
        do {
            let member = try await cluster.readyMember()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.follow(member) }
                group.addTask { try await self.guardAgainstSilence(of: member) }
                defer { group.cancelAll() }
                try await group.next()
            }
            feed.finish(throwing: StoreError(.unavailable, "\(member.endpoint): the watch has ended"))
        } catch let error as StoreError {
            feed.finish(throwing: error)
        } catch {
            feed.finish(throwing: StoreError(.unavailable, "the watch was interrupted: \(error)"))
        }
    }

    private func guardAgainstSilence(of member: EtcdMember) async throws {
        while true {
            try await Task.sleep(for: Self.interval / 2)
            let silent = ticks.withLock { ticks in
                ticks += 1
                return ticks
            }
            guard silent <= Self.silentTicks else {
                throw StoreError(
                    .unavailable, "\(member.endpoint): no sign of life for \(Self.interval / 2 * silent)")
            }
        }
    }

    private func follow(_ member: EtcdMember) async throws {
        let client = Etcdserverpb_Watch.Client(wrapping: member.streams)
        let creation = creation
        let request = StreamingClientRequest<Etcdserverpb_WatchRequest>(metadata: EtcdMember.requireLeader) { writer in
            try await writer.write(creation)
            var progress = Etcdserverpb_WatchRequest()
            progress.progressRequest = Etcdserverpb_WatchProgressRequest()
            while !Task.isCancelled {
                try await Task.sleep(for: Self.interval)
                try await writer.write(progress)
            }
        }
        do {
            try await client.watch(request: request, options: EtcdMember.options) { response in
                var assembly = WatchAssembly(space: self.space, prefix: self.prefix, after: self.start)
                for try await message in response.messages {
                    self.ticks.withLock { $0 = 0 }
                    try await self.take(message, into: &assembly, from: member)
                    self.ticks.withLock { $0 = 0 }
                }
            }
        } catch let error as StoreError {
            throw error
        } catch {
            throw CallFailure(error, from: member.endpoint, wasSent: false).error
        }
    }

    private var creation: Etcdserverpb_WatchRequest {
        let range = space.range(prefix: "")
        var request = Etcdserverpb_WatchRequest()
        request.createRequest.key = range.start
        request.createRequest.rangeEnd = range.end
        request.createRequest.startRevision = start.number + 1
        // Without it etcd packs up to a thousand revisions into one message of any size.
        request.createRequest.fragment = true
        return request
    }

    private func take(
        _ message: Etcdserverpb_WatchResponse, into assembly: inout WatchAssembly, from member: EtcdMember
    ) async throws {
        if message.compactRevision != 0 {
            throw StoreError(
                .compacted, "revision \(start) is before \(message.compactRevision), the oldest that is kept")
        }
        if message.canceled {
            throw StoreError(.unavailable, "\(member.endpoint): the watch was cancelled: \(message.cancelReason)")
        }
        if message.created {
            try await refuseCompacted(by: member)
            return
        }
        for batch in assembly.take(message) {
            guard feed.offer(batch) else {
                throw StoreError(.unavailable, "the consumer of the watch is too slow: its buffer is full")
            }
        }
        mark.reached(assembly.position, watch: ObjectIdentifier(self))
    }

    /// etcd accepts a watch that starts at the compacted revision itself, although the deletions of that revision may
    /// be gone already; a read at the revision before it tells.
    private func refuseCompacted(by member: EtcdMember) async throws {
        guard start > .none else { return }
        var request = Etcdserverpb_RangeRequest()
        request.key = space.key(ProgressMark.key)
        request.revision = start.number
        request.serializable = true
        request.countOnly = true
        let method = Etcdserverpb_KV.Method.Range.descriptor
        do throws(CallFailure) {
            let _: Etcdserverpb_RangeResponse = try await member.call(method, request)
        } catch  where error.error.code == .compacted {
            throw error.error
        } catch {
            // A member that is behind does not know the revision yet, and has not compacted it.
        }
    }
}
