/// Goes through an ``OrderedSet`` one way or the other, from its end or from a key on.
///
/// It keeps the set as it was, and costs a search for every few elements.
@usableFromInline
package struct OrderedWalk<Element: OrderedElement>: IteratorProtocol, Sendable {
    @usableFromInline let set: OrderedSet<Element>
    @usableFromInline let isAscending: Bool
    /// What is known of the rest.
    @usableFromInline var run: ArraySlice<Element>

    /// - Parameter key: the walk begins behind it, whether it is in the set or not; nil begins at the end.
    @inlinable
    package init(_ set: OrderedSet<Element>, from key: Element.OrderKey? = nil, isAscending: Bool = true) {
        self.set = set
        self.isAscending = isAscending
        run = isAscending ? set.run(after: key) : set.run(before: key)
    }

    @inlinable
    package mutating func next() -> Element? {
        guard let element = isAscending ? run.popFirst() : run.popLast() else { return nil }
        if run.isEmpty { run = isAscending ? set.run(after: element.orderKey) : set.run(before: element.orderKey) }
        return element
    }
}
