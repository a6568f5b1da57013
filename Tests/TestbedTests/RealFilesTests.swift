import Addressing
import Testbed
import Testing

/// The shapes that real files have: third-party OpenStack with placeholders, a test laboratory's conditions, positional
/// host names, late changes of a dict.
@Suite("Files as people wrote them")
struct RealFilesTests {
    @Test("for another vendor's OpenStack, with tabs and a broken indentation inside of brackets")
    func thirdParty() throws {
        let source = """
            from fabric.api import env
            \u{20}
            host1 = 'heat-admin@10.87.67.71'
            host2 = 'heat-admin@10.87.67.72'
            host3 = 'heat-admin@10.87.67.73'
            host7 = 'heat-admin@10.87.67.77'
            host10 = 'heat-admin@openstack1'
            host_build = 'root@10.87.67.85'
            #Role definition of the hosts.
            env.roledefs = {
            \t'all': [host1, host2, host3, host7],
            \t'openstack': [host10],
            \t'cfgm': [host1, host2, host3],
            #\t'webui': [host13],
                    'webui' : [ host1, host2, host3 ],
            \t'control': [host1, host2, host3], 'collector': [host1, host2, host3],
            \t'database': [host1, host2, host3],
            \t'compute': [host7],
                    'build': [host_build],
            }
            env.passwords = {
            \thost1: 'SSH-KEY-SHARED',
            #\thost4: 'SSH-KEY-SHARED',

            \t#host13: 'SSH-KEY-SHARED',
            host_build: 'x7-unlikely',
            }
            control_data = {
            \thost1  : { 'ip': '10.0.0.40/24', 'gw' : '10.0.0.1', 'device':'eth2' },
            \thost2  : { 'ip': '10.0.0.41/24', 'gw' : '10.0.0.1', 'device':'eth2' },
            \thost3  : { 'ip': '10.0.0.42/24', 'gw' : '10.0.0.1', 'device':'eth2' },
                    host7  : { 'ip': '10.0.0.30/24', 'gw' : '10.0.0.1', 'device':'vhost0' },

            }
            env.interface_rename = False
            env.keystone = {
            \t'keystone_ip' \t: '10.0.0.20',            # Keystone external VIP
            \t'admin_user'  \t: 'admin',             \t#Default is admin
            \t'admin_password'  : 'overcloud_admin_pass',   #OVERCLOUD_ADMIN_PASSWORD
            \t'region_name' \t: 'regionOne',         \t#Default is RegionOne
            \t'manage_neutron'  : 'yes',
                   'manage_neutron_server'  : 'no',
            }
            env.ha = {
                'contrail_internal_vip'   : '10.0.0.99',
                #'contrail_external_vip'   : '10.87.67.11',
            }
            env.cfgm = {
            ##    'amqp_hosts' : ['10.0.0.20', ],
            }
            """
        let reading = Sample.read(source)
        let testbed = try #require(reading.testbed)
        #expect(
            testbed.hosts.map(\.user) == ["heat-admin", "heat-admin", "heat-admin", "heat-admin", "heat-admin", "root"])
        #expect(testbed.hosts.first?.password == "SSH-KEY-SHARED")
        #expect(testbed.hosts.map(\.isManaged) == [true, true, true, true, false, false])
        #expect(testbed.hosts(in: .cfgm).map(\.controlAddress) == ["10.0.0.40", "10.0.0.41", "10.0.0.42"])
        #expect(testbed.keystone?.region == "regionOne")
        #expect(testbed.externalVIP == nil)
        #expect(
            Set(reading.codes) == [
                .thirdPartyOpenStack, .missingPassword, .plainPassword, .unusedKey, .misplacedKey, .keystonePort,
                .externalVIPMissing, .vrrpIDDefault, .notUsedYet,
            ])
    }

    @Test("for a laboratory that decides by the environment, one condition in another")
    func conditions() throws {
        let source =
            """
            from fabric.api import env
            import os
            c1 = '192.0.2.11'
            host1 = 'root@' + c1
            host2 = 'root@%s' % ('192.0.2.12')
            host3 = 'root@%s' % '192.0.2.13'
            AUTH_PROTOCOL = os.getenv('AUTH_PROTOCOL', 'http')
            KEYSTONE_VERSION = os.environ.get('KEYSTONE_VERSION')
            BRANCH = os.getenv('BRANCH', 'R3.2')
            if os.getenv('HA_TEST',None) == 'True':
                env.roledefs = {
                    'all': [host1, host2, host3],
                    'cfgm': [host1, host2, host3], 'database': [host1, host2, host3], 'control': [host1, host2, host3],
                    'collector': [host1, host2, host3], 'webui': [host1, host2, host3], 'build': [host1],
                }
                env.ha = {'contrail_internal_vip': '192.0.2.100', 'contrail_internal_virtual_router_id': 222}
            else:
                env.roledefs = {
                    'all': [host1],
                    'cfgm': [host1], 'database': [host1], 'control': [host1], 'collector': [host1], 'webui': [host1],
                    'build': [host1],
                }
            env.key_filename = os.path.expanduser('~/.ssh/id_rsa')
            if AUTH_PROTOCOL == 'https' and not BRANCH < 'R3.1':
                if KEYSTONE_VERSION == 'v3':
                    env.keystone = {'keystone_ip': '192.0.2.5', 'auth_protocol': 'https', 'auth_port': '5000', 'version': 'v3'}
                else:
                    env.keystone = {'keystone_ip': '192.0.2.5', 'auth_protocol': 'https', 'auth_port': '5000'}
            else:
                env.keystone = {'keystone_ip': '192.0.2.5', 'auth_port': '5000'}
            env.keystone['admin_password'] = 'correct-horse-battery'

            """
        let single = try #require(Sample.read(source).testbed)
        #expect(single.hosts.count == 1)
        #expect(single.internalVIP == nil)
        #expect(single.keystone?.authProtocol == "http")
        #expect(single.keyFile == "/home/operator/.ssh/id_rsa")
        let reading = Sample.read(
            source,
            environment: ["HA_TEST": "True", "AUTH_PROTOCOL": "https", "KEYSTONE_VERSION": "v3", "BRANCH": "R4.0"])
        #expect(reading.outline == [])
        let three = try #require(reading.testbed)
        #expect(three.hosts.map(\.address) == ["192.0.2.11", "192.0.2.12", "192.0.2.13"])
        #expect(three.internalVIP?.virtualRouterID == 222)
        #expect(three.keystone?.authProtocol == "https")
        #expect(three.keystone?.adminPassword == "correct-horse-battery")
    }

    @Test("with names by position, one too many, and VIPs assigned one by one")
    func positional() throws {
        let source =
            Sample.settled.replacing(
                "{host1: 'c1', host2: 'c2', host3: 'c3', host4: 'n1'}",
                with: "{'all': ['a0s1', 'a0s2', 'a0s3','a0s4', 'backup_node']}"
            )
            .replacing("env.ha = {", with: "vips = {")
            + "env.ha = {'contrail_external_vip': '192.0.2.77', 'contrail_external_virtual_router_id' : 120 }\n"
            + "env.ha['contrail_internal_vip'] = vips['contrail_internal_vip']\nenv.ha['contrail_internal_virtual_router_id'] = 122\n"
        let reading = Sample.read(source)
        let testbed = try #require(reading.testbed)
        #expect(testbed.hosts.map(\.name) == ["a0s1", "a0s2", "a0s3", "a0s4"])
        #expect(testbed.internalVIP == .init(address: try #require(IPAddress("203.0.113.100")), virtualRouterID: 122))
        #expect(testbed.externalVIP == .init(address: try #require(IPAddress("192.0.2.77")), virtualRouterID: 120))
        #expect(reading.codes == [.hostnamesPositional, .hostnamesMismatch])
    }

    @Test("with fewer names than hosts get the rest from their addresses")
    func shortNames() throws {
        let source = Sample.clean.replacing(
            "{host1: 'c1', host2: 'c2', host3: 'c3', host4: 'n1'}", with: "{'all': ['a', 'b']}")
        #expect(
            try #require(Sample.read(source).testbed).hosts.map(\.name) == [
                "a", "b", "host-192-0-2-13", "host-192-0-2-21",
            ])
    }

    @Test(
        "with booleans in every spelling",
        arguments: ["True", "'True'", "'true'", "'yes'", "'YES'", "1", "'1'", "'on'"])
    func yes(spelling: String) throws {
        let source = Sample.clean.replacing("'cafile'", with: "'insecure': \(spelling), 'cafile'")
        #expect(try #require(Sample.read(source).testbed?.keystone).insecure)
    }

    @Test(
        "with denials in every spelling",
        arguments: ["False", "'False'", "'false'", "'no'", "'NO'", "0", "'0'", "'off'", "None", "''"])
    func no(spelling: String) throws {
        let source = Sample.clean.replacing("'cafile'", with: "'insecure': \(spelling), 'cafile'")
        #expect(try !#require(Sample.read(source).testbed?.keystone).insecure)
    }

    @Test("without Keystone's address take OpenStack's VIP, or its only host")
    func keystoneAddress() throws {
        let without = Sample.clean.replacing("'keystone_ip': '192.0.2.31',", with: "")
        let vip = without.replacing("env.ha = {", with: "env.ha = {'internal_vip': '203.0.113.90',")
        #expect(try #require(Sample.read(vip).testbed?.keystone).address == "203.0.113.90")
        let foreign = without.replacing("'webui'", with: "'openstack': ['root@192.0.2.31'], 'webui'")
        #expect(try #require(Sample.read(foreign).testbed?.keystone).address == "192.0.2.31")
        let own = without.replacing("'webui'", with: "'openstack': [host4], 'webui'")
        #expect(try #require(Sample.read(own).testbed?.keystone).address == "203.0.113.21")
        let legacy = without + "keystone_ip = '192.0.2.32'\nregion_name = 'West'\n"
        #expect(try #require(Sample.read(legacy).testbed?.keystone).address == "192.0.2.32")
        #expect(try #require(Sample.read(legacy).testbed?.keystone).region == "West")
        let both = Sample.clean + "keystone_ip = '192.0.2.32'\n"
        #expect(try #require(Sample.read(both).testbed?.keystone).address == "192.0.2.31")
    }

    @Test("with one network and default VRRP ids get two ids")
    func oneNetwork() throws {
        let source = Sample.oneNetwork.replacing("'contrail_internal_virtual_router_id': 51,", with: "")
            .replacing("'contrail_external_virtual_router_id': 52,", with: "")
        let testbed = try #require(Sample.read(source).testbed)
        #expect(testbed.internalVIP?.virtualRouterID == 100)
        #expect(testbed.externalVIP?.virtualRouterID == 101)
    }
}
