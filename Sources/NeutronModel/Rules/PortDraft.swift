import Addressing
import JSON
import Model

/// A virtual-machine-interface while it is being decided.
struct PortDraft {
    let id: ObjectID
    let project: ConfigObject
    var properties: JSONObject
    var references: [String: [Reference]]
    var isPortSecurityEnabled: Bool

    init(id: ObjectID, project: ConfigObject, network: ConfigObject, isPortSecurityEnabled: Bool) {
        self.id = id
        self.project = project
        self.isPortSecurityEnabled = isPortSecurityEnabled
        properties = [:]
        references = ["virtual_network_refs": [Reference(id: network.id, fqName: network.fqName)]]
    }

    var deviceOwner: String { properties["virtual_machine_interface_device_owner"]?.stringValue ?? "" }
    /// A port of the network itself, such as a router's or a DHCP server's: no security group applies.
    var isTrusted: Bool { deviceOwner.hasPrefix("network:") }
}

extension NeutronRules {
    /// Takes what a body says about a port, besides its MAC and fixed addresses, into the draft.
    ///
    /// - Parameter current: the port as it is; nil for a new one.
    func take(
        _ input: AttributeInput, into draft: inout PortDraft, current: NeutronPort?, _ edit: inout GraphEdit
    ) throws(NeutronError) {
        if let owner = input["device_owner"] { draft.properties["virtual_machine_interface_device_owner"] = owner }
        if let enabled = input["port_security_enabled"]?.boolValue { draft.isPortSecurityEnabled = enabled }
        if current == nil || input["port_security_enabled"] != nil {
            draft.properties["port_security_enabled"] = .bool(draft.isPortSecurityEnabled)
            draft.properties["virtual_machine_interface_disable_policy"] = .bool(!draft.isPortSecurityEnabled)
        }
        var extras = Extras(draft.properties)
        try takeDevice(input, into: &draft, extras: &extras, current: current, &edit)
        try takeGroups(input, into: &draft, current: current, &edit)
        try takePairs(input, into: &draft, extras: &extras, current: current)
        takeDHCPOptions(input, into: &draft, extras: &extras, current: current)
        takeBinding(input, into: &draft, current: current)
        extras.store(in: &draft.properties)
    }

    /// `device_id` becomes a reference to a virtual-machine of that name, made on demand; an id that is not a machine's
    /// stays with the port.
    private func takeDevice(
        _ input: AttributeInput, into draft: inout PortDraft, extras: inout Extras, current: NeutronPort?,
        _ edit: inout GraphEdit
    ) throws(NeutronError) {
        // The owner matters only where it makes the port the network's own, or no longer.
        let wasTrusted = current?.deviceOwner.hasPrefix("network:") ?? false
        guard input["device_id"] != nil || input["device_owner"] != nil && wasTrusted != draft.isTrusted else { return }
        let device = input["device_id"]?.stringValue ?? current?.deviceID ?? ""
        draft.references["virtual_machine_refs"] = nil
        extras["device_id"] = nil
        guard !device.isEmpty else { return }
        guard !draft.isTrusted, let machineID = ObjectID(device), machineID.description == device else {
            extras["device_id"] = .string(device)
            return
        }
        let machine: ConfigObject
        if let existing = edit.object(machineID, type: "virtual-machine") {
            machine = existing
        } else if edit.object(machineID) != nil || edit.object(type: "virtual-machine", fqName: [device]) != nil {
            extras["device_id"] = .string(device)
            return
        } else {
            let made = ConfigObject(
                type: "virtual-machine", id: machineID, fqName: [device], parent: nil,
                properties: ["server_type": "virtual-server"], references: [:])
            machine = try modelled { () throws(ModelError) in try edit.add(made) }
        }
        draft.references["virtual_machine_refs"] = [Reference(id: machine.id, fqName: machine.fqName)]
    }

    /// Removes the virtual machine that a port was for when no other port is.
    func dropUnusedMachine(
        of old: ConfigObject, keeping references: [Reference]?, _ edit: inout GraphEdit
    ) throws(NeutronError) {
        for reference in old.references("virtual_machine_refs")
        where !(references ?? []).contains(where: { $0.id == reference.id }) {
            guard let machine = edit.object(reference.id), machine.properties["annotations"] == nil,
                !edit.hasReferrers(machine.id)
            else { continue }
            try modelled { () throws(ModelError) in try edit.remove(machine.id) }
        }
    }

