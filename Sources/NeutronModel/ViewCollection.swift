import Addressing
import HashTreeCollections
import Model
import Ordered

/// All objects of one kind, in the order of their ids, and by what they are looked for. A value: copies share structure,
/// and a change costs the same however many there are.
package struct ViewCollection<View: NeutronView>: Sendable {
    typealias Entry = OrderedEntry<ObjectID, View>

    private(set) var entries = OrderedSet<Entry>()
    private var index: TreeDictionary<IndexKey, OrderedSet<ObjectID>> = [:]

    package init() {}

    package subscript(id: ObjectID) -> View? { entries[id]?.value }

    package var count: Int { entries.count }

    /// The ids of those with this key.
    package func ids(_ key: IndexKey) -> OrderedSet<ObjectID> { index[key] ?? [] }

    /// How many have this key.
    package func count(_ key: IndexKey) -> Int { index[key]?.count ?? 0 }

    /// All of them in the order of their ids.
    package var inOrder: some Sequence<View> { entries.lazy.map(\.value) }

    /// Puts, replaces, or with nil removes.
    mutating func set(_ view: View?, for id: ObjectID) {
        let old = (view.map { entries.insert(Entry(key: id, value: $0)) } ?? entries.remove(id))?.value
        if old == nil, view == nil { return }
        let before = Set(old?.indexKeys ?? [])
        let after = Set(view?.indexKeys ?? [])
        for key in before.subtracting(after) {
            index[key]?.remove(id)
            if index[key]?.isEmpty ?? false { index[key] = nil }
        }
        for key in after.subtracting(before) { index[key, default: []].insert(id) }
    }
}
