import HeapModule

/// Goes through several sets as if they were one: in order, each key once.
@usableFromInline
package struct MergedWalk<Element: OrderedElement>: IteratorProtocol, Sendable {
    @usableFromInline let isAscending: Bool
    @usableFromInline var walks: [OrderedWalk<Element>]
    /// The next element of each walk; of a single walk it is not needed.
    @usableFromInline var heads = Heap<Head>()
    @usableFromInline var last: Element.OrderKey?

    @usableFromInline
    struct Head: Comparable, Sendable {
        @usableFromInline let element: Element
        @usableFromInline let walk: Int

        @inlinable
        init(element: Element, walk: Int) {
            self.element = element
            self.walk = walk
        }

        @inlinable
        static func < (left: Head, right: Head) -> Bool { left.element.orderKey < right.element.orderKey }

        @inlinable
        static func == (left: Head, right: Head) -> Bool { left.element.orderKey == right.element.orderKey }
    }

    /// - Parameter key: the walk begins behind it; nil begins at the end.
    @inlinable
    package init(
        _ sets: some Sequence<OrderedSet<Element>>, from key: Element.OrderKey? = nil, isAscending: Bool = true
    ) {
        self.isAscending = isAscending
        walks = sets.map { OrderedWalk($0, from: key, isAscending: isAscending) }
        guard walks.count > 1 else { return }
        for index in walks.indices { advance(index) }
    }

    @inlinable
    package mutating func next() -> Element? {
        if walks.count == 1 { return walks[0].next() }
        while let head = isAscending ? heads.popMin() : heads.popMax() {
            advance(head.walk)
            if head.element.orderKey == last { continue }
            last = head.element.orderKey
            return head.element
        }
        return nil
    }

    @inlinable
    mutating func advance(_ index: Int) {
        if let element = walks[index].next() { heads.insert(Head(element: element, walk: index)) }
    }
}
