import Addressing
import HashTreeCollections
import JSON
import Store

/// An object in the store that this version of Skein cannot read: damaged, of a type that it does not know, or in a newer
/// version's format.
package struct UnreadableObject: Hashable, Sendable {
    /// Its key, `/objects/<type>/<id>`.
    package let path: String
    package let reason: String
    /// The revision at which it was last put.
    package let modified: Revision
    /// What it takes in the store.
    package let bytes: Int

    /// Its type and id; nil when its key has none.
    package var link: ObjectLink? {
        guard case .object(let type, let id)? = StoreKey(path: path) else { return nil }
        return ObjectLink(type: type, id: id)
    }

    init(_ entry: StoredEntry, reason: String) {
        path = entry.key
        self.reason = reason
        modified = entry.modified
        bytes = Outbox.size(of: entry)
    }

    /// What somebody is told who asked for it, or for something that it is part of.
    package var explanation: String {
        let name = link.map { "\($0.type) \($0.id)" } ?? path
        return
            "\(name) is in the store, but this version of Skein cannot read it: \(reason). It is neither shown nor changed "
            + "until it can be; `skein unreadable` is the operator's command for it."
    }
}

/// The objects that cannot be read: they are set aside, so that all others are served, and keep what is theirs. Their ids
/// and names stay taken, and what they refer to cannot be deleted, which the store would refuse in any case.
package struct Quarantine: Hashable, Sendable {
    private var objects: TreeDictionary<String, UnreadableObject> = [:]
    private var paths: TreeDictionary<ObjectID, String> = [:]
    private var holders: TreeDictionary<Snapshot.TypedName, ObjectID> = [:]
    private var sources: TreeDictionary<ObjectID, TreeSet<ObjectID>> = [:]

    package var isEmpty: Bool { objects.isEmpty }
    package var count: Int { objects.count }

    /// All of them, in the order of their keys.
    package var all: [UnreadableObject] { objects.values.sorted { $0.path < $1.path } }

    package subscript(id: ObjectID) -> UnreadableObject? {
        guard !objects.isEmpty else { return nil }
        return paths[id].flatMap { objects[$0] }
    }

    /// Who has a full name in a type.
    package func object(type: String, fqName: [String]) -> UnreadableObject? {
        guard !objects.isEmpty else { return nil }
        return holders[Snapshot.TypedName(type: type, fqName: fqName)].flatMap { self[$0] }
    }

    /// Which of them refer to an object, or are its children.
    func sources(of target: ObjectID) -> [ObjectID] { (sources[target] ?? []).sorted() }

    /// The object that a request is about: named by its id or its full name, or the parent of what is named.
    package func object(namedIn value: JSONValue) -> UnreadableObject? {
        guard !objects.isEmpty else { return nil }
        switch value {
        case .string(let text): return ObjectID(text).flatMap { self[$0] }
        case .object(let members):
            return members.lazy.compactMap { object(namedIn: $0.value) }.first
        case .array(let elements):
            let name = elements.compactMap(\.stringValue)
            if !name.isEmpty, name.count == elements.count {
                let parent = Array(name.dropLast())
                let holder = holders.first { $0.key.fqName == name } ?? holders.first { $0.key.fqName == parent }
                if let holder, let object = self[holder.value] { return object }
            }
            return elements.lazy.compactMap { object(namedIn: $0) }.first
        default: return nil
        }
    }

    /// Sets an object aside.
    ///
    /// - Parameter old: the same object when it could be read.
    mutating func add(_ object: UnreadableObject, old: ConfigObject?) {
        objects[object.path] = object
        guard let link = object.link else { return }
        paths[link.id] = object.path
        guard let old else { return }
        holders[Snapshot.TypedName(type: old.type, fqName: old.fqName)] = old.id
        for target in old.targets { sources[target, default: []].insert(old.id) }
    }

    /// The object is gone, or can be read.
    mutating func remove(_ path: String) {
        guard objects.removeValue(forKey: path) != nil else { return }
        guard case .object(_, let id)? = StoreKey(path: path), paths.removeValue(forKey: id) != nil else { return }
        holders = holders.filter { $0.value != id }
        for target in sources.keys.filter({ sources[$0]?.contains(id) ?? false }) {
            removeReference(of: id, to: target)
        }
    }

    /// Takes a name or a reference that was put: of what cannot be read, these alone are known.
    mutating func put(_ entry: StoredEntry) {
        switch StoreKey(path: entry.key) {
        case .name(let type, let fqName):
            guard let id = ObjectID(String(decoding: entry.value, as: UTF8.self)), paths[id] != nil else { return }
            holders[Snapshot.TypedName(type: type, fqName: fqName)] = id
        case .reference(let target, let source):
            guard paths[source] != nil else { return }
            sources[target, default: []].insert(source)
        default: break
        }
    }

    /// Takes a name or a reference that was deleted.
    mutating func delete(_ path: String) {
        switch StoreKey(path: path) {
        case .name(let type, let fqName): holders[Snapshot.TypedName(type: type, fqName: fqName)] = nil
        case .reference(let target, let source): removeReference(of: source, to: target)
        default: break
        }
    }

    private mutating func removeReference(of source: ObjectID, to target: ObjectID) {
        sources[target]?.remove(source)
        if sources[target]?.isEmpty ?? false { sources[target] = nil }
    }
}
