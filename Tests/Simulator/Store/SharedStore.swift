import Store
import StoreContents

/// A simulated store without faults that any task may use, like a real one: the conformance suite does.
package final class SharedStore: ConfigStore {
    private let thread: SimulationThread
    private let connection: StoreConnection

    private init(thread: SimulationThread, connection: StoreConnection) {
        self.thread = thread
        self.connection = connection
    }

    /// A new, empty one.
    package static func open() async -> SharedStore {
        let thread = SimulationThread()
        let connection = await thread.make { scheduler in
            StoreConnection(
                store: SimulatedStore(
                    contents: StoreContents(), scheduler: scheduler, weather: Weather(), defect: nil),
                process: SimulatedProcess(name: "client", number: 1, scheduler: scheduler))
        }
        return SharedStore(thread: thread, connection: connection)
    }

    package func commit(_ transaction: Transaction) async throws(StoreError) -> CommitOutcome {
        try await ask { store throws(StoreError) in try await store.commit(transaction) }
    }

    package func latestRevision() async throws(StoreError) -> Revision {
        try await ask { store throws(StoreError) in try await store.latestRevision() }
    }

    package func list(prefix: String) async throws(StoreError) -> Listing {
        try await ask { store throws(StoreError) in try await store.list(prefix: prefix) }
    }

    package func watch(prefix: String, after revision: Revision) -> AsyncThrowingStream<WatchBatch, any Error> {
        // No more waits in it than the store's history holds anyway.
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: WatchBatch.self)
        let task = Task(executorPreference: thread) { [connection] in
            do {
                for try await batch in connection.watch(prefix: prefix, after: revision) { continuation.yield(batch) }
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
        }
        continuation.onTermination = { [thread] _ in thread.soon { task.cancel() } }
        return stream
    }

    package func grantLease(seconds: Int) async throws(StoreError) -> LeaseID {
        try await ask { store throws(StoreError) in try await store.grantLease(seconds: seconds) }
    }

    package func keepAlive(_ lease: LeaseID) async throws(StoreError) {
        try await ask { store throws(StoreError) in try await store.keepAlive(lease) }
    }

    package func revoke(_ lease: LeaseID) async throws(StoreError) {
        try await ask { store throws(StoreError) in try await store.revoke(lease) }
    }

    package func health() async -> StoreHealth { await connection.health() }

    package func close() async { thread.end() }

    private func ask<Value: Sendable>(
        _ question: @escaping @Sendable (StoreConnection) async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        try await thread.perform { [connection] () async throws(StoreError) in try await question(connection) }
    }
}
