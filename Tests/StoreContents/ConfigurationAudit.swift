import Addressing
import HashTreeCollections
import JSON
import Model
import Store

/// What holds in every store, whatever was tried and whatever died: checked on the store's own entries, not on a
/// replica's indexes.
package enum ConfigurationAudit {
    /// What does not hold, in words; empty when all does.
    ///
    /// Each object's name, references and allocations have their keys, no key of these kinds belongs to nothing or to
    /// two, and nobody refers to what is not there.
    package static func violations(in entries: [StoredEntry]) -> [String] {
        var violations: [String] = []
        var objects: [ObjectID: ConfigObject] = [:]
        var facts: [String: String] = [:]
        var rooms: [(space: QuotaSpace, entry: StoredEntry)] = []
        for entry in entries {
            switch StoreKey(path: entry.key) {
            case .object(let type, let id):
                do {
                    objects[id] = try ConfigObject(type: type, id: id, stored: entry.value, modified: entry.modified)
                } catch {
                    violations.append("\(entry.key) cannot be read: \(error)")
                }
            case .quota(let space, _): rooms.append((space, entry))
            case .outbox, .setAside, .noticeLosses, .request, .leader, .userAgentValue: break
            default: facts[entry.key] = String(decoding: entry.value, as: UTF8.self)
            }
        }
        var expected: [String: String] = [:]
        for object in objects.values {
            for target in object.targets where objects[target] == nil {
                violations.append("\(object.type) \(object.id) refers to \(target), which is not there")
            }
            for (key, value) in self.facts(of: object) {
                if let other = expected.updateValue(value, forKey: key.path) {
                    violations.append("\(key.path) is held twice: by \(other) and by \(value)")
                }
            }
        }
        for (key, value) in expected where facts[key] != value {
            violations.append("\(key) must say \(value) and says \(facts[key] ?? "nothing")")
        }
        for (key, value) in facts where expected[key] == nil && !isAllocated(key, by: value, objects) {
            violations.append("\(key) says \(value) and belongs to nothing")
        }
        violations += roomViolations(rooms, objects)
        return violations.sorted()
    }

    /// Whether it is an address that a client took by `ip-alloc`: the network itself holds it.
    private static func isAllocated(_ key: String, by holder: String, _ objects: [ObjectID: ConfigObject]) -> Bool {
        guard case .address(let network, let address) = StoreKey(path: key), holder == network.description else {
            return false
        }
        return objects[network]?.subnets.contains { $0.cidr.contains(address) } ?? false
    }

    /// There is never more room in the parts of a quota than below the limit, whichever API's is the lower one.
    private static func roomViolations(
        _ rooms: [(space: QuotaSpace, entry: StoredEntry)], _ objects: [ObjectID: ConfigObject]
    ) -> [String] {
        var violations: [String] = []
        var sums: [QuotaSpace: Int] = [:]
        for (space, entry) in rooms {
            guard let project = objects[space.project] else {
                violations.append("\(entry.key) is of a project that is not there")
                continue
            }
            guard entry.modified > project.modified else { continue }
            sums[space, default: 0] += Int(String(decoding: entry.value, as: UTF8.self)) ?? 0
        }
        for (space, sum) in sums where sum > 0 {
            guard let project = objects[space.project] else { continue }
            let limits = [
                QuotaRules.limit(of: space.kind, in: project), QuotaRules.neutronLimit(of: space.kind, in: project),
            ]
            let used = count(space, in: objects.values)
            guard let limit = limits.compactMap({ $0 }).min(), used + sum > limit else { continue }
            violations.append(
                "\(space.kind) of \(space.project): \(used) and room for \(sum), with a limit of \(limit)")
        }
        return violations
    }

    /// How many there are of what a project may have so many of, counted from the objects.
    package static func count(_ space: QuotaSpace, in objects: some Sequence<ConfigObject>) -> Int {
        objects.filter { $0.isUserVisible && $0.parent?.id == space.project }.reduce(0) { sum, object in
            switch (space.kind, object.type) {
            case ("virtual_network", "virtual-network"), ("security_group", "security-group"),
                ("virtual_machine_interface", "virtual-machine-interface"):
                sum + 1
            case ("subnet", "virtual-network"): sum + object.subnets.count
            case ("security_group_rule", "security-group"):
                sum + (object.properties["security_group_entries"]?["policy_rule"]?.arrayValue?.count ?? 0)
            default: sum
            }
        }
    }

    /// The keys that an object must have beside its own.
    private static func facts(of object: ConfigObject) -> [(StoreKey, String)] {
        let holder = object.id.description
        var facts: [(StoreKey, String)] = [(.name(type: object.type, fqName: object.fqName), holder)]
        for target in object.targets { facts.append((.reference(target: target, source: object.id), object.type)) }
        let network = object.references("virtual_network_refs").first?.id ?? ObjectID(bits: 0)
        switch object.type {
        case "virtual-network":
            let number = object.properties["virtual_network_network_id"]?.integerValue ?? 0
            facts.append((.number(.virtualNetwork, number), holder))
            if let vni = try? object.chosenVNI, vni != number {
                facts.append((.number(.virtualNetwork, vni), holder))
            }
        case "logical-router":
            if let vni = try? object.chosenVNI { facts.append((.number(.virtualNetwork, vni), holder)) }
        case "security-group":
            facts.append((.number(.securityGroup, object.properties["security_group_id"]?.integerValue ?? 0), holder))
        case "instance-ip":
            if let address = IPAddress(object.properties["instance_ip_address"]?.stringValue ?? "") {
                facts.append((.address(network: network, address: address), holder))
            }
        case "virtual-machine-interface":
            if let address = object.macAddress { facts.append((.mac(network: network, address: address), holder)) }
        default: break
        }
        return facts
    }

    /// Where a replica that was fed by a watch differs from one that was made of a listing, in words.
    package static func differences(of replica: Snapshot, from listed: Snapshot) -> [String] {
        var differences: [String] = []
        func compare(_ isSame: Bool, _ what: String) { if !isSame { differences.append("\(what) differs") } }
        compare(replica.revision == listed.revision, "the revision, \(replica.revision) for \(listed.revision),")
        compare(Set(replica.objects.keys) == Set(listed.objects.keys), "the set of objects")
        compare(replica.outbox == listed.outbox, "the outbox")
        compare(replica.setAside == listed.setAside, "what is set aside")
        compare(replica.noticeLosses == listed.noticeLosses, "the count of what was given up")
        compare(Set(replica.requests.keys) == Set(listed.requests.keys), "the set of request records")
        compare(replica.leaders == listed.leaders, "the list of leaders")
        compare(replica.usages == listed.usages, "what is counted for projects")
        for type in replica.schema.types.keys {
            compare(replica.objects(ofType: type).count == listed.objects(ofType: type).count, "the number of \(type)")
        }
        for object in listed.objects.values {
            guard let mine = replica.objects[object.id] else { continue }
            let id = object.id
            compare(mine.stored == object.stored && mine.modified == object.modified, "\(object.type) \(id)")
            compare(replica.object(type: object.type, fqName: object.fqName)?.id == id, "the name of \(id)")
            compare(replica.object(id, type: object.type) != nil, "the type of \(id)")
            compare(
                Set(replica.referrers(of: id).map(\.id)) == Set(listed.referrers(of: id).map(\.id)),
                "who refers to \(id)")
            compare(
                replica.allocatedAddresses(network: id) == listed.allocatedAddresses(network: id),
                "the addresses of \(id)")
        }
        return differences
    }
}
