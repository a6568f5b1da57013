import Foundation
import GRDB
import Store

/// Carries out one queued write inside SQLite's transaction, under the revision that it will have if it changes
/// anything, and collects what watches are to be told.
///
/// A write checks everything that can refuse it before its first change, so it never needs undoing by itself.
struct TransactionWriter {
    let database: Database
    let revision: Revision
    private(set) var events: [WatchEvent] = []

    init(database: Database, revision: Revision) {
        self.database = database
        self.revision = revision
    }

    /// Whether all preconditions hold.
    func holds(_ preconditions: [Precondition]) throws -> Bool {
        for precondition in preconditions {
            let holds =
                switch precondition {
                case .absent(let key): try modified(key) == nil
                case .present(let key): try modified(key) != nil
                case .unmodified(let key, let since): try modified(key) == since.number
                case .emptyRange(let from, let upTo): try isEmpty(KeyBounds(from: from, upTo: upTo))
                }
            guard holds else { return false }
        }
        return true
    }

    /// Whether the lease has not ended.
    func exists(_ lease: LeaseID) throws -> Bool {
        let statement = try database.cachedStatement(sql: "SELECT 1 FROM leases WHERE number = ?")
        return try Int.fetchOne(statement, arguments: [lease.number]) != nil
    }

    mutating func apply(_ changes: [Change]) throws {
        for change in changes {
            switch change {
            case .put(let key, let value, let lease): try put(key, value, lease: lease)
            case .delete(let key): try delete(key)
            case .deletePrefix(let prefix): try delete(try keys(below: prefix))
            }
        }
    }

    /// Deletes the lease and what is held by it.
    mutating func end(_ lease: LeaseID) throws {
        let statement = try database.cachedStatement(sql: "SELECT key FROM entries WHERE lease = ? ORDER BY key")
        let held = lease.number == 0 ? [] : try Data.fetchAll(statement, arguments: [lease.number])
        try delete(held)
        let ending = try database.cachedStatement(sql: "DELETE FROM leases WHERE number = ?")
        try ending.execute(arguments: [lease.number])
    }

    private func modified(_ key: String) throws -> Int64? {
        let statement = try database.cachedStatement(sql: "SELECT modified FROM entries WHERE key = ?")
        return try Int64.fetchOne(statement, arguments: [Data(key.utf8)])
    }

    private func isEmpty(_ range: KeyBounds) throws -> Bool {
        let statement = try database.cachedStatement(sql: "SELECT 1 FROM entries WHERE \(KeyBounds.condition) LIMIT 1")
        return try Int.fetchOne(statement, arguments: range.arguments) == nil
    }

    private func keys(below prefix: String) throws -> [Data] {
        let range = KeyBounds(prefix: prefix)
        let statement = try database.cachedStatement(
            sql: "SELECT key FROM entries WHERE \(KeyBounds.condition) ORDER BY key")
        return try Data.fetchAll(statement, arguments: range.arguments)
    }

    private mutating func put(_ key: String, _ value: [UInt8], lease: LeaseID?) throws {
        let keyBytes = Data(key.utf8)
        let valueBytes = Data(value)
        let earlier = try database.cachedStatement(sql: "SELECT created FROM entries WHERE key = ?")
        let created = try Int64.fetchOne(earlier, arguments: [keyBytes]) ?? revision.number
        let putting = try database.cachedStatement(
            sql: """
                INSERT INTO entries (key, value, created, modified, lease) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (key) DO UPDATE SET value = excluded.value, modified = excluded.modified, lease = excluded.lease
                """)
        try putting.execute(arguments: [keyBytes, valueBytes, created, revision.number, lease?.number ?? 0])
        try log(keyBytes, valueBytes, created: created)
        events.append(
            .put(StoredEntry(key: key, value: value, created: Revision(created), modified: revision)))
    }

    private mutating func delete(_ key: String) throws {
        if try modified(key) != nil { try delete([Data(key.utf8)]) }
    }

    private mutating func delete(_ keys: [Data]) throws {
        let deleting = try database.cachedStatement(sql: "DELETE FROM entries WHERE key = ?")
        for key in keys {
            try deleting.execute(arguments: [key])
            try log(key, nil, created: 0)
            events.append(.delete(String(decoding: key, as: UTF8.self)))
        }
    }

    private func log(_ key: Data, _ value: Data?, created: Int64) throws {
        guard let place = ChangeLog.place(of: events.count, in: revision) else {
            throw StoreError(.invalid, "the transaction changes more keys than one revision can hold")
        }
        let statement = try database.cachedStatement(
            sql: "INSERT INTO changes (place, key, value, created) VALUES (?, ?, ?, ?)")
        try statement.execute(arguments: [place, key, value, created])
    }
}

/// A range of keys as bytes.
struct KeyBounds {
    static let condition = "key >= ? AND key < ?"
    let arguments: StatementArguments

    /// From a key up to another, not included; to the end when that is empty.
    init(from: String, upTo: String) {
        arguments = [
            from.isEmpty ? Data([0]) : Data(from.utf8), upTo.isEmpty ? Data([0xff]) : Data(upTo.utf8),
        ]
    }

    /// All keys that start with a prefix.
    init(prefix: String) {
        // No key is empty, and none holds the byte FF, which UTF-8 does not use.
        let first = prefix.isEmpty ? Data([0]) : Data(prefix.utf8)
        arguments = [first, Data(prefix.utf8) + [0xff]]
    }
}
