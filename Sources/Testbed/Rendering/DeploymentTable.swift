/// What a testbed would become, as a short table.
package struct DeploymentTable {
    private let testbed: Testbed

    package init(_ testbed: Testbed) {
        self.testbed = testbed
    }

    /// Hosts with their roles, virtual IPs, Keystone; ends in a line feed. It shows no secret.
    package var text: String {
        var rows = [["HOST", "LOGIN", "CONTROL", "ROLES"]]
        for host in testbed.hosts {
            rows.append([
                host.name, "\(host.user)@\(host.address)", host.controlAddress,
                roles(of: host),
            ])
        }
        var text = Self.aligned(rows) + "\n"
        text += Self.aligned([
            ["internal VIP", describe(testbed.internalVIP) ?? "none: one controller, clients use its address"],
            ["external VIP", describe(testbed.externalVIP) ?? "none: the internal one serves for everything"],
            ["Keystone", keystone],
            ["Neutron in Keystone", registration],
        ])
        return text
    }

    private func roles(of host: Testbed.Host) -> String {
        let names = host.roles.map(\.rawValue).joined(separator: " ")
        if host.isManaged { return names.isEmpty ? "(none)" : names }
        return names + (host.roles == [.build] ? " (only the place to run skein)" : " (not managed by Skein)")
    }

    private func describe(_ vip: Testbed.VirtualIP?) -> String? {
        vip.map { "\($0.address), VRRP id \($0.virtualRouterID)" }
    }

    private var keystone: String {
        guard let keystone = testbed.keystone else { return "none" }
        let address = keystone.address.contains(":") ? "[\(keystone.address)]" : keystone.address
        var text = "\(keystone.authProtocol)://\(address):\(keystone.authPort), region \(keystone.region), "
        text += "user \(keystone.adminUser) in project \(keystone.adminProject), "
        text += "service project \(keystone.serviceProject)"
        if keystone.insecure, keystone.authProtocol == "https" { text += ", CERTIFICATES NOT VERIFIED" }
        return text
    }

    private var registration: String {
        guard let keystone = testbed.keystone else { return "none" }
        return keystone.managesNeutron
            ? "registered by Skein where missing (manage_neutron: yes)"
            : "left to you (manage_neutron: no); 'skein up' prints what must exist, and verifies it"
    }

    /// Columns padded to their widest cell, two spaces between them.
    private static func aligned(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        var text = ""
        for row in rows {
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell
                if column < row.count - 1 { line += String(repeating: " ", count: widths[column] - cell.count + 2) }
            }
            text += line + "\n"
        }
        return text
    }
}
