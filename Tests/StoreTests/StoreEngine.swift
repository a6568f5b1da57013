import Foundation
import SQLiteStore
import Simulator
import Store
import Testing

/// What every implementation of `ConfigStore` must do.
///
/// One real etcd, with TLS, serves all tests; they run one after the other, because its revisions count all of them.
@Suite(EtcdServersTrait(), .serialized, .timeLimit(.minutes(5)))
enum StoreConformance {
    @TaskLocal static var servers: EtcdServers?
}

/// Starts etcd before the suite, and ends it after.
struct EtcdServersTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await EtcdServers.run(count: 1, isSecure: true) { servers in
            try await StoreConformance.$servers.withValue(servers, operation: function)
        }
    }
}

/// What the conformance suite runs against.
enum StoreEngine: String, CaseIterable, CustomTestStringConvertible, Sendable {
    case sqliteFile
    case sqliteMemory
    case etcd
    case simulated

    var testDescription: String { rawValue }

    /// Opens an empty store, runs the body with it, and removes it, also when the body throws.
    func withStore(_ body: (any ConfigStore) async throws -> Void) async throws {
        switch self {
        case .etcd:
            let servers = try #require(StoreConformance.servers)
            try await servers.withStore(body)
        case .simulated:
            try await close(SharedStore.open(), after: body)
        case .sqliteMemory:
            try await close(SQLiteStore(path: nil), after: body)
        case .sqliteFile:
            try await withTemporaryFolder { folder in
                try await close(SQLiteStore(path: folder + "/store.sqlite"), after: body)
            }
        }
    }
}

/// Runs the body with the store and closes it, also when the body throws.
func close(_ store: any ConfigStore, after body: (any ConfigStore) async throws -> Void) async throws {
    let result: Result<Void, any Error>
    do {
        result = .success(try await body(store))
    } catch {
        result = .failure(error)
    }
    await store.close()
    try result.get()
}

/// Runs the body with a new folder, and removes it with what is in it.
func withTemporaryFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("skein-store-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder.path)
}

extension ConfigStore {
    /// Commits changes that nothing can refuse.
    @discardableResult
    func change(_ changes: Change...) async throws -> Revision {
        switch try await commit(Transaction(changes: changes)) {
        case .committed(let revision): return revision
        case .refused: throw StoreError(.corrupt, "refused without a precondition")
        }
    }

    /// What is at a key, as text.
    func text(_ key: String) async throws -> String? {
        try await list(prefix: key).entries.first { $0.key == key }.map { String(decoding: $0.value, as: UTF8.self) }
    }

    /// What the watch delivers up to and including a revision, without notices of progress.
    func history(prefix: String, after: Revision, through: Revision) async throws -> [WatchBatch] {
        var batches: [WatchBatch] = []
        guard after < through else { return batches }
        try await follow(prefix: prefix, after: after) { batch in
            if !batch.events.isEmpty { batches.append(batch) }
            return batch.revision < through
        }
        return batches
    }

    /// The first batches with events of a watch.
    func batches(prefix: String, after revision: Revision, count: Int) async throws -> [WatchBatch] {
        var batches: [WatchBatch] = []
        try await follow(prefix: prefix, after: revision) { batch in
            if !batch.events.isEmpty { batches.append(batch) }
            return batches.count < count
        }
        return batches
    }

    /// Watches as every consumer must: when the connection is lost, which a loaded machine can make of a delay, it goes
    /// on from the last batch. Ends when the body returns false.
    func follow(prefix: String, after revision: Revision, _ body: (WatchBatch) -> Bool) async throws {
        var position = revision
        while !Task.isCancelled {
            do {
                for try await batch in watch(prefix: prefix, after: position) {
                    position = batch.revision
                    guard body(batch) else { return }
                }
            } catch let error as StoreError where error.code == .unavailable {}
        }
        throw CancellationError()
    }
}

extension Change {
    static func put(_ key: String, text: String, lease: LeaseID? = nil) -> Change {
        .put(key, Array(text.utf8), lease: lease)
    }
}

extension CommitOutcome {
    var isCommitted: Bool {
        if case .committed = self { true } else { false }
    }
}

/// The code of the ``StoreError`` that the body throws, or nil when it throws none.
func failure(_ body: () async throws -> Void) async -> StoreError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? StoreError)?.code
    }
}
