import Addressing
import Testbed
import Testing

/// The parser acceptance sample of contrail-ha.md, appendix A: every construct that real files have.
@Suite("The acceptance sample")
struct AppendixATests {
    static let source = """
        from fabric.api import env
        import os
        prefix = 'root@'
        ctl1 = 'root@192.0.2.11'
        ctl2 = prefix + '192.0.2.12'
        ctl3 = '%s192.0.2.%s' % (prefix, '13')
        cmp1 = 'root@192.0.2.21'
        host_build = ctl1                       # alias
        ext_routers = [('gw1', '198.51.100.1')]
        router_asn = 64512
        controllers = [ctl1, ctl2, ctl3]
        env.roledefs = {
            'all': [ctl1, ctl2, ctl3, cmp1], 'build': [host_build],
            'cfgm': controllers, 'openstack': [ctl1, ctl2, ctl3],
            #'tsn': [cmp1],  'unbalanced [ comment
            'control': [ctl1, ctl2], 'database': controllers,
            'collector': controllers, 'webui': [ctl1], 'compute': [cmp1],
        }
        env.hostnames = {ctl1: 'c1', ctl2: 'c2', ctl3: 'c3', cmp1: 'n1'}
        if os.getenv('HA_TEST', None) == 'True':
            env.ha = {'internal_vip': '203.0.113.10'}
        else:
            env.ha = {
                'contrail_internal_vip': '203.0.113.20',
                'contrail_external_vip': '192.0.2.20',
                'contrail_internal_virtual_router_id': 113,
            }
        env.keystone = {'keystone_ip': '203.0.113.5', 'auth_protocol': 'https', 'insecure': 'True', 'manage_neutron': 'no'}
        env.openstack = {'manage_amqp': 'true'}     # trap: must be 'yes'
        env.ha['haproxy_token'] = 'x'               # trap: ignored here by the original
        control_data = {
            ctl1: {'ip': '203.0.113.11/24', 'gw': '203.0.113.1', 'device': 'bond0', 'vlan': '224'},
        }
        multi_tenancy = True
        minimum_diskGB = 32
        env.encap_priority = "'MPLSoUDP','MPLSoGRE','VXLAN'"

        """

    @Test("becomes this testbed")
    func testbed() throws {
        let address = { (text: String) in try #require(IPAddress(text)) }
        let host = { (number: Int, name: String, roles: [Role], control: Testbed.ControlInterface?) in
            Testbed.Host(
                hostString: "root@192.0.2.\(number)", name: name, user: "root", address: "192.0.2.\(number)",
                control: control, roles: roles)
        }
        let expected = Testbed(
            hosts: [
                host(
                    11, "c1", [.build, .cfgm, .database, .control, .collector, .webui, .openstack],
                    .init(
                        address: try address("203.0.113.11"), prefixLength: 24, gateway: try address("203.0.113.1"),
                        device: "bond0", vlan: 224)),
                host(12, "c2", [.cfgm, .database, .control, .collector, .openstack], nil),
                host(13, "c3", [.cfgm, .database, .collector, .openstack], nil),
                host(21, "n1", [.compute], nil),
            ],
            internalVIP: .init(address: try address("203.0.113.20"), virtualRouterID: 113),
            externalVIP: .init(address: try address("192.0.2.20"), virtualRouterID: 113),
            keystone: .init(
                address: "203.0.113.5", authProtocol: "https", authPort: 35_357, adminPassword: "contrail123",
                insecure: true, managesNeutron: false),
            autonomousSystem: 64_512,
            externalRouters: [.init(name: "gw1", address: try address("198.51.100.1"))],
            minimumDiskGB: 32)
        #expect(Sample.read(Self.source).testbed == expected)
    }

    @Test("has exactly these findings")
    func findings() {
        #expect(
            Sample.read(Self.source).outline == [
                "note not-used-yet 9:1", "note not-used-yet 10:1", "note missing-password 12:1",
                "note no-redundancy 17:31", "note environment-unset 20:4",
                "warning default-password 28:1", "warning protocol-mismatch 28:1", "note keystone-port 28:1",
                "warning insecure-tls 28:85", "warning service-user 28:111", "warning ineffective-value 29:33",
                "warning misplaced-key 30:8",
                "warning control-data-partial 31:1", "note not-used-yet 32:37", "note not-used-yet 32:58",
                "note not-used-yet 32:77", "note unused-key 36:1",
            ])
    }

    @Test("takes the other branch when the environment says so")
    func otherBranch() throws {
        let reading = Sample.read(Self.source, environment: ["HA_TEST": "True"])
        let testbed = try #require(reading.testbed)
        #expect(testbed.internalVIP?.address == IPAddress("203.0.113.10"))
        #expect(testbed.internalVIP?.virtualRouterID == 100)
        #expect(testbed.externalVIP == nil)
        #expect(reading.codes.contains(.vipInherited))
        #expect(!reading.codes.contains(.environmentUnset))
    }

    @Test("means the same with CRLF, lone CR, tabs and a byte order mark", arguments: ["\r\n", "\r"])
    func lineEnds(end: String) {
        let plain = Sample.read(Self.source)
        let other = Sample.read("\u{feff}" + Self.source.replacing("\n", with: end).replacing("    ", with: "\t"))
        #expect(other.testbed == plain.testbed)
        #expect(other.diagnostics.map(\.location.line) == plain.diagnostics.map(\.location.line))
    }
}
