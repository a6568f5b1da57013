import Addressing
import HashTreeCollections
import Synchronization

/// All objects of one kind, by id and by what they are looked for. A value: copies share structure.
package struct ViewCollection<View: NeutronView>: Sendable {
    package private(set) var views: TreeDictionary<ObjectID, View> = [:]
    private(set) var index: TreeDictionary<IndexKey, TreeSet<ObjectID>> = [:]
    private var order = Order<View>()

    package init() {}

    package subscript(id: ObjectID) -> View? { views[id] }

    /// The ids of those with this key.
    package func ids(_ key: IndexKey) -> TreeSet<ObjectID> { index[key] ?? [] }

    /// How many have this key.
    package func count(_ key: IndexKey) -> Int { index[key]?.count ?? 0 }

    /// All of them in the order of their ids. The first call after a change sorts.
    package var inOrder: [View] {
        order.value { views.values.sorted { $0.id < $1.id } }
    }

    /// Puts, replaces, or with nil removes.
    mutating func set(_ view: View?, for id: ObjectID) {
        let old = views.updateValueOrRemove(view, for: id)
        if old == nil, view == nil { return }
        order = Order()
        let before = Set(old?.indexKeys ?? [])
        let after = Set(view?.indexKeys ?? [])
        for key in before.subtracting(after) {
            index[key]?.remove(id)
            if index[key]?.isEmpty ?? false { index[key] = nil }
        }
        for key in after.subtracting(before) { index[key, default: []].insert(id) }
    }

    /// A sorted copy, made by the first reader that needs it.
    private final class Order<Element: AnyObject & Sendable>: Sendable {
        private final class Elements: Sendable {
            let elements: [Element]

            init(_ elements: [Element]) { self.elements = elements }
        }

        private let made = AtomicLazyReference<Elements>()

        func value(_ make: () -> [Element]) -> [Element] {
            (made.load() ?? made.storeIfNil(Elements(make()))).elements
        }
    }
}

extension TreeDictionary {
    fileprivate mutating func updateValueOrRemove(_ value: Value?, for key: Key) -> Value? {
        guard let value else { return removeValue(forKey: key) }
        return updateValue(value, forKey: key)
    }
}
