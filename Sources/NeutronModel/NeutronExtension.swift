import JSON
import Model

/// An extension of Neutron's API that is served. What is not in the list is not there, and clients then do not use it.
package struct NeutronExtension: Sendable {
    package let alias: String
    let name: String
    let summary: String
    /// When Neutron last changed what the alias means.
    let updated: String

    /// All of them, by alias.
    package static let all: [NeutronExtension] = [
        .init(
            alias: "allowed-address-pairs", name: "Allowed Address Pairs", summary: "Provides allowed address pairs",
            updated: "2013-07-23T10:00:00-00:00"),
        .init(
            alias: "binding", name: "Port Binding",
            summary: "Expose port bindings of a virtual port to external application",
            updated: "2014-02-03T10:00:00-00:00"),
        .init(
            alias: "empty-string-filtering", name: "Empty String Filtering Extension",
            summary: "Allow filtering by attributes with empty string value", updated: "2018-05-01T10:00:00-00:00"),
        .init(
            alias: "external-net", name: "Neutron external network",
            summary: "Adds external network attribute to network resource.", updated: "2013-01-14T10:00:00-00:00"),
        .init(
            alias: "extra_dhcp_opt", name: "Neutron Extra DHCP options",
            summary: "Extra options configuration for DHCP, such as PXE boot options",
            updated: "2013-03-17T12:00:00-00:00"),
        .init(
            alias: "filter-validation", name: "Filter parameters validation",
            summary: "Provides validation on filter parameters.", updated: "2018-07-04T10:00:00-00:00"),
        .init(
            alias: "ip-substring-filtering", name: "IP address substring filtering",
            summary: "Provides IP address substring filtering when listing ports",
            updated: "2017-11-28T09:00:00-00:00"),
        .init(
            alias: "net-mtu", name: "Network MTU", summary: "Provides MTU attribute for a network resource.",
            updated: "2015-03-25T10:00:00-00:00"),
        .init(
            alias: "pagination", name: "Pagination support",
            summary: "Extension that indicates that pagination is enabled.", updated: "2016-06-12T00:00:00-00:00"),
        .init(
            alias: "port-security", name: "Port Security", summary: "Provides port security",
            updated: "2012-07-23T10:00:00-00:00"),
        .init(
            alias: "project-id", name: "project_id field enabled",
            summary: "Extension that indicates that project_id field is enabled.",
            updated: "2016-09-09T09:09:09-09:09"),
        .init(
            alias: "provider", name: "Provider Network",
            summary: "Expose mapping of virtual networks to physical networks", updated: "2012-09-07T10:00:00-00:00"),
        .init(
            alias: "quota-check-limit", name: "Quota engine limit check",
            summary: "Support for checking the resource usage before applying a new quota limit",
            updated: "2021-09-08T16:00:00-00:00"),
        .init(
            alias: "quota-check-limit-default", name: "Quota engine limit check by default",
            summary: "By default the resource usage is checked before a new quota limit is applied",
            updated: "2024-08-21T16:00:00-00:00"),
        .init(
            alias: "quota_details", name: "Quota details management support",
            summary: "Expose functions for quotas usage statistics per project", updated: "2017-02-10T10:00:00-00:00"),
        .init(
            alias: "quotas", name: "Quota management support",
            summary: "Expose functions for quotas management per project", updated: "2012-07-29T10:00:00-00:00"),
        .init(
            alias: "revision-if-match", name: "If-Match constraints based on revision_number",
            summary: "Extension indicating that If-Match based on revision_number is supported.",
            updated: "2016-12-11T00:00:00-00:00"),
        .init(
            alias: "security-group", name: "security-group", summary: "The security groups extension.",
            updated: "2012-10-05T10:00:00-00:00"),
        .init(
            alias: "sorting", name: "Sorting support", summary: "Extension that indicates that sorting is enabled.",
            updated: "2016-06-12T00:00:00-00:00"),
        .init(
            alias: "standard-attr-description", name: "standard-attr-description",
            summary: "Extension to add descriptions to standard attributes", updated: "2016-02-10T10:00:00-00:00"),
        .init(
            alias: "standard-attr-revisions", name: "Resource revision numbers",
            summary: "This extension will display the revision number of neutron resources.",
            updated: "2016-04-11T10:00:00-00:00"),
        .init(
            alias: "standard-attr-timestamp", name: "Resource timestamps",
            summary: "Adds created_at and updated_at fields to all Neutron resources that have standard attributes.",
            updated: "2016-09-12T10:00:00-00:00"),
    ]

    /// `GET extensions`.
    package static var list: APIAnswer {
        APIAnswer(status: 200, body: JSONValue.object(["extensions": .array(all.map(\.json))]).bytes)
    }

    /// `GET extensions/<alias>`.
    ///
    /// - Throws: 404
    package static func show(_ alias: String) throws(NeutronError) -> APIAnswer {
        guard let found = all.first(where: { $0.alias == alias }) else {
            throw NeutronError(
                status: 404, type: "HTTPNotFound", message: "Extension with alias \(alias) does not exist")
        }
        return APIAnswer(status: 200, body: JSONValue.object(["extension": found.json]).bytes)
    }

    private var json: JSONValue {
        [
            "name": .string(name), "alias": .string(alias), "description": .string(summary),
            "updated": .string(updated), "links": [],
        ]
    }
}
