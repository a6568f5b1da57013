import Addressing
import HashTreeCollections
import JSON
import Ordered

/// Writes the children and the back references of an object, piece by piece: there may be any number of them.
struct InboundWriter: Sendable {
    /// One member of the object: those that point at it and are of one type.
    struct List: Sendable {
        let name: String
        let ids: OrderedSet<ObjectID>
        let kind: Kind

        enum Kind: Sendable {
            case children
            case backReferences(link: String)
            /// The object's own references, and those that point at it.
            case symmetric(link: String)
        }
    }

    private let object: ConfigObject
    private let shown: ConfigObjectWriter
    /// The one that is being written first.
    private var lists: ArraySlice<List>
    private var walk: OrderedWalk<ObjectID>?
    /// The targets of the object's own references in a symmetric list.
    private var own: Set<ObjectID> = []
    /// Whether something of the list has been written: lists without an element are left out.
    private var isOpen = false

    init(object: ConfigObject, lists: [List], shown: ConfigObjectWriter) {
        self.object = object
        self.lists = lists[...]
        self.shown = shown
    }

    /// Writes until everything is written or the budget is spent.
    ///
    /// - Returns: whether everything is written.
    mutating func write(into writer: inout JSONWriter, _ budget: inout PieceBudget) -> Bool {
        while let list = lists.first {
            if walk == nil { begin(list, &writer) }
            while let id = walk?.next() {
                budget.visit()
                write(id, of: list, into: &writer)
                if budget.isSpent(writer) { return false }
            }
            end(&writer)
        }
        return true
    }

    private mutating func begin(_ list: List, _ writer: inout JSONWriter) {
        walk = OrderedWalk(list.ids)
        guard case .symmetric(let link) = list.kind else { return }
        for reference in object.references(link) {
            open(list, &writer)
            shown.write(reference, type: object.type, into: &writer)
            own.insert(reference.id)
        }
    }

    private mutating func end(_ writer: inout JSONWriter) {
        if isOpen { writer.endArray() }
        isOpen = false
        walk = nil
        lists.removeFirst()
    }

    private mutating func open(_ list: List, _ writer: inout JSONWriter) {
        guard !isOpen else { return }
        isOpen = true
        writer.name(dynamic: list.name)
        writer.beginArray()
    }

    private mutating func write(_ id: ObjectID, of list: List, into writer: inout JSONWriter) {
        guard let source = shown.snapshot.objects[id] else { return }
        switch list.kind {
        case .children:
            guard source.parent?.id == object.id else { return }
            open(list, &writer)
            shown.write(id: id, fqName: source.fqName, type: source.type, attribute: nil, into: &writer)
        case .backReferences(let link):
            guard let reference = source.references(link).first(where: { $0.id == object.id }) else { return }
            open(list, &writer)
            shown.write(
                id: id, fqName: source.fqName, type: source.type, attribute: reference.attribute, into: &writer)
        case .symmetric(let link):
            guard !own.contains(id), let reference = source.references(link).first(where: { $0.id == object.id })
            else { return }
            open(list, &writer)
            shown.write(
                id: id, fqName: source.fqName, type: source.type, attribute: reference.attribute, into: &writer)
        }
    }
}
