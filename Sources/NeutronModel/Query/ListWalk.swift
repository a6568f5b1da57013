import Addressing
import Model
import Ordered

/// Goes through those of a collection that can be in a list, in the order of their ids or against it.
struct ListWalk<View: NeutronView>: Sendable {
    private let views: ViewCollection<View>
    private var everything: OrderedWalk<ViewCollection<View>.Entry>?
    private var candidates: MergedWalk<ObjectID>?

    /// Takes the fewest that a filter or the caller's project names.
    ///
    /// - Parameter marker: where it begins, and which is not part of it.
    init(
        _ views: ViewCollection<View>, filters: [Filter<View>], visibility: Visibility, from marker: ObjectID?,
        isAscending: Bool
    ) {
        self.views = views
        if let sets = Self.candidates(views, filters, visibility) {
            candidates = MergedWalk(sets, from: marker, isAscending: isAscending)
        } else {
            everything = OrderedWalk(views.entries, from: marker, isAscending: isAscending)
        }
    }

    mutating func next() -> View? {
        if let entry = everything?.next() { return entry.value }
        while let id = candidates?.next() {
            if let view = views[id] { return view }
        }
        return nil
    }

    /// Nil when everything has to be looked at.
    private static func candidates(
        _ views: ViewCollection<View>, _ filters: [Filter<View>], _ visibility: Visibility
    ) -> [OrderedSet<ObjectID>]? {
        var best: [IndexKey]?
        var fewest = views.count
        func consider(_ keys: Set<IndexKey>) {
            let keys = keys.filter { views.count($0) > 0 }
            let count = keys.reduce(0) { $0 + views.count($1) }
            if count < fewest { (best, fewest) = (Array(keys), count) }
        }
        for filter in filters {
            switch filter.lookup {
            case .everything: continue
            case .ids(let ids): return [OrderedSet(ids)]
            case .keys(let keys): consider(Set(keys))
            }
        }
        if !visibility.caller.seesEverything {
            consider(Set([.everyone] + (visibility.projectID.map { [.project($0), .networkProject($0)] } ?? [])))
        }
        return best.map { $0.map(views.ids) }
    }
}
