/// The files by which OpenStack clients find the lab: `openrc` for inside, `clouds.yaml` for both sides.
package enum ClientFiles {
    /// The first line of each file that `up` writes outside of its state directory: `down` removes only such files.
    package static func marker(_ name: LabName) -> String {
        "# Written by skein lab (lab '\(name)'); `skein lab down` removes it."
    }

    /// The variables of an OpenStack client inside the lab's networks.
    package static func environment(_ plan: LabPlan, adminPassword: String) -> [(name: String, value: String)] {
        guard let url = plan.keystoneURL else { return [] }
        return [
            ("OS_AUTH_TYPE", "password"), ("OS_AUTH_URL", url), ("OS_USERNAME", "admin"),
            ("OS_PASSWORD", adminPassword), ("OS_PROJECT_NAME", "admin"), ("OS_USER_DOMAIN_NAME", "Default"),
            ("OS_PROJECT_DOMAIN_NAME", "Default"), ("OS_REGION_NAME", "RegionOne"), ("OS_INTERFACE", "public"),
            ("OS_IDENTITY_API_VERSION", "3"),
        ]
    }

    /// The `openrc`, for a shell inside the lab (`skein lab shell client`).
    package static func openrc(_ plan: LabPlan, adminPassword: String) -> String {
        let exports = environment(plan, adminPassword: adminPassword).map { "export \($0.name)='\($0.value)'" }
        return ([marker(plan.name), "# For use inside the lab: skein lab shell client"] + exports)
            .joined(separator: "\n") + "\n"
    }

    /// The `clouds.yaml`: cloud `skein` from the machine through the forwarded ports, `skein-inside` within the lab.
    ///
    /// - Parameter forwards: the forwards that exist; the cloud `skein` is left out when Keystone's or Neutron's is missing.
    package static func cloudsYAML(_ plan: LabPlan, adminPassword: String, forwards: [Forward]) -> String {
        guard let keystone = plan.keystoneURL else { return marker(plan.name) + "\nclouds: {}\n" }
        func url(_ service: Forward.Service) -> String? {
            forwards.first { $0.service == service }.map { "http://127.0.0.1:\($0.loopbackPort)" }
        }
        var lines = [marker(plan.name), "clouds:"]
        if let identity = url(.keystone), let network = url(.neutron) {
            lines += cloud("skein", authURL: identity + "/v3", adminPassword: adminPassword)
            lines += [
                "    identity_endpoint_override: \(identity)/v3",
                "    network_endpoint_override: \(network)/v2.0",
            ]
        }
        lines += cloud("skein-inside", authURL: keystone, adminPassword: adminPassword)
        return lines.joined(separator: "\n") + "\n"
    }

    private static func cloud(_ name: String, authURL: String, adminPassword: String) -> [String] {
        [
            "  \(name):",
            "    auth:",
            "      auth_url: \(authURL)",
            "      username: admin",
            "      password: '\(adminPassword)'",
            "      project_name: admin",
            "      user_domain_name: Default",
            "      project_domain_name: Default",
            "    region_name: RegionOne",
            "    interface: public",
            "    identity_api_version: 3",
        ]
    }
}
