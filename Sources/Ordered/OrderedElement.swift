/// Something with a key by which an ``OrderedSet`` orders and finds it.
@usableFromInline
package protocol OrderedElement: Sendable {
    associatedtype OrderKey: Comparable & Sendable

    var orderKey: OrderKey { get }
}

/// A value with a key of its own, which makes an ``OrderedSet`` a dictionary in order.
@usableFromInline
package struct OrderedEntry<Key: Comparable & Sendable, Value: Sendable>: OrderedElement {
    @usableFromInline package let key: Key
    @usableFromInline package let value: Value

    @inlinable
    package init(key: Key, value: Value) {
        self.key = key
        self.value = value
    }

    @inlinable
    package var orderKey: Key { key }
}
