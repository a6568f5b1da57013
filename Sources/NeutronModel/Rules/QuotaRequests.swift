import Addressing
import HashTreeCollections
import JSON
import Model

/// Reads of quotas.
package struct QuotaReader: Sendable {
    private let snapshot: Snapshot
    private let caller: EditContext.Caller

    package init(snapshot: Snapshot, caller: EditContext.Caller) {
        self.snapshot = snapshot
        self.caller = caller
    }

    /// `GET quotas`: every project whose limits someone has set. Neutron takes no notice of filters here; this refuses
    /// them, as everywhere.
    package func list(query: NeutronQuery) throws(NeutronError) -> APIAnswer {
        guard caller.isAdmin else { throw .disallowed(["get_quota"]) }
        guard query.filters.isEmpty else {
            throw .badRequest("\(PythonText.list(query.filters.map(\.name))) is invalid attribute for filtering")
        }
        let projects = snapshot.objects(ofType: "project").values.sorted { $0.id < $1.id }
        let entries = projects.filter { project in
            QuotaResource.allCases.contains { project.properties["quota"]?[$0.property] != nil }
        }.map { project in
            var limits = Self.limits(of: project)
            limits["project_id"] = .string(project.id.withoutDashes)
            limits["tenant_id"] = .string(project.id.withoutDashes)
            return JSONValue.object(limits)
        }
        return APIAnswer(status: 200, body: JSONValue.object(["quotas": .array(entries)]).bytes)
    }

    /// `GET quotas/<project>`.
    package func show(_ project: String) throws(NeutronError) -> APIAnswer {
        try refuseForeign(project)
        return answer(Self.limits(of: object(project)))
    }

    /// `GET quotas/<project>/default`.
    package func defaults(_ project: String) throws(NeutronError) -> APIAnswer {
        try refuseForeign(project)
        return answer(Self.limits(of: nil))
    }

    /// `GET quotas/<project>/details`: limits with what is used.
    package func details(_ project: String) throws(NeutronError) -> APIAnswer {
        guard caller.isAdmin || isOwn(project) else {
            throw .adminRequired("Only admin is authorized to access quotas for another project")
        }
        let id = ObjectID(project)
        let object = object(project)
        var members = JSONObject()
        for resource in QuotaResource.allCases {
            members[resource.rawValue] = [
                "limit": .integer(resource.limit(of: object) ?? -1), "reserved": 0,
                "used": .integer(id.map { QuotaRules.usage(resource.space($0), in: snapshot) } ?? 0),
            ]
        }
        return answer(members)
    }

    /// `GET quotas/tenant` and `quotas/project`: whose token it is.
    package func own(_ word: String) -> APIAnswer {
        APIAnswer(
            status: 200,
            body: JSONValue.object([word: ["\(word)_id": .string(caller.projectID)]]).bytes)
    }

    static func limits(of project: ConfigObject?) -> JSONObject {
        JSONObject(QuotaResource.allCases.map { ($0.rawValue, .integer($0.limit(of: project) ?? -1)) })
    }

    private func answer(_ members: JSONObject) -> APIAnswer {
        APIAnswer(status: 200, body: JSONValue.object(["quota": .object(members)]).bytes)
    }

    private func object(_ project: String) -> ConfigObject? {
        ObjectID(project).flatMap { snapshot.object($0, type: "project") }
    }

    private func isOwn(_ project: String) -> Bool {
        ObjectID(project).map { $0 == ObjectID(caller.projectID) } ?? false
    }

    private func refuseForeign(_ project: String) throws(NeutronError) {
        guard caller.seesEverything || isOwn(project) else { throw .disallowed(["get_quota"]) }
    }
}

// Writes of quotas.
extension NeutronRules {
    /// `PUT quotas/<project>`.
    package func updateQuota(
        _ project: String, body: JSONValue, edit: inout GraphEdit
    ) throws(NeutronError) -> APIAnswer {
        guard edit.context.caller.isAdmin else { throw .disallowed(["update_quota"]) }
        guard let quota = body["quota"], !quota.isNull else {
            throw .badRequest("Unable to find 'quota' in request body")
        }
        guard var given = quota.objectValue else { throw .badRequest("Object 'quota' contains invalid data") }
        let isForced = given["force"] == true
        for name in ["force", "check_limit", "project_id", "tenant_id"] { given[name] = nil }
        let unknown = given.names.filter { QuotaResource(rawValue: $0) == nil }
        guard unknown.isEmpty else {
            throw .badRequest("Unrecognized attribute(s) '\(unknown.joined(separator: ", "))'")
        }
        let object = try Self.project(project, &edit)
        var limits = object.properties["quota"]?.objectValue ?? [:]
        for member in given {
            guard let resource = QuotaResource(rawValue: member.name) else { continue }
            let limit = try Self.limit(member.value, resource: resource)
            let used = QuotaRules.usage(resource.space(object.id), in: edit.base)
            guard isForced || limit < 0 || used <= limit else {
                throw .badRequest(
                    "Quota limit \(limit) for \(resource.rawValue) must be greater than or equal to already used \(used)"
                )
            }
            limits[resource.property] = .integer(limit)
        }
        let changed = try store(limits, on: object, &edit)
        return APIAnswer(
            status: 200, body: JSONValue.object(["quota": .object(QuotaReader.limits(of: changed))]).bytes)
    }

    /// `DELETE quotas/<project>`: Neutron's own limits again.
    package func deleteQuota(_ project: String, edit: inout GraphEdit) throws(NeutronError) -> APIAnswer {
        guard edit.context.caller.isAdmin else { throw .disallowed(["delete_quota"]) }
        let object = ObjectID(project).flatMap { edit.object($0, type: "project") }
        let limits = object?.properties["quota"]?.objectValue ?? [:]
        let staying = JSONObject(
            limits.filter { member in !QuotaResource.allCases.contains { $0.property == member.name } }
                .map { ($0.name, $0.value) })
        guard let object, staying.count < limits.count else {
            throw NeutronError(
                status: 404, type: "TenantQuotaNotFound", message: "Quota for project \(project) could not be found.")
        }
        _ = try store(staying, on: object, &edit)
        return APIAnswer(status: 204, contentType: "")
    }

    private func store(
        _ limits: JSONObject, on project: ConfigObject, _ edit: inout GraphEdit
    ) throws(NeutronError) -> ConfigObject {
        var properties = project.properties
        properties["quota"] = .object(limits)
        return try modelled { () throws(ModelError) in
            try edit.change(project.id, properties: properties, references: project.references)
        }
    }

    private static func limit(_ value: JSONValue, resource: QuotaResource) throws(NeutronError) -> Int {
        let limit = try Convert.integer(value)
        guard limit >= -1 else {
            throw .invalidAttribute(resource.rawValue, "'\(limit)' is too small - must be at least '-1'")
        }
        guard limit <= 2_147_483_647 else {
            throw .invalidAttribute(resource.rawValue, "'\(limit)' is too large - must be no larger than '2147483647'")
        }
        return limit
    }
}
