import Addressing
import JSON

/// network-ipam through the config API: subnets of its own only with the method flat-subnet (vnc-api.md, 3.3).
enum NetworkIPAMChecks {
    static func accept(creating draft: ConfigObject, _ edit: inout GraphEdit) throws(ConfigFault) -> ConfigObject {
        try completed(draft, &edit)
    }

    static func accept(
        changing old: ConfigObject, to new: ConfigObject, _ edit: inout GraphEdit
    ) throws(ConfigFault) -> ConfigObject {
        try completed(new, &edit)
    }

    private static func completed(_ ipam: ConfigObject, _ edit: inout GraphEdit) throws(ConfigFault) -> ConfigObject {
        let subnets = ipam.properties["ipam_subnets"]?["subnets"]?.arrayValue ?? []
        guard !subnets.isEmpty else { return ipam }
        guard ipam.properties["ipam_subnet_method"] == "flat-subnet" else {
            throw ConfigFault(400, "ipam-subnets are allowed only with flat-subnet")
        }
        let link = Reference(id: ipam.id, fqName: ipam.fqName, attribute: ["ipam_subnets": .array(subnets)])
        try SubnetChecks.check([link], network: ipam.id, replacing: nil, edit)
        var properties = ipam.properties
        properties["ipam_subnets"] = ["subnets": .array(subnets.map { edit.completeSubnet($0) })]
        return ipam.with(properties: properties, references: ipam.references)
    }
}
