import Addressing
import Store

/// How an operator gets rid of an object that cannot be read: with its name, its references, and all that it holds.
package enum UnreadableRemoval {
    /// The transaction; it is refused when the object has changed since, or something refers to it meanwhile.
    ///
    /// - Parameter listing: the whole store.
    /// - Throws: ``ModelError/Code/inUse`` when other objects refer to it, or are its children.
    package static func transaction(
        _ object: UnreadableObject, in listing: Listing
    ) throws(ModelError) -> Transaction {
        var transaction = Transaction(
            preconditions: [.unmodified(object.path, since: object.modified)], changes: [.delete(object.path)])
        guard let id = object.link?.id else { return transaction }
        var referrers: [ObjectID] = []
        let holder = Array(id.description.utf8)
        for entry in listing.entries {
            switch StoreKey(path: entry.key) {
            case .reference(let target, let source) where target == id:
                referrers.append(source)
            case .reference(_, let source) where source == id:
                transaction.changes.append(.delete(entry.key))
            case .name where entry.value == holder, .address where entry.value == holder,
                .mac where entry.value == holder,
                .number where entry.value == holder:
                transaction.preconditions.append(.unmodified(entry.key, since: entry.modified))
                transaction.changes.append(.delete(entry.key))
            default: break
            }
        }
        guard referrers.isEmpty else {
            throw ModelError(
                .inUse,
                "other objects refer to it, or are its children; delete them first: "
                    + referrers.map(\.description).joined(separator: ", "), objects: referrers)
        }
        let references = StoreKey.references(to: id)
        transaction.preconditions += Precondition.emptyRanges(
            from: references, upTo: KeyRange.end(ofPrefix: references), except: [])
        return transaction
    }
}
