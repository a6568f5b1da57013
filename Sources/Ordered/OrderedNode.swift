/// A part of an ``OrderedSet``: a leaf has elements, a branch has children. Arrays are shared until they are changed, so
/// copies of a node cost nothing and a change copies the path to its leaf.
@usableFromInline
struct OrderedNode<Element: OrderedElement>: Sendable {
    /// In ascending order; empty in a branch.
    @usableFromInline var elements: [Element] = []
    /// Empty in a leaf.
    @usableFromInline var children: [OrderedNode] = []
    /// For each child a key that no element of it is below, nor any element before it reaches. The first one is never
    /// looked at.
    @usableFromInline var separators: [Element.OrderKey] = []

    /// Most elements of a leaf and children of a branch. What a change has to copy grows with it, the depth shrinks: 32
    /// hold 100,000 elements in four levels.
    @inlinable static var capacity: Int { 32 }
    /// A node with fewer is joined with its neighbour.
    @inlinable static var minimum: Int { 8 }

    /// A node that belongs after another one, with the key that separates them.
    @usableFromInline
    struct Sibling {
        @usableFromInline let separator: Element.OrderKey
        @usableFromInline let node: OrderedNode

        @inlinable
        init(separator: Element.OrderKey, node: OrderedNode) {
            self.separator = separator
            self.node = node
        }
    }

    @inlinable
    init() {}

    @inlinable
    init(elements: [Element]) { self.elements = elements }

    @inlinable
    init(children: [OrderedNode], separators: [Element.OrderKey]) {
        self.children = children
        self.separators = separators
    }

    @inlinable var isLeaf: Bool { children.isEmpty }
    @inlinable var width: Int { isLeaf ? elements.count : children.count }

    @inlinable
    func find(_ key: Element.OrderKey) -> Element? {
        guard isLeaf else { return children[childIndex(key)].find(key) }
        let place = lowerBound(key)
        return place < elements.count && elements[place].orderKey == key ? elements[place] : nil
    }

    /// - Returns: the other half when the node had to be split.
    @inlinable
    mutating func insert(_ element: Element, _ replaced: inout Element?) -> Sibling? {
        let key = element.orderKey
        guard isLeaf else {
            let index = childIndex(key)
            guard let sibling = children[index].insert(element, &replaced) else { return nil }
            children.insert(sibling.node, at: index + 1)
            separators.insert(sibling.separator, at: index + 1)
            return split()
        }
        let place = lowerBound(key)
        if place < elements.count, elements[place].orderKey == key {
            replaced = elements[place]
            elements[place] = element
            return nil
        }
        elements.insert(element, at: place)
        return split()
    }

    @inlinable
    mutating func remove(_ key: Element.OrderKey) -> Element? {
        guard isLeaf else {
            let index = childIndex(key)
            guard let removed = children[index].remove(key) else { return nil }
            if children[index].width < Self.minimum, children.count > 1 { join(at: Swift.max(0, index - 1)) }
            return removed
        }
        let place = lowerBound(key)
        guard place < elements.count, elements[place].orderKey == key else { return nil }
        return elements.remove(at: place)
    }

    /// Makes a root that was split the parent of its halves.
    @inlinable
    mutating func grow(_ sibling: Sibling) {
        self = OrderedNode(
            children: [self, sibling.node], separators: [sibling.separator, sibling.separator])
    }

    /// Makes a root's only child the root.
    @inlinable
    mutating func shrink() {
        if children.count == 1 { self = children[0] }
    }

    @inlinable
    func run(after key: Element.OrderKey?) -> ArraySlice<Element> {
        guard isLeaf else {
            let first = key.map(childIndex) ?? 0
            let run = children[first].run(after: key)
            guard run.isEmpty, first + 1 < children.count else { return run }
            // No leaf is empty but that of an empty set.
            return children[first + 1].run(after: nil)
        }
        guard let key else { return elements[...] }
        var place = lowerBound(key)
        if place < elements.count, elements[place].orderKey == key { place += 1 }
        return elements[place...]
    }

    @inlinable
    func run(before key: Element.OrderKey?) -> ArraySlice<Element> {
        guard isLeaf else {
            let last = key.map(childIndex) ?? children.count - 1
            let run = children[last].run(before: key)
            guard run.isEmpty, last > 0 else { return run }
            return children[last - 1].run(before: nil)
        }
        guard let key else { return elements[...] }
        return elements[..<lowerBound(key)]
    }

    /// Joins a child with the one after it, and divides them evenly when they are too many for one.
    @inlinable
    mutating func join(at index: Int) {
        let right = children.remove(at: index + 1)
        let separator = separators.remove(at: index + 1)
        children[index].elements += right.elements
        children[index].children += right.children
        if !right.isLeaf {
            children[index].separators.append(separator)
            children[index].separators += right.separators.dropFirst()
        }
        guard let sibling = children[index].split() else { return }
        children.insert(sibling.node, at: index + 1)
        separators.insert(sibling.separator, at: index + 1)
    }

    @inlinable
    mutating func split() -> Sibling? {
        guard width > Self.capacity else { return nil }
        let half = width / 2
        if isLeaf {
            let right = Array(elements[half...])
            elements.removeSubrange(half...)
            return Sibling(separator: right[0].orderKey, node: OrderedNode(elements: right))
        }
        let right = OrderedNode(children: Array(children[half...]), separators: Array(separators[half...]))
        children.removeSubrange(half...)
        separators.removeSubrange(half...)
        return Sibling(separator: right.separators[0], node: right)
    }

    /// The child that has the key, if one has.
    @inlinable
    func childIndex(_ key: Element.OrderKey) -> Int {
        var (low, high) = (1, separators.count)
        while low < high {
            let middle = (low + high) / 2
            if key < separators[middle] { high = middle } else { low = middle + 1 }
        }
        return low - 1
    }

    /// The place of the first element that is not below the key.
    @inlinable
    func lowerBound(_ key: Element.OrderKey) -> Int {
        var (low, high) = (0, elements.count)
        while low < high {
            let middle = (low + high) / 2
            if elements[middle].orderKey < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
