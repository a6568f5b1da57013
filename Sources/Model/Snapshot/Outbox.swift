import HashTreeCollections
import Store

/// The notices that wait for the broker, in the order in which the store got them, with their number and size.
///
/// All of it is kept from change to change, so that whoever follows the outbox looks at what is new and never at all that
/// waits: with a broker that is away for days that is a lot.
package struct Outbox: Sendable {
    /// The revision of the listing that this outbox began with. Places of two outboxes can be compared when it is the same.
    package let listing: Revision
    /// No entry is at a place before this one.
    package private(set) var start = 0
    /// The place of the next new entry.
    package private(set) var end = 0
    /// What the entries take in the store: their keys and values.
    package private(set) var bytes = 0
    private var places: TreeDictionary<String, Int> = [:]
    private var entries: TreeDictionary<Int, StoredEntry> = [:]

    /// The entries of a listing, in any order.
    init(_ entries: some Sequence<StoredEntry> = [], listing: Revision) {
        self.listing = listing
        for entry in entries.sorted(by: Self.isEarlier) { put(entry) }
    }

    package var count: Int { entries.count }
    package var isEmpty: Bool { entries.isEmpty }

    /// The entry at a place; nil when it is gone. Entries that came later are at later places; those of one revision are in
    /// any order.
    package subscript(place place: Int) -> StoredEntry? { entries[place] }

    /// The entry with a key.
    package subscript(key: String) -> StoredEntry? { places[key].flatMap { entries[$0] } }

    /// Every entry, in the order of the places.
    package var all: [StoredEntry] { (start..<end).compactMap { entries[$0] } }

    /// What an entry takes in the store.
    package static func size(of entry: StoredEntry) -> Int { entry.key.utf8.count + entry.value.count }

    /// A new entry gets the next place; one that is rewritten keeps its own.
    mutating func put(_ entry: StoredEntry) {
        bytes += Self.size(of: entry)
        if let place = places[entry.key] {
            if let old = entries.updateValue(entry, forKey: place) { bytes -= Self.size(of: old) }
        } else {
            places[entry.key] = end
            entries[end] = entry
            end += 1
        }
    }

    mutating func delete(_ key: String) {
        guard let place = places.removeValue(forKey: key), let old = entries.removeValue(forKey: place) else { return }
        bytes -= Self.size(of: old)
        while start < end, entries[start] == nil { start += 1 }
    }

    private static func isEarlier(_ left: StoredEntry, _ right: StoredEntry) -> Bool {
        (left.created, left.key) < (right.created, right.key)
    }
}

extension Outbox: Equatable {
    /// Whether the same waits, whatever the places are.
    package static func == (left: Outbox, right: Outbox) -> Bool {
        left.count == right.count && left.bytes == right.bytes
            && left.entries.values.allSatisfy { right[$0.key] == $0 }
    }
}