    private func takeGroups(
        _ input: AttributeInput, into draft: inout PortDraft, current: NeutronPort?, _ edit: inout GraphEdit
    ) throws(NeutronError) {
        // Said as it is, the list still says that a port whose security is switched on is to have no other groups.
        let given =
            input["port_security_enabled"] == nil
            ? input["security_groups"]?.arrayValue : input.stated("security_groups")?.arrayValue
        guard given != nil || current == nil || input["port_security_enabled"] != nil else { return }
        if let given, !given.isEmpty, !draft.isPortSecurityEnabled {
            throw NeutronError(
                status: 400, type: "PortSecurityAndIPRequiredForSecurityGroups",
                message:
                    "Port security must be enabled and port must have an IP address in order to use security groups.")
        }
        if given == nil, let current, !draft.isPortSecurityEnabled, !current.securityGroupIDs.isEmpty {
            throw .conflict(
                "PortSecurityPortHasSecurityGroup",
                "Port has security group associated. Cannot disable port security or IP address until security group is removed."
            )
        }
        guard draft.isPortSecurityEnabled, !draft.isTrusted else {
            draft.references["security_group_refs"] = nil
            return
        }
        var groups: [ConfigObject] = []
        if let given {
            for value in given { groups.append(try group(value, project: draft.project, &edit)) }
        } else if let current, !current.securityGroupIDs.isEmpty {
            return
        } else {
            groups = [try defaultGroup(of: draft.project, &edit)]
        }
        if groups.isEmpty, let none = edit.object(type: "security-group", fqName: Bootstrap.noRuleGroup) {
            groups = [none]
        }
        draft.references["security_group_refs"] = groups.map { Reference(id: $0.id, fqName: $0.fqName) }
    }

    /// A group that the port's project may use.
    private func group(
        _ value: JSONValue, project: ConfigObject, _ edit: inout GraphEdit
    ) throws(NeutronError) -> ConfigObject {
        let text = value.stringValue ?? ""
        guard let id = ObjectID(text), let group = edit.object(id, type: "security-group"),
            group.parent?.id == project.id || edit.context.caller.isAdmin
        else { throw NeutronCollection.securityGroups.notFound(text) }
        return group
    }

    private func takePairs(
        _ input: AttributeInput, into draft: inout PortDraft, extras: inout Extras, current: NeutronPort?
    ) throws(NeutronError) {
        let pairs = input["allowed_address_pairs"]?.arrayValue
        let staying = pairs.map { !$0.isEmpty } ?? !(current?.addressPairs.isEmpty ?? true)
        guard !staying || draft.isPortSecurityEnabled else {
            throw .conflict(
                "AddressPairAndPortSecurityRequired",
                "Port Security must be enabled in order to have allowed address pairs on a port.")
        }
        guard let pairs else { return }
        let stored = StoredPairs(pairs, over: draft.properties, extras, mac: current?.mac)
        draft.properties[StoredPairs.property] = stored.property
        extras[StoredPairs.textsName] = stored.texts
    }

    /// An option replaces the one of its name and version, or with a null value removes it.
    private func takeDHCPOptions(
        _ input: AttributeInput, into draft: inout PortDraft, extras: inout Extras, current: NeutronPort?
    ) {
        guard let changes = input["extra_dhcp_opts"]?.arrayValue else { return }
        let given = changes.compactMap { change -> NeutronPort.DHCPOption? in
            guard let name = change["opt_name"]?.stringValue else { return nil }
            return .init(
                name: name, value: change["opt_value"]?.stringValue, ipVersion: change["ip_version"]?.integerValue ?? 4)
        }
        // The last word about an option counts.
        let last = Dictionary(zip(given.map(\.key), given.indices), uniquingKeysWith: { _, last in last })
        let options =
            (current?.dhcpOptions ?? []).filter { last[$0.key] == nil }
            + given.enumerated().filter { last[$1.key] == $0 && $1.value != nil }.map(\.element)
        guard !options.isEmpty else {
            draft.properties["virtual_machine_interface_dhcp_option_list"] = nil
            extras["dhcp_option_versions"] = nil
            return
        }
        // What Contrail's clients said of an option besides goes with it as long as it stays.
        let list = draft.properties["virtual_machine_interface_dhcp_option_list"]?["dhcp_option"]?.arrayValue ?? []
        let known = Dictionary(
            list.map { ([$0["dhcp_option_name"] ?? .null, $0["dhcp_option_value"] ?? .null], $0) },
            uniquingKeysWith: { first, _ in first })
        draft.properties["virtual_machine_interface_dhcp_option_list"] = [
            "dhcp_option": .array(
                options.map { option in
                    let (name, value) = (
                        JSONValue.string(option.name), option.value.map { JSONValue.string($0) } ?? .null
                    )
                    return known[[name, value]] ?? ["dhcp_option_name": name, "dhcp_option_value": value]
                })
        ]
        let hasVersion6 = options.contains { $0.ipVersion == 6 }
        extras["dhcp_option_versions"] = hasVersion6 ? .array(options.map { .integer($0.ipVersion) }) : nil
    }

    private func takeBinding(_ input: AttributeInput, into draft: inout PortDraft, current: NeutronPort?) {
        let previous = draft.properties["virtual_machine_interface_bindings"]
        let given = ["binding:host_id", "binding:vnic_type", "binding:profile"].filter { input[$0] != nil }
        guard !given.isEmpty || current == nil else { return }
        var binding = PortBinding(previous)
        if let host = input["binding:host_id"] { binding.hostID = host.stringValue ?? "" }
        if let type = input["binding:vnic_type"]?.stringValue { binding.vnicType = type }
        if let profile = input["binding:profile"] { binding.profile = profile.objectValue ?? JSONObject() }
        draft.properties["virtual_machine_interface_bindings"] = binding.stored(over: previous)
    }
}
