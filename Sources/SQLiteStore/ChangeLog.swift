import Foundation
import GRDB
import Store

/// The newest part of the history, from which watches are served that are not up to date.
enum ChangeLog {
    /// Bits of a place that number the changes of one revision.
    private static let indexBits: Int64 = 24

    /// Where the change stands in the log, or nil when the revision has too many changes.
    static func place(of index: Int, in revision: Revision) -> Int64? {
        guard index < 1 << indexBits, revision.number < 1 << (62 - indexBits) else { return nil }
        return revision.number << indexBits | Int64(index)
    }

    /// A part of the history that fits into a watch's buffer.
    struct Page {
        /// One for each revision with changes below the prefix, then one without events when the page ends later.
        var batches: [WatchBatch] = []
        /// Up to where the history is in `batches`.
        var end: Revision
    }

    /// Reads the changes below the prefix after a revision, whole revisions only, until about `bytes` are found.
    ///
    /// - Throws: ``StoreError/Code/compacted``, or SQLite's error.
    static func read(
        _ database: Database, prefix: String, after revision: Revision, bytes: Int = 4 << 20
    ) throws -> Page {
        let history = try History(database)
        let newest = history.revision
        guard revision >= history.compacted else {
            throw StoreError(.compacted, "revision \(revision) is before \(history.compacted), the oldest that is kept")
        }
        guard let start = place(of: 0, in: Revision(revision.number + 1)), revision < newest else {
            return Page(end: revision)
        }
        var page = Page(end: newest)
        var found = 0
        let statement = try database.cachedStatement(
            sql: "SELECT place, key, value, created FROM changes WHERE place >= ? ORDER BY place")
        let rows = try Row.fetchCursor(statement, arguments: [start])
        var current = Revision.none
        var events: [WatchEvent] = []
        while let row = try rows.next() {
            let place: Int64 = row["place"]
            let changed = Revision(place >> indexBits)
            if changed != current {
                if !events.isEmpty { page.batches.append(WatchBatch(revision: current, events: events)) }
                events = []
                if found >= bytes {
                    page.end = current
                    return page
                }
                current = changed
            }
            let key: Data = row["key"]
            guard key.starts(with: prefix.utf8) else { continue }
            let event = event(key: key, row: row, revision: changed)
            found += event.byteCount
            events.append(event)
        }
        if !events.isEmpty { page.batches.append(WatchBatch(revision: current, events: events)) }
        if page.batches.last?.revision != newest { page.batches.append(WatchBatch(revision: newest, events: [])) }
        return page
    }

    private static func event(key: Data, row: Row, revision: Revision) -> WatchEvent {
        let name = String(decoding: key, as: UTF8.self)
        let created = Revision(row["created"])
        guard created != .none else { return .delete(name) }
        return .put(StoredEntry(key: name, value: row.bytes("value"), created: created, modified: revision))
    }

    /// Forgets the changes up to and including a revision.
    static func compact(_ database: Database, through revision: Revision) throws {
        guard let end = place(of: 0, in: Revision(revision.number + 1)) else { return }
        try database.execute(sql: "DELETE FROM changes WHERE place < ?", arguments: [end])
        try database.execute(
            sql: "UPDATE history SET compacted = max(compacted, ?)", arguments: [revision.number])
    }
}

extension Row {
    /// A value as it was put: NULL stands for the empty one.
    func bytes(_ column: String) -> [UInt8] {
        let data: Data? = self[column]
        return data.map { [UInt8]($0) } ?? []
    }
}
