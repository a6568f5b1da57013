import Foundation
import SQLiteStore
import Store
import Testing

/// What the conformance suite runs against.
enum StoreEngine: String, CaseIterable, CustomTestStringConvertible, Sendable {
    case sqliteFile
    case sqliteMemory

    var testDescription: String { rawValue }

    /// Opens an empty store, runs the body with it, and removes it, also when the body throws.
    func withStore(_ body: (any ConfigStore) async throws -> Void) async throws {
        switch self {
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
        for try await batch in watch(prefix: prefix, after: after) {
            if !batch.events.isEmpty { batches.append(batch) }
            if batch.revision >= through { break }
        }
        return batches
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
