import Foundation
import GRDB
import Store

/// Opens the database file and lays out its tables.
///
/// `entries`: the content. `changes`: what watches are told, newest revisions only. `leases`: terms of the leases that
/// have not ended; when each ends is known in memory alone, so that a restart gives every holder a full term.
/// An empty value is stored as NULL, which is how GRDB binds it; a change whose `created` is 0 is a deletion.
enum DatabaseFile {
    /// Which layout of tables this code reads and writes (`PRAGMA user_version`).
    private static let layout = 1

    /// Opens the file, or a database in memory without one, and locks it for this process.
    static func open(path: String?) throws(StoreError) -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = "SQLiteStore"
        configuration.prepareDatabase { database in
            // The lock is taken by the first read and kept: two controllers on one file would each believe their cache.
            try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
            try database.execute(sql: "PRAGMA journal_mode = WAL")
            // An acknowledged commit survives the loss of power, not only the death of the process.
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.execute(sql: "PRAGMA cache_size = -16384")
        }
        do {
            let queue =
                if let path { try DatabaseQueue(path: path, configuration: configuration) } else {
                    try DatabaseQueue(named: nil, configuration: configuration)
                }
            try queue.inTransaction(.exclusive) { database in
                try prepare(database)
                return .commit
            }
            return queue
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(opening: path ?? "memory", error)
        }
    }

    private static func prepare(_ database: Database) throws {
        let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        guard found != layout else { return }
        guard found == 0 else {
            throw StoreError(.corrupt, "the file has layout \(found); this version of skein reads \(layout)")
        }
        guard try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") == 0 else {
            throw StoreError(.corrupt, "the file is another program's database")
        }
        try database.execute(
            sql: """
                CREATE TABLE entries (
                    key BLOB NOT NULL UNIQUE, value BLOB, created INTEGER NOT NULL, modified INTEGER NOT NULL,
                    lease INTEGER NOT NULL);
                CREATE INDEX entries_by_lease ON entries (lease) WHERE lease <> 0;
                CREATE TABLE changes (
                    place INTEGER PRIMARY KEY, key BLOB NOT NULL, value BLOB, created INTEGER NOT NULL);
                CREATE TABLE leases (number INTEGER PRIMARY KEY AUTOINCREMENT, seconds INTEGER NOT NULL);
                CREATE TABLE history (revision INTEGER NOT NULL, compacted INTEGER NOT NULL);
                INSERT INTO history VALUES (0, 0);
                PRAGMA user_version = \(layout);
                """)
    }
}

extension StoreError {
    /// What SQLite's refusal means for a request that changed nothing.
    init(_ error: any Error) {
        guard let error = error as? DatabaseError else {
            self.init(.unavailable, "SQLite: \(error)")
            return
        }
        let message = "SQLite: \(error.message ?? "\(error.resultCode)")"
        switch error.resultCode {
        case .SQLITE_FULL: self.init(.full, message)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self.init(.corrupt, message)
        default: self.init(.unavailable, message)
        }
    }

    init(opening path: String, _ error: any Error) {
        if let error = error as? DatabaseError, [.SQLITE_BUSY, .SQLITE_LOCKED].contains(error.resultCode) {
            self.init(.unavailable, "\(path) is in use by another process: stop it, or give this one a file of its own")
            return
        }
        let reason = StoreError(error)
        self.init(reason.code, "\(path) cannot be opened: \(reason.message)")
    }
}
