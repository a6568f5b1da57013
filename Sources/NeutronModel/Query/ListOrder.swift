import Addressing
import HeapModule

/// The order of a list: by the keys asked for, then by id.
struct ListOrder<View: NeutronView>: Sendable {
    private let keys: [(attribute: Attribute<View>, ascending: Bool)]

    /// - Throws: 400 for a key that is no attribute to sort by.
    init(_ query: NeutronQuery) throws(NeutronError) {
        let unknown = query.sorting.map(\.key).filter { !(View.attributes[$0]?.isSortKey ?? false) }
        guard unknown.isEmpty else {
            throw .badRequest("\(PythonText.list(unknown)) is invalid attribute for sort_keys")
        }
        keys = query.sorting.compactMap { sort in
            View.attributes[sort.key].map { (attribute: $0, ascending: sort.ascending) }
        }
    }

    /// Whether it is the order that collections are kept in.
    var isByID: Bool { keys.isEmpty }

    func place(of view: View) -> Place {
        Place(view: view, values: keys.map { (value: $0.attribute.value(view), ascending: $0.ascending) })
    }

    /// A view with what decides its place, which is read once.
    struct Place: Comparable, Sendable {
        let view: View
        fileprivate let values: [(value: AttributeValue, ascending: Bool)]

        static func < (left: Place, right: Place) -> Bool {
            for ((first, ascending), (second, _)) in zip(left.values, right.values) {
                if AttributeValue.isOrdered(first, second) { return ascending }
                if AttributeValue.isOrdered(second, first) { return !ascending }
            }
            return left.view.id < right.view.id
        }

        static func == (left: Place, right: Place) -> Bool { left.view.id == right.view.id }
    }
}

/// The page of a list in an order that is not kept: everything has to be looked at, but only a page is held and sorted.
struct PageSelection<View: NeutronView>: Sendable {
    private let order: ListOrder<View>
    private let limit: Int
    private let marker: ListOrder<View>.Place?
    private let isReversed: Bool
    private var best = Heap<ListOrder<View>.Place>()

    init(order: ListOrder<View>, limit: Int, marker: View?, isReversed: Bool) {
        self.order = order
        self.limit = limit
        self.marker = marker.map(order.place)
        self.isReversed = isReversed
    }

    /// - Returns: whether it is on the page as far as is known, which takes a place among the others to be found: about
    ///   ``placing`` times as long as a look.
    mutating func consider(_ view: View) -> Bool {
        let place = order.place(of: view)
        if let marker, isReversed ? place >= marker : place <= marker { return false }
        if best.count < limit {
            best.insert(place)
        } else if isReversed {
            guard let least = best.min, least < place else { return false }
            best.replaceMin(with: place)
        } else {
            guard let greatest = best.max, place < greatest else { return false }
            best.replaceMax(with: place)
        }
        return true
    }

    /// Takes the first of the page, in its order; nil when it was the last. Sorting all at once would be work without a pause.
    mutating func popFirst() -> View? { best.popMin()?.view }

    /// What finding or leaving a place costs, in looks at an object: at 10,000 places, some twenty comparisons of texts.
    static var placing: Int { 8 }
}
