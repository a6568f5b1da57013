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

    /// Commits while two other requests are under way, and returns the requests that follow when those are answered.
    private func groups(of transactions: [Transaction]) async throws -> [[String]] {
        let members = Members()
        let queue = CommitQueue { await members.send($0) }
        var requests = members.requests.makeAsyncIterator()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            var busy: [Members.Request] = []
            for lane in 0..<CommitQueue.lanes {
                group.addTask { _ = try await queue.commit(Self.put("/lane/\(lane)")) }
                busy.append(try #require(await requests.next()))
            }
            for (index, transaction) in transactions.enumerated() {
                group.addTask { _ = try await queue.commit(transaction) }
                while queue.waitingCount != index + 1 { await Task.yield() }
            }
            var found: [[String]] = []
            busy[0].answer(nil)
            while found.joined().count < transactions.count {
                let request = try #require(await requests.next())
                found.append(request.keys)
                request.answer(nil)
            }
            for request in busy.dropFirst() { request.answer(nil) }
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
        var busy: [Task<CommitOutcome, any Error>] = []
        var first: [Members.Request] = []
        for lane in 0..<CommitQueue.lanes {
            busy.append(Task { try await queue.commit(Self.put("/lane/\(lane)")) })
            first.append(try #require(await requests.next()))
        }
        var callers: [Task<CommitOutcome, any Error>] = []
        for index in outcomes.indices {
            callers.append(Task { try await queue.commit(Self.put("/\(index)")) })
            while queue.waitingCount != index + 1 { await Task.yield() }
        }
        first[0].answer(nil)
        let group = try #require(await requests.next())
        group.answer(outcomes)
        for (caller, outcome) in zip(callers, outcomes) {
            let result = await caller.result
            #expect(result.mapError { $0 as? StoreError ?? StoreError(.corrupt, "\($0)") } == outcome)
        }
        for request in first.dropFirst() { request.answer(nil) }
    }

    /// One that was not sent had no effect; of one that was, nobody knows.
    @Test func whoIsCancelledDoesNotWait() async throws {
        let members = Members()
        let queue = CommitQueue { await members.send($0) }
        var requests = members.requests.makeAsyncIterator()
        var sent: [Task<CommitOutcome, any Error>] = []
        var first: [Members.Request] = []
        for lane in 0..<CommitQueue.lanes {
            sent.append(Task { try await queue.commit(Self.put("/lane/\(lane)")) })
            first.append(try #require(await requests.next()))
        }
        let waiting = Task { try await queue.commit(Self.put("/waiting")) }
        while queue.waitingCount != 1 { await Task.yield() }
        waiting.cancel()
        #expect(await failure { _ = try await waiting.value } == .unavailable)
        sent[0].cancel()
        #expect(await failure { _ = try await sent[0].value } == .unknownOutcome)
        let late = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await queue.commit(Self.put("/late"))
        }
        #expect(await failure { _ = try await late.value } == .unavailable)
        for request in first { request.answer(nil) }
        // Whatever was left behind is not sent.
        async let next = queue.commit(Self.put("/next"))
        let request = try #require(await requests.next())
        #expect(request.keys == ["/next"])
        request.answer(nil)
        #expect(try await next == .committed(Revision(1)))
    }
}
