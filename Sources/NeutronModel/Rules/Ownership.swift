import Addressing
import JSON
import Model

// Projects and names.
extension NeutronRules {
    /// The project that a new object belongs to, made when the configuration does not know it yet.
    ///
    /// - Throws: 400 when there is none or it is no project's id.
    func project(for input: AttributeInput, _ edit: inout GraphEdit) throws(NeutronError) -> ConfigObject {
        try Self.project(input["project_id"]?.stringValue ?? edit.context.caller.projectID, &edit)
    }

    static func project(_ text: String, _ edit: inout GraphEdit) throws(NeutronError) -> ConfigObject {
        let caller = edit.context.caller
        guard !text.isEmpty else {
            throw .badRequest("Running without keystone AuthN requires that project_id is specified")
        }
        guard let id = ObjectID(text) else { throw .invalidInput("'\(text)' is not the id of a project") }
        let isOwn = id == ObjectID(caller.projectID)
        return try modelled { () throws(ModelError) in
            try edit.ensureProject(
                id: id, name: isOwn ? caller.projectName : "", domainID: isOwn ? caller.domainID : "default",
                domainName: isOwn ? caller.domainName : "Default")
        }
    }

    /// The full name of a new object: its own name where that is free, otherwise the name and the id. Neutron's names need
    /// not be unique, and rules refer to groups by names joined with colons.
    static func fullName(
        _ name: String, id: ObjectID, type: String, project: ConfigObject, _ edit: GraphEdit
    ) -> [String] {
        guard !name.isEmpty, ObjectNames.isAllowed(name) else {
            return project.fqName + [id.description]
        }
        let plain = project.fqName + [name]
        return edit.object(type: type, fqName: plain) == nil ? plain : project.fqName + ["\(name)-\(id)"]
    }

    /// `id_perms` as the model takes them: what was given, and the rest from the object's own when it has one.
    static func permissions(_ input: AttributeInput) -> JSONValue {
        var members = JSONObject()
        if let enable = input["admin_state_up"] { members["enable"] = enable }
        if let description = input["description"] { members["description"] = description }
        return .object(members)
    }

    /// A network by the id in a body, with what the caller may see.
    ///
    /// - Throws: 404
    func network(_ input: AttributeInput, _ edit: inout GraphEdit) throws(NeutronError) -> NeutronNetwork {
        let text = input["network_id"]?.stringValue ?? ""
        guard let id = ObjectID(text), let network = network(id, edit),
            Visibility(caller: edit.context.caller).sees(network)
        else { throw NeutronCollection.networks.notFound(text) }
        return network
    }

    /// A network as the edit has it, which is the index's as long as it is unchanged.
    private func network(_ id: ObjectID, _ edit: GraphEdit) -> NeutronNetwork? {
        if edit.isUnchanged(id) { return index.networks[id] }
        return edit.object(id, type: "virtual-network").flatMap(NeutronNetwork.init)
    }

    /// The subnets of a network as the edit has it, in order.
    func subnets(of object: ConfigObject, _ edit: GraphEdit) -> [NeutronSubnet] {
        guard let network = network(object.id, edit) else { return [] }
        let known = edit.isUnchanged(object.id) ? network.subnetIDs.compactMap { index.subnets[$0] } : []
        let isComplete = known.count == network.subnetIDs.count && known.allSatisfy { $0.networkID == object.id }
        return isComplete ? known : NeutronSubnet.subnets(of: object, network: network)
    }
}
