import Addressing
import HashTreeCollections
import JSON
import Model
import NeutronModel

/// Reads everything that a cloud holds by both APIs, writes it back by the one that showed it, and tells what was refused
/// or changed by that.
struct WriteBack {
    let cloud: Cloud
    /// What went wrong, as texts.
    private(set) var faults: [String] = []
    /// How many writes were tried.
    private(set) var writes = 0

    init(_ cloud: Cloud) { self.cloud = cloud }

    /// What may be said in a PUT, by neutron-schema.yaml, of what is shown.
    static let updatable: [NeutronCollection: [String]] = [
        .networks: [
            "name", "admin_state_up", "shared", "router:external", "port_security_enabled", "description",
            "provider:network_type", "provider:physical_network", "provider:segmentation_id",
        ],
        .subnets: [
            "name", "gateway_ip", "allocation_pools", "dns_nameservers", "host_routes", "enable_dhcp", "description",
        ],
        .ports: [
            "name", "admin_state_up", "mac_address", "fixed_ips", "device_id", "device_owner", "security_groups",
            "port_security_enabled", "allowed_address_pairs", "extra_dhcp_opts", "binding:vnic_type",
            "binding:host_id", "binding:profile", "description",
        ],
        .securityGroups: ["name", "description"],
    ]

    /// Everything, by both APIs.
    mutating func all() throws {
        for object in cloud.snapshot.objects.values.sorted(by: { $0.id < $1.id }) {
            try throughConfig(object.type, object.id)
        }
        for caller in [EditContext.Caller.admin, .member] {
            for collection in NeutronCollection.allCases where collection != .securityGroupRules {
                for shown in try cloud.list(collection, as: caller).list {
                    try throughNeutron(collection, shown, caller)
                }
            }
        }
    }

    /// An object by the config API: whole, each property, each list of references, each reference, each element.
    mutating func throughConfig(_ type: String, _ id: ObjectID) throws {
        let read = try cloud.configRead(type, id)
        guard let schema = cloud.snapshot.schema.types[type] else { return }
        try put(type, id, read, "whole")
        for member in read where schema.properties[member.name] != nil {
            try put(type, id, [member.name: member.value], member.name)
            guard schema.properties[member.name]?.collection != nil else { continue }
            let elements = try cloud.configElements(id, member.name)
            // An element of a map without a key cannot be told from others.
            for element in elements where elements.count(where: { $0.position == element.position }) == 1 {
                try attempt("element of \(type).\(member.name)") { cloud in
                    let isMap = if case .map = schema.properties[member.name]?.collection { true } else { false }
                    var update: JSONObject = [
                        "field": .string(member.name), "operation": isMap ? "set" : "modify", "value": element.value,
                    ]
                    if !isMap { update["position"] = element.position }
                    return try cloud.config(
                        .updatePropertyCollection(
                            body: ["uuid": .string(id.description), "updates": [.object(update)]]))
                }
            }
        }
        for member in read {
            guard let link = schema.references[member.name], let list = member.value.arrayValue else { continue }
            try put(type, id, [member.name: member.value], member.name)
            for entry in list {
                try attempt("ref-update of \(type).\(member.name)") { cloud in
                    try cloud.config(
                        .updateReference(body: [
                            "type": .string(type), "uuid": .string(id.description), "ref-type": .string(link.type),
                            "ref-uuid": entry["uuid"] ?? .null, "operation": "ADD", "attr": entry["attr"] ?? .null,
                        ]))
                }
            }
        }
        try changeAndBack(type, id, read)
    }

    /// Another name and the old one again: nothing that was not named may change.
    private mutating func changeAndBack(_ type: String, _ id: ObjectID, _ read: JSONObject) throws {
        guard !["physical-interface", "logical-interface"].contains(type) else { return }
        try attempt("other name and back of \(type)") { cloud in
            let there = try cloud.configPut(type, id, ["display_name": "another"])
            guard there.status == 200 else { return there }
            return try cloud.configPut(type, id, ["display_name": read["display_name"] ?? .null])
        }
    }

    private mutating func put(_ type: String, _ id: ObjectID, _ members: JSONObject, _ what: String) throws {
        try attempt("config PUT \(type) \(what)") { cloud in try cloud.configPut(type, id, members) }
    }

