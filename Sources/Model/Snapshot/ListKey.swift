import Addressing
import Ordered

/// An object's place in the list of its type: by full name, then by id.
struct ListKey: OrderedElement, Comparable {
    /// The full name in one text.
    let name: String
    let id: ObjectID

    init(name: String, id: ObjectID) {
        self.name = name
        self.id = id
    }

    init(_ object: ConfigObject) {
        self.init(name: object.fqName.joined(separator: ":"), id: object.id)
    }

    var orderKey: ListKey { self }

    static func < (left: ListKey, right: ListKey) -> Bool {
        left.name == right.name ? left.id < right.id : left.name < right.name
    }
}

extension ObjectID: OrderedElement {
    package var orderKey: ObjectID { self }
}
