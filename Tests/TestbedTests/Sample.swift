import Testbed

/// Testbed files for tests.
enum Sample {
    /// Three controllers, two networks, one compute node; nothing in it deserves a finding but what has no effect yet.
    static let clean = """
        from fabric.api import env
        host1 = 'root@192.0.2.11'
        host2 = 'root@192.0.2.12'
        host3 = 'root@192.0.2.13'
        host4 = 'root@192.0.2.21'
        controllers = [host1, host2, host3]
        env.roledefs = {
            'all': [host1, host2, host3, host4],
            'build': [host1],
            'cfgm': controllers,
            'database': controllers,
            'control': controllers,
            'collector': controllers,
            'webui': controllers,
            'compute': [host4],
        }
        env.hostnames = {host1: 'c1', host2: 'c2', host3: 'c3', host4: 'n1'}
        env.key_filename = '/root/.ssh/id_ed25519'
        control_data = {
            host1: {'ip': '203.0.113.11/24', 'gw': '203.0.113.1', 'device': 'eth1'},
            host2: {'ip': '203.0.113.12/24', 'gw': '203.0.113.1', 'device': 'eth1'},
            host3: {'ip': '203.0.113.13/24', 'gw': '203.0.113.1', 'device': 'eth1'},
            host4: {'ip': '203.0.113.21/24', 'gw': '203.0.113.1', 'device': 'eth1', 'vlan': 224},
        }
        env.ha = {
            'contrail_internal_vip': '203.0.113.100',
            'contrail_external_vip': '192.0.2.100',
            'contrail_internal_virtual_router_id': 51,
            'contrail_external_virtual_router_id': 52,
        }
        env.keystone = {
            'keystone_ip': '192.0.2.31',
            'auth_protocol': 'https',
            'auth_port': '5000',
            'admin_user': 'admin',
            'admin_password': 'correct-horse-battery',
            'cafile': '/etc/ssl/keystone-ca.pem',
            'manage_neutron': 'yes',
        }
        router_asn = 64513
        ext_routers = [('mx1', '203.0.113.254')]

        """

    /// The clean file without what has no effect yet.
    static var settled: String {
        clean.replacing(", 'gw': '203.0.113.1', 'device': 'eth1'", with: "").replacing(", 'vlan': 224", with: "")
            .replacing("router_asn = 64513\n", with: "").replacing(
                "ext_routers = [('mx1', '203.0.113.254')]\n", with: "")
    }

    /// The clean file without `control_data`: one network.
    static var oneNetwork: String {
        clean.without(from: "control_data = {", to: "}\nenv.ha").replacing("env.ha", with: "env.ha")
            .replacing("'203.0.113.100'", with: "'192.0.2.99'")
            .replacing("'203.0.113.254'", with: "'192.0.2.254'")
    }

    static func read(_ source: String, environment: [String: String] = [:]) -> TestbedReader.Reading {
        TestbedReader.read(
            source: source, fileName: "testbed.py", environment: environment, homeDirectory: "/home/operator")
    }
}

extension String {
    /// The text with a part replaced wherever it occurs; the text "NOT FOUND" when it does not occur, so that no test
    /// passes by mistake.
    func replacing(_ part: String, with other: String) -> String {
        let pieces = pieces(around: part)
        return pieces.count > 1 ? pieces.joined(separator: other) : "NOT FOUND: \(part)"
    }

    /// The text without what stands between two parts; the first goes, the second's text behind its first character
    /// stays.
    func without(from first: String, to second: String) -> String {
        let head = pieces(around: first)
        guard head.count == 2 else { return "NOT FOUND: \(first)" }
        let tail = head[1].pieces(around: second)
        guard tail.count == 2 else { return "NOT FOUND: \(second)" }
        return head[0] + second.dropFirst(2) + tail[1]
    }

    private func pieces(around part: String) -> [String] {
        var pieces: [String] = []
        var current = ""
        var rest = Substring(self)
        while !rest.isEmpty {
            if rest.hasPrefix(part) {
                pieces.append(current)
                current = ""
                rest = rest.dropFirst(part.count)
            } else {
                current.append(rest.removeFirst())
            }
        }
        return pieces + [current]
    }
}

extension TestbedReader.Reading {
    var codes: [DiagnosticCode] { diagnostics.map(\.code) }

    /// `error placeholder 4:7`, for comparing whole readings.
    var outline: [String] {
        diagnostics.map { "\($0.severity.rawValue) \($0.code.rawValue) \($0.location.line):\($0.location.column)" }
    }

    func first(_ code: DiagnosticCode) -> Diagnostic? { diagnostics.first { $0.code == code } }
}