    /// An object by Neutron: all that may be updated, and each attribute alone.
    mutating func throughNeutron(
        _ collection: NeutronCollection, _ shown: JSONValue, _ caller: EditContext.Caller
    ) throws {
        let id = shown["id"]?.stringValue ?? ""
        let own = shown["project_id"]?.stringValue == caller.projectID
        guard caller.isAdmin || own, let members = shown.objectValue else { return }
        let updatable = JSONObject(
            members.filter { Self.updatable[collection]?.contains($0.name) ?? false }.map { ($0.name, $0.value) })
        let who = caller.isAdmin ? "administrator" : "member"
        try attempt("neutron PUT \(collection) whole by \(who)") { cloud in
            let reply = try cloud.update(collection, id, .object(updatable), as: caller)
            return (reply.status, reply.body.text)
        }
        for member in updatable {
            try attempt("neutron PUT \(collection) \(member.name) by \(who)") { cloud in
                let reply = try cloud.update(collection, id, [member.name: member.value], as: caller)
                return (reply.status, reply.body.text)
            }
        }
        guard (shown["description"]?.stringValue?.count ?? 0) <= 255 else { return }
        // No description and an empty one are the same to Neutron.
        let times = BothViews.times.union(shown["description"] == "" ? ["description", "annotations"] : [])
        try attempt("other description and back of \(collection)", ignoring: times) { cloud in
            let there = try cloud.update(collection, id, ["description": "another"], as: caller)
            guard there.status == 200 else { return (there.status, there.body.text) }
            let back = try cloud.update(collection, id, ["description": shown["description"] ?? ""], as: caller)
            return (back.status, back.body.text)
        }
    }

    /// What restoring changes besides times: the numbers and positions are the server's.
    private static let renewed: Set<String> = BothViews.times.union([
        "created", "created_at", "virtual_network_network_id", "security_group_id", "provider:segmentation_id",
        "tag_id", "tag_type_id", "skein_positions",
    ])

    /// Deletes what can be deleted and makes it again from what the config API showed, as tools that restore a backup do.
    mutating func restoreThroughConfig() throws {
        for object in cloud.snapshot.objects.values.sorted(by: { $0.id < $1.id }) {
            guard !RandomConfiguration.fixed.contains(object.type) else { continue }
            var read = try cloud.configRead(object.type, object.id)
            for name in ["virtual_network_network_id", "security_group_id", "tag_id"] { read[name] = nil }
            var copy = cloud
            guard try copy.config(.delete(type: object.type, id: object.id.description)).status == 200 else { continue }
            // What went with it, or lost its reference, was not read.
            let isAlone =
                copy.snapshot.objects.values.allSatisfy { cloud.snapshot.objects[$0.id] === $0 }
                && copy.snapshot.objects.count == cloud.snapshot.objects.count - 1
            let before = BothViews(cloud)
            writes += 1
            let made = try copy.config(.create(type: object.type, body: [object.type: .object(read)]))
            let what = "config restore of \(object.type)"
            guard made.status == 200 else {
                faults.append("\(what): \(made.status) \(made.text)")
                continue
            }
            guard isAlone, object.type != "project" else { continue }
            faults += try before.differences(from: copy, ignoring: Self.renewed).map { "\(what): \($0)" }
        }
    }

    /// What may be said in a POST, by neutron-schema.yaml, of what is shown, besides what may be updated.
    private static let creatable: [NeutronCollection: [String]] = [
        .subnets: ["project_id", "network_id", "ip_version", "cidr", "ipv6_ra_mode", "ipv6_address_mode"],
        .ports: ["project_id", "network_id"],
        .securityGroupRules: [
            "project_id", "security_group_id", "remote_group_id", "direction", "protocol", "port_range_min",
            "port_range_max", "ethertype", "remote_ip_prefix", "description",
        ],
    ]

    /// Deletes what can be deleted and makes it again from what Neutron showed.
    mutating func restoreThroughNeutron() throws {
        for (collection, created) in Self.creatable.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let names = Set(created + (Self.updatable[collection] ?? []))
            for shown in try cloud.list(collection, as: .admin).list {
                var copy = cloud
                let id = shown["id"]?.stringValue ?? ""
                guard try copy.delete(collection, id, as: .admin).status == 204 else { continue }
                writes += 1
                let said = JSONObject(
                    (shown.objectValue ?? [:]).filter { names.contains($0.name) }.map { ($0.name, $0.value) })
                let made = try copy.create(collection, .object(said), as: .admin)
                guard made.status == 201 else {
                    faults.append("neutron restore of \(collection): \(made.body.text) for \(said)")
                    continue
                }
                for name in names.sorted() where made[name] != shown[name] {
                    faults.append(
                        "neutron restore of \(collection) \(name): \(shown[name]?.text ?? "") became \(made[name]?.text ?? "")"
                    )
                }
            }
        }
    }

    /// Tries a write on a copy, so that one fault does not hide others.
    private mutating func attempt(
        _ what: String, ignoring ignored: Set<String> = BothViews.times,
        _ write: (inout Cloud) throws -> (status: Int, text: String)
    ) throws {
        writes += 1
        let before = BothViews(cloud)
        var copy = cloud
        let answer = try write(&copy)
        guard answer.status == 200 else {
            faults.append("\(what): \(answer.status) \(answer.text)")
            return
        }
        faults += try before.differences(from: copy, ignoring: ignored).map { "\(what): \($0)" }
    }
}
