import Store
import Synchronization
import Testing

@testable import EtcdStore

/// Which transactions go together, decided by the queue alone.
@Suite(.timeLimit(.minutes(1))) struct CommitQueueTests {
    /// Takes requests and keeps each until it is told to answer.
    private final class Members: Sendable {
        let requests: AsyncStream<Request>
        private let sink: AsyncStream<Request>.Continuation

        struct Request: Sendable {
            let keys: [String]
            let answer: @Sendable ([CommitQueue.Outcome]?) -> Void
        }

        init() {
            (requests, sink) = AsyncStream.makeStream()
        }

        func send(_ transactions: [Transaction]) async -> [CommitQueue.Outcome] {
            let keys = transactions.map { transaction in
                if case .put(let key, _, _)? = transaction.changes.first { key } else { "" }
            }
            let committed = CommitQueue.Outcome.success(.committed(Revision(1)))
            return await withCheckedContinuation { continuation in
                sink.yield(
                    Request(keys: keys) { continuation.resume(returning: $0 ?? keys.map { _ in committed }) })
            }
        }
    }

    private static func put(_ key: String, bytes: Int = 0, _ preconditions: Precondition...) -> Transaction {
        Transaction(preconditions: preconditions, changes: [.put(key, [UInt8](repeating: 1, count: bytes))])
    }

    private static let oneOfEachLane = [put("/small"), put("/large", bytes: WaitingCommits.largeBytes)]

    /// Commits while another request of each lane is under way, and returns the requests that follow when those are
    /// answered.
    private func groups(of transactions: [Transaction]) async throws -> [[String]] {
        let members = Members()
        let queue = CommitQueue { await members.send($0) }
        var requests = members.requests.makeAsyncIterator()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            var busy: [Members.Request] = []
            for transaction in Self.oneOfEachLane {
                group.addTask { _ = try await queue.commit(transaction) }
                busy.append(try #require(await requests.next()))
            }
            for (index, transaction) in transactions.enumerated() {
                group.addTask { _ = try await queue.commit(transaction) }
                while queue.waitingCount != index + 1 { await Task.yield() }
            }
            var found: [[String]] = []
            for request in busy { request.answer(nil) }
            while found.joined().count < transactions.count {
                let request = try #require(await requests.next())
                found.append(request.keys)
                request.answer(nil)
            }
            try await group.waitForAll()
            return found
        }
    }

    @Test func whatWaitsGoesTogether() async throws {
        let keys = (0..<10).map { "/\($0)" }
        #expect(try await groups(of: keys.map { Self.put($0) }) == [keys])
    }

    @Test func whatConflictsGoesLaterAndKeepsItsOrder() async throws {
        let transactions = [
            Self.put("/a"), Self.put("/b", .absent("/a")), Self.put("/a", .absent("/b")), Self.put("/c"),
            Self.put("/a"),
        ]
        #expect(try await groups(of: transactions) == [["/a", "/c"], ["/b"], ["/a"], ["/a"]])
    }

    @Test func aGroupHasLimits() async throws {
        let many = (0..<WaitingCommits.groupLimit + 1).map { "/\($0)" }
        #expect(
            try await groups(of: many.map { Self.put($0) })
                == [Array(many.dropLast()), [many[WaitingCommits.groupLimit]]])
        let large = (0..<3).map { Self.put("/\($0)", bytes: StoreLimits.transactionBytes / 2) }
        #expect(try await groups(of: large) == [["/0"], ["/1"], ["/2"]])
    }

    @Test func eachGetsItsOwnOutcome() async throws {
        let members = Members()
        let queue = CommitQueue { await members.send($0) }
        var requests = members.requests.makeAsyncIterator()
        let outcomes: [CommitQueue.Outcome] = [
            .success(.committed(Revision(7))), .success(.refused(at: Revision(7))),
            .failure(StoreError(.leaseNotFound, "gone")),
        ]
        let busy = Task { try await queue.commit(Self.put("/busy")) }
        let first = try #require(await requests.next())
        var callers: [Task<CommitOutcome, any Error>] = []
        for index in outcomes.indices {
            callers.append(Task { try await queue.commit(Self.put("/\(index)")) })
            while queue.waitingCount != index + 1 { await Task.yield() }
        }
        first.answer(nil)
        let group = try #require(await requests.next())
        group.answer(outcomes)
        for (caller, outcome) in zip(callers, outcomes) {
            let result = await caller.result
            #expect(result.mapError { $0 as? StoreError ?? StoreError(.corrupt, "\($0)") } == outcome)
        }
        _ = try await busy.value
    }

    @Test func smallOnesDoNotWaitForALargeOne() async throws {
        let members = Members()
        let queue = CommitQueue { await members.send($0) }
        var requests = members.requests.makeAsyncIterator()
        let large = Task { try await queue.commit(Self.put("/large", bytes: WaitingCommits.largeBytes)) }
        let slow = try #require(await requests.next())
        let next = Task { try await queue.commit(Self.put("/next", bytes: WaitingCommits.largeBytes)) }
        while queue.waitingCount != 1 { await Task.yield() }
        let small = Task { try await queue.commit(Self.put("/small")) }
        let quick = try #require(await requests.next())
        #expect(quick.keys == ["/small"])
        quick.answer(nil)
        _ = try await small.value
        slow.answer(nil)
        let last = try #require(await requests.next())
        #expect(last.keys == ["/next"])
        last.answer(nil)
        _ = try await (large.value, next.value)
    }

    /// One that was not sent had no effect; of one that was, nobody knows.
    @Test func whoIsCancelledDoesNotWait() async throws {
        let members = Members()
        let queue = CommitQueue { await members.send($0) }
        var requests = members.requests.makeAsyncIterator()
        let sent = Task { try await queue.commit(Self.put("/sent")) }
        let first = try #require(await requests.next())
        let waiting = Task { try await queue.commit(Self.put("/waiting")) }
        while queue.waitingCount != 1 { await Task.yield() }
        waiting.cancel()
        #expect(await failure { _ = try await waiting.value } == .unavailable)
        sent.cancel()
        #expect(await failure { _ = try await sent.value } == .unknownOutcome)
        let late = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await queue.commit(Self.put("/late"))
        }
        #expect(await failure { _ = try await late.value } == .unavailable)
        first.answer(nil)
        // Whatever was left behind is not sent.
        async let next = queue.commit(Self.put("/next"))
        let request = try #require(await requests.next())
        #expect(request.keys == ["/next"])
        request.answer(nil)
        #expect(try await next == .committed(Revision(1)))
    }
}
