import Addressing
import JSON
import Model

/// Neutron's writes: each turns a request into changes of the configuration, or into Neutron's refusal.
///
/// Everything is decided from the edit's own view of the objects; the index is asked only for what belongs together and
/// for how many there are. What a decision was based on becomes a precondition of the edit.
package struct NeutronRules: Sendable {
    let index: NeutronIndex

    package init(index: NeutronIndex) {
        self.index = index
    }

    /// Makes one object, or many at once, all of them or none.
    ///
    /// - Returns: 201 with what was made.
    /// - Throws: ``NeutronError``
    package func create(
        _ collection: NeutronCollection, body: JSONValue, edit: inout GraphEdit
    ) throws(NeutronError) -> APIAnswer {
        let caller = edit.context.caller
        let (inputs, isBulk) = try AttributeInput.objects(
            body, collection: collection, attributes: Self.attributes(of: collection), caller: caller)
        guard !caller.mayOnlyRead else { throw .disallowed(["create_\(collection.resource)"]) }
        let made: [Written] =
            switch collection {
            case .networks: try createEach(inputs, &edit, createNetwork)
            case .subnets: try createSubnets(inputs, &edit).map(Written.init)
            case .ports: try createEach(inputs, &edit, createPort)
            case .securityGroups: try createEach(inputs, &edit, createSecurityGroup)
            case .securityGroupRules: try createRules(inputs, &edit).map(Written.init)
            }
        notify(collection, "create", body: body, made, edit: &edit)
        return answer(201, collection, made, isBulk: isBulk, caller: caller)
    }

    /// Changes one object.
    ///
    /// - Parameter revision: the revision number that the object must have, when the client said one.
    /// - Returns: 200 with the object as it is now.
    /// - Throws: ``NeutronError``
    package func update(
        _ collection: NeutronCollection, id text: String, body: JSONValue, revision: Int?, edit: inout GraphEdit
    ) throws(NeutronError) -> APIAnswer {
        let caller = edit.context.caller
        let input = try AttributeInput.update(
            body, collection: collection, attributes: Self.attributes(of: collection), caller: caller
        ) { shown($0, collection, id: text, to: caller) }
        let changed: Written
        switch collection {
        case .networks:
            let network = try owned(index.networks, text, "update", revision, caller)
            changed = Written(try updateNetwork(network, input, &edit))
        case .subnets:
            let subnet = try owned(index.subnets, text, "update", revision, caller)
            changed = Written(try updateSubnet(subnet, input, &edit))
        case .ports:
            let port = try owned(index.ports, text, "update", revision, caller)
            changed = Written(try updatePort(port, input, &edit))
        case .securityGroups:
            let group = try owned(index.securityGroups, text, "update", revision, caller)
            changed = Written(try updateSecurityGroup(group, input, &edit))
        case .securityGroupRules:
            _ = try owned(index.securityGroupRules, text, "update", revision, caller)
            throw .badRequest("Cannot update read-only attribute \(input.names.sorted().first ?? "id")")
        }
        notify(collection, "update", body: body, [changed], edit: &edit)
        return answer(200, collection, [changed], isBulk: false, caller: caller)
    }

    /// Removes one object.
    ///
    /// - Returns: 204.
    /// - Throws: ``NeutronError``
    package func delete(
        _ collection: NeutronCollection, id text: String, revision: Int?, edit: inout GraphEdit
    ) throws(NeutronError) -> APIAnswer {
        let caller = edit.context.caller
        let removed: Written
        switch collection {
        case .networks:
            let network = try owned(index.networks, text, "delete", revision, caller)
            removed = Written(network)
            try deleteNetwork(network, &edit)
        case .subnets:
            let subnet = try owned(index.subnets, text, "delete", revision, caller)
            removed = Written(subnet)
            try deleteSubnet(subnet, &edit)
        case .ports:
            let port = try owned(index.ports, text, "delete", revision, caller)
            removed = Written(port)
            try deletePort(port, &edit)
        case .securityGroups:
            let group = try owned(index.securityGroups, text, "delete", revision, caller)
            removed = Written(group)
            try deleteSecurityGroup(group, &edit)
        case .securityGroupRules:
            let rule = try owned(index.securityGroupRules, text, "delete", revision, caller)
            removed = Written(rule)
            try deleteRule(rule, &edit)
        }
        notifyDelete(collection, id: text, removed, edit: &edit)
        return APIAnswer(status: 204, contentType: "")
    }

    /// What a caller is shown of an attribute of an object.
    private func shown(
        _ name: String, _ collection: NeutronCollection, id text: String, to caller: EditContext.Caller
    ) -> JSONValue? {
        func value<View: NeutronView>(_ views: ViewCollection<View>) -> JSONValue? {
            guard let view = ObjectID(text).flatMap({ views[$0] }), Visibility(caller: caller).sees(view),
                let attribute = View.attributes[name], !attribute.isForAdministratorsOnly || caller.seesEverything
            else { return nil }
            var writer = JSONWriter()
            attribute.write(view, &writer)
            return try? JSONValue(parsing: writer.finish())
        }
        return switch collection {
        case .networks: value(index.networks)
        case .subnets: value(index.subnets)
        case .ports: value(index.ports)
        case .securityGroups: value(index.securityGroups)
        case .securityGroupRules: value(index.securityGroupRules)
        }
    }

    private static func attributes(of collection: NeutronCollection) -> [InputAttribute] {
        switch collection {
        case .networks: ResourceAttributes.network
        case .subnets: ResourceAttributes.subnet
        case .ports: ResourceAttributes.port
        case .securityGroups: ResourceAttributes.securityGroup
        case .securityGroupRules: ResourceAttributes.securityGroupRule
        }
    }

    private func createEach<View: NeutronView>(
        _ inputs: [AttributeInput], _ edit: inout GraphEdit,
        _ create: (AttributeInput, inout QuotaTally, inout GraphEdit) throws(NeutronError) -> View
    ) throws(NeutronError) -> [Written] {
        var tally = QuotaTally(inputs, caller: edit.context.caller)
        var made: [Written] = []
        for input in inputs { made.append(Written(try create(input, &tally, &edit))) }
        return made
    }

    /// The object when the caller may see and change it, at the revision it wants.
    private func owned<View: NeutronView>(
        _ views: ViewCollection<View>, _ text: String, _ action: String, _ revision: Int?, _ caller: EditContext.Caller
    ) throws(NeutronError) -> View {
        let view = try Visibility(caller: caller).find(text, in: views)
        let owns =
            view.projectID == Visibility.projectID(caller)
            || view.networkProjectID == Visibility.projectID(caller) && action == "delete"
        guard caller.isAdmin || owns && !caller.mayOnlyRead || View.collection == .ports && caller.isService else {
            throw .disallowed(["\(action)_\(View.collection.resource)"])
        }
        guard let revision else { return view }
        guard case .integer(let current) = View.attributes["revision_number"]?.value(view), current != revision else {
            return view
        }
        throw NeutronError(
            status: 412, type: "RevisionNumberConstraintFailed",
            message: "Constrained to \(revision), but current revision is \(current)")
    }

    private func answer(
        _ status: Int, _ collection: NeutronCollection, _ objects: [Written], isBulk: Bool,
        caller: EditContext.Caller
    ) -> APIAnswer {
        var writer = JSONWriter(capacity: objects.reduce(64) { $0 + $1.rendering.bytes.count + 1 })
        writer.beginObject()
        writer.name(isBulk ? collection.plural : collection.resource)
        if isBulk { writer.beginArray() }
        for object in objects { object.rendering.write(to: &writer, forAdministrator: caller.seesEverything) }
        if isBulk { writer.endArray() }
        writer.endObject()
        return APIAnswer(status: status, body: writer.finish())
    }
}

/// Calls the model and turns what it says for which there is no better word into Neutron's words.
func modelled<Result>(_ body: () throws(ModelError) -> Result) throws(NeutronError) -> Result {
    do {
        return try body()
    } catch {
        throw NeutronError(error)
    }
}
