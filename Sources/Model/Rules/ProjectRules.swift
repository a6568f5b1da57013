import Addressing
import JSON

// domain and project, and how Keystone's become Contrail's (vnc-api.md, 3.2 and 3.9).
extension GraphEdit {
    /// The project with this id, made when there is none yet, with its domain: an edit in a project that Keystone knows
    /// and the configuration does not begins with it.
    ///
    /// - Parameters:
    ///   - id: Keystone's id of the project.
    ///   - name: Keystone's name; when another project of the domain has it, the id is appended.
    ///   - domainID: Keystone's id of the domain; `default` is `default-domain`.
    /// - Throws: ``ModelError``
    @discardableResult
    package mutating func ensureProject(
        id: ObjectID, name: String, domainID: String = "default", domainName: String = "Default"
    ) throws(ModelError) -> ConfigObject {
        if let project = object(id, type: "project") { return project }
        let domain = try ensureDomain(id: domainID, name: domainName)
        var own = name.isEmpty ? id.description : name.replacing(":", with: "_")
        if object(type: "project", fqName: domain.fqName + [own]) != nil { own += "-\(id)" }
        return try add(
            ConfigObject(
                type: "project", id: id, fqName: domain.fqName + [own],
                parent: ObjectLink(type: "domain", id: domain.id),
                properties: ["display_name": .string(name.isEmpty ? own : name)], references: [:]))
    }

    /// The domain with this id of Keystone's, made when there is none yet.
    @discardableResult
    package mutating func ensureDomain(id: String, name: String) throws(ModelError) -> ConfigObject {
        guard id != "default", !id.isEmpty else {
            if let domain = object(type: "domain", fqName: ["default-domain"]) { return domain }
            return try addRoot("domain", "default-domain")
        }
        guard let domainID = ObjectID(id) else { throw ModelError(.invalid, "\(id) is no id of a domain") }
        if let domain = object(domainID, type: "domain") { return domain }
        var own = name.isEmpty ? id : name.replacing(":", with: "_")
        if object(type: "domain", fqName: [own]) != nil { own += "-\(domainID)" }
        return try add(
            ConfigObject(
                type: "domain", id: domainID, fqName: [own], parent: nil, properties: [:], references: [:]))
    }

    mutating func addDomain(_ draft: ConfigObject) throws(ModelError) -> ConfigObject {
        var properties = draft.properties
        if properties["perms2"]?["share"]?.arrayValue?.isEmpty ?? true {
            let access = properties["perms2"]?["global_access"]?.integerValue ?? 0
            properties["perms2"] = makePerms2(
                owner: draft.owner, globalAccess: access,
                share: [["tenant": .string("domain:\(draft.id)"), "tenant_access": 6]])
        }
        let domain = draft.with(properties: properties, references: draft.references)
        try create(domain)
        return domain
    }

    /// A project owns itself and has a security group `default`.
    mutating func addProject(_ draft: ConfigObject) throws(ModelError) -> ConfigObject {
        var properties = draft.properties
        let access = properties["perms2"]?["global_access"]?.integerValue ?? 0
        properties["perms2"] = makePerms2(
            owner: draft.id.withoutDashes, globalAccess: access, share: properties["perms2"]?["share"]?.arrayValue ?? []
        )
        let project = draft.with(properties: properties, references: draft.references)
        try create(project)
        try add(defaultGroup(of: project))
        return project
    }

    /// A project's security group `default`, to be added.
    package mutating func defaultGroup(of project: ConfigObject) -> ConfigObject {
        ConfigObject(
            type: "security-group", id: context.newID(), fqName: project.fqName + [Self.defaultGroupName],
            parent: ObjectLink(type: "project", id: project.id),
            properties: [
                "id_perms": ["description": "Default security group", "enable": true],
                "security_group_entries": defaultGroupRules(project: project),
            ], references: [:])
    }

    /// Adds an object without parent.
    @discardableResult
    mutating func addRoot(
        _ type: String, _ name: String, _ properties: JSONObject = [:]
    ) throws(ModelError) -> ConfigObject {
        try add(
            ConfigObject(
                type: type, id: context.newID(), fqName: [name], parent: nil, properties: properties, references: [:]))
    }
}
