/// A set that is always in order: finding, putting, removing and going on from any key take logarithmic time, and copies
/// share their structure, so that a changed copy costs one path of the tree.
///
/// A B+ tree made of arrays. Generic code is compiled for a type only where it can be inlined, hence `@inlinable`.
@usableFromInline
package struct OrderedSet<Element: OrderedElement>: Sendable {
    @usableFromInline
    var root = OrderedNode<Element>()
    @usableFromInline package private(set) var count = 0

    @usableFromInline
    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// The element with this key.
    @inlinable
    package subscript(key: Element.OrderKey) -> Element? { root.find(key) }

    @inlinable
    package func contains(_ key: Element.OrderKey) -> Bool { root.find(key) != nil }

    /// Puts an element in its place.
    ///
    /// - Returns: the one that had its key.
    @inlinable
    @discardableResult
    package mutating func insert(_ element: Element) -> Element? {
        var replaced: Element?
        if let sibling = root.insert(element, &replaced) { root.grow(sibling) }
        if replaced == nil { countUp(1) }
        return replaced
    }

    /// - Returns: the element that had this key; nil when there was none.
    @inlinable
    @discardableResult
    package mutating func remove(_ key: Element.OrderKey) -> Element? {
        guard let removed = root.remove(key) else { return nil }
        root.shrink()
        countUp(-1)
        return removed
    }

    /// The elements that come next after a key, or the first ones: a few of them, none only at the end.
    @inlinable
    package func run(after key: Element.OrderKey?) -> ArraySlice<Element> { root.run(after: key) }

    /// The elements that come last before a key, or the last ones, in ascending order: a few of them, none only at the
    /// beginning.
    @inlinable
    package func run(before key: Element.OrderKey?) -> ArraySlice<Element> { root.run(before: key) }

    @usableFromInline
    mutating func countUp(_ step: Int) { count += step }
}

extension OrderedSet: Sequence {
    /// In ascending order.
    @inlinable
    package func makeIterator() -> OrderedWalk<Element> { OrderedWalk(self) }

    @inlinable
    package var underestimatedCount: Int { count }
}

extension OrderedSet: ExpressibleByArrayLiteral {
    @inlinable
    package init(arrayLiteral elements: Element...) { self.init(elements) }

    @inlinable
    package init(_ elements: some Sequence<Element>) {
        self.init()
        for element in elements { insert(element) }
    }
}

extension OrderedSet: Equatable where Element: Equatable {
    @inlinable
    package static func == (left: OrderedSet, right: OrderedSet) -> Bool {
        left.count == right.count && left.elementsEqual(right)
    }
}
