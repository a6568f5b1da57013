import Addressing
import HashTreeCollections
import JSON
import Model
import NeutronModel

/// What both APIs show of a cloud, kept to be compared with what they show later.
struct BothViews {
    private let snapshot: Snapshot
    private let index: NeutronIndex

    init(_ cloud: Cloud) {
        snapshot = cloud.snapshot
        index = cloud.index
    }

    /// What any write may move, and what a new object cannot have from the old one.
    static let times: Set<String> = ["last_modified", "updated_at", "revision_number"]

    /// Every difference to what the cloud shows now, in words.
    ///
    /// - Parameter ignored: the members that may differ, at whatever depth.
    func differences(from cloud: Cloud, ignoring ignored: Set<String> = Self.times) throws -> [String] {
        var found: [String] = []
        for id in Set(snapshot.objects.keys).union(cloud.snapshot.objects.keys) {
            let before = snapshot.objects[id]
            let after = cloud.snapshot.objects[id]
            guard before !== after else { continue }
            let left = Self.plain(before.map { .object($0.stored) } ?? .null, ignored)
            let right = Self.plain(after.map { .object($0.stored) } ?? .null, ignored)
            found += Self.differences(left, right, at: "config \((before ?? after)?.type ?? "")")
        }
        found += try differences(\.networks, .networks, cloud, ignored)
        found += try differences(\.subnets, .subnets, cloud, ignored)
        found += try differences(\.ports, .ports, cloud, ignored)
        found += try differences(\.securityGroups, .securityGroups, cloud, ignored)
        return found.sorted()
    }

    private func differences<View: NeutronView>(
        _ views: KeyPath<NeutronIndex, ViewCollection<View>>, _ collection: NeutronCollection, _ cloud: Cloud,
        _ ignored: Set<String>
    ) throws -> [String] {
        let before = index[keyPath: views]
        let after = cloud.index[keyPath: views]
        var found: [String] = []
        for id in Set(before.inOrder.map(\.id)).union(after.inOrder.map(\.id)) where before[id] !== after[id] {
            let left = Self.plain(try Self.shown(collection, id, index), ignored)
            let right = Self.plain(try Self.shown(collection, id, cloud.index), ignored)
            found += Self.differences(left, right, at: "neutron \(collection)")
        }
        return found
    }

    private static func shown(
        _ collection: NeutronCollection, _ id: ObjectID, _ index: NeutronIndex
    ) throws -> JSONValue {
        do {
            let reader = NeutronReader(index: index, caller: .admin)
            let answer = try reader.show(collection, id: id.description, query: try NeutronQuery([]))
            return try JSONValue(parsing: answer.body)["\(collection.resource)"] ?? .null
        } catch is NeutronError {
            return .null
        }
    }

    private static func differences(_ left: JSONValue, _ right: JSONValue, at place: String) -> [String] {
        guard left != right else { return [] }
        guard let before = left.objectValue, let after = right.objectValue else {
            return ["\(place): \(left.text) became \(right.text)"]
        }
        return Set(before.names).union(after.names).flatMap { name in
            differences(before[name] ?? "absent", after[name] ?? "absent", at: "\(place).\(name)")
        }
    }

    private static func plain(_ value: JSONValue, _ ignored: Set<String>) -> JSONValue {
        switch value {
        case .array(let elements): .array(elements.map { plain($0, ignored) })
        case .object(let object):
            .object(
                JSONObject(
                    object.filter { !ignored.contains($0.name) }.map { ($0.name, plain($0.value, ignored)) }))
        default: value
        }
    }
}
