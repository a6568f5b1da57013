/// The `testbed.py` of a lab, in the form in which Contrail's operators wrote theirs.
enum LabTestbed {
    /// - Parameters:
    ///   - adminPassword: the password of Keystone's `admin` in this lab.
    ///   - keyFile: the absolute path of the SSH private key that all hosts accept.
    static func render(_ plan: LabPlan, adminPassword: String, keyFile: String) -> String {
        let controllers = plan.hosts(.controller)
        let computes = plan.hosts(.compute)
        let openstack = plan.hosts(.openstack)
        let managed = controllers + computes
        let named = managed + openstack
        func variable(_ host: LabPlan.Host) -> String {
            switch host.kind {
            case .controller: "host\(host.number - 10)"
            case .compute: "compute\(host.number - 50)"
            case .openstack: "host_openstack"
            case .client: "host_client"
            }
        }
        func list(_ hosts: [LabPlan.Host]) -> String { "[" + hosts.map(variable).joined(separator: ", ") + "]" }

        var lines = [
            "# Written by skein lab (lab '\(plan.name)'); `skein lab down` removes it.",
            "from fabric.api import env",
            "",
            "# Management address of each host",
        ]
        lines += named.map { "\(variable($0)) = 'root@\($0.address(on: .management))'" }
        lines += [
            "",
            "ext_routers = []",
            "router_asn = 64512",
            "",
            "host_build = \(controllers.first.map(variable) ?? "None")",
            "",
            "env.roledefs = {",
            "    'all': \(list(managed)),",
        ]
        for role in ["cfgm", "control", "collector", "webui", "database"] {
            lines.append("    '\(role)': \(list(controllers)),")
        }
        if !openstack.isEmpty { lines.append("    'openstack': \(list(openstack)),") }
        if !computes.isEmpty { lines.append("    'compute': \(list(computes)),") }
        lines += ["    'build': [host_build],", "}", "", "env.hostnames = {"]
        lines += named.map { "    \(variable($0)): '\($0.name)'," }
        lines += ["}", "", "env.key_filename = '\(keyFile)'", "", "# Control and data network", "control_data = {"]
        lines += managed.map {
            "    \(variable($0)): { 'ip': '\($0.address(on: .control))/24',"
                + " 'gw': '\(LabPlan.Network.control.gateway)', 'device': '\(LabPlan.Network.control.interface)' },"
        }
        lines.append("}")
        if plan.isHighlyAvailable {
            lines += [
                "",
                "env.ha = {",
                "    'contrail_internal_vip': '\(LabPlan.Network.control.virtualIP)',",
                "    'contrail_external_vip': '\(LabPlan.Network.management.virtualIP)',",
                "    'contrail_internal_virtual_router_id': 101,",
                "    'contrail_external_virtual_router_id': 102,",
                "}",
            ]
        }
        if let keystone = plan.keystoneAddress {
            lines += [
                "",
                "env.keystone = {",
                "    'keystone_ip': '\(keystone)',",
                "    'auth_protocol': 'http',",
                "    'auth_port': '5000',",
                "    'admin_user': 'admin',",
                "    'admin_password': '\(adminPassword)',",
                "    'admin_tenant': 'admin',",
                "    'service_tenant': 'service',",
                "    'region_name': 'RegionOne',",
                "    'insecure': 'False',",
                "    'manage_neutron': 'yes',",
                "}",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
