import Addressing
import Testbed
import Testing

/// The input of the requirement, word for word, with hosts and roles around it.
@Suite("The requirement's input")
struct RequirementTests {
    static let ha = """
        env.ha = {
            'contrail_internal_vip'   : '172.16.41.100',      #Internal Virtual IP of the contrail HA Nodes.
            'contrail_external_vip'   : '10.88.125.75',       #External Virtual IP of the contrail HA Nodes.
        }
        env.keystone = {
            'keystone_ip'   : 'x.y.z.a',
            'auth_protocol' : 'http',                  #Default is http
            'auth_port'     : '35357',                 #Default is 35357
            'admin_token'   : '33c57636fbc2c5552fd2',  #admin_token in keystone.conf
            'admin_user'    : 'admin',                 #Default is admin
            'admin_password': 'contrail123',           #Default is contrail123
            'service_tenant': 'service',               #Default is service
            'admin_tenant'  : 'admin',                 #Default is admin
            'region_name'   : 'RegionOne',             #Default is RegionOne
            'insecure'      : 'True',                  #Default = False
            'manage_neutron': 'no',                    #Default = 'yes'
        }

        """

    static let hosts = """
        from fabric.api import env
        host1 = 'root@10.88.125.11'
        host2 = 'root@10.88.125.12'
        host3 = 'root@10.88.125.13'
        keystone_host = 'root@10.88.125.20'
        env.roledefs = {
            'all': [host1, host2, host3], 'build': [host1],
            'cfgm': [host1, host2, host3], 'database': [host1, host2, host3], 'control': [host1, host2, host3],
            'collector': [host1, host2, host3], 'webui': [host1, host2, host3], 'openstack': [keystone_host],
        }

        """

    static let controlData = """
        control_data = {
            host1: {'ip': '172.16.41.11/24', 'gw': '172.16.41.1', 'device': 'eth1'},
            host2: {'ip': '172.16.41.12/24', 'gw': '172.16.41.1', 'device': 'eth1'},
            host3: {'ip': '172.16.41.13/24', 'gw': '172.16.41.1', 'device': 'eth1'},
        }

        """

    @Test("has one error: the address that stands for one", arguments: ["", controlData])
    func placeholder(control: String) throws {
        let reading = Sample.read(Self.hosts + control + Self.ha)
        #expect(reading.testbed == nil)
        let errors = reading.diagnostics.filter { $0.severity == .error }
        #expect(errors.map(\.code) == [.placeholder])
        let error = try #require(errors.first)
        #expect(error.message.contains("'x.y.z.a' stands for an address"))
        #expect(error.location.column == 23)
    }

    @Test("is accepted with an address in its place", arguments: ["", controlData])
    func accepted(control: String) throws {
        let source = (Self.hosts + control + Self.ha).replacing("x.y.z.a", with: "10.88.125.20")
        let reading = Sample.read(source)
        let testbed = try #require(reading.testbed)
        #expect(
            testbed.keystone
                == .init(
                    address: "10.88.125.20", authProtocol: "http", authPort: 35_357, adminUser: "admin",
                    adminPassword: "contrail123", adminProject: "admin", serviceProject: "service",
                    userDomain: "Default", projectDomain: "Default", region: "RegionOne", insecure: true,
                    managesNeutron: false))
        #expect(testbed.internalVIP?.address == IPAddress("172.16.41.100"))
        #expect(testbed.externalVIP?.address == IPAddress("10.88.125.75"))
        #expect(testbed.internalVIP?.virtualRouterID == 100)
        #expect(testbed.hosts.count == 4)
        let openStack = try #require(testbed.hosts.last)
        #expect(!openStack.isManaged)
        #expect(openStack.roles == [.openstack])
        #expect(testbed.hosts(in: .openstack).isEmpty)
        let codes = Set(reading.codes)
        #expect(
            codes.isSuperset(of: [.keystonePort, .adminToken, .defaultPassword, .insecureTLS, .thirdPartyOpenStack]))
        #expect(codes.contains(.vipSubnet) == control.isEmpty)
    }

    @Test("has the defaults of its comments when only the address is given")
    func defaults() throws {
        let source =
            Self.hosts + Self.controlData + """
                env.ha = {'contrail_internal_vip': '172.16.41.100', 'contrail_external_vip': '10.88.125.75'}
                env.keystone = {'keystone_ip': '10.88.125.20'}

                """
        let keystone = try #require(Sample.read(source).testbed?.keystone)
        #expect(
            keystone
                == .init(
                    address: "10.88.125.20", authProtocol: "http", authPort: 35_357, adminUser: "admin",
                    adminPassword: "contrail123", adminProject: "admin", serviceProject: "service",
                    region: "RegionOne", insecure: false, managesNeutron: true))
    }
}
