import Testbed
import Testing

/// For each finding a file that provokes it and one that nearly does.
struct DiagnosticCase: Sendable, CustomTestStringConvertible {
    var code: DiagnosticCode
    var severity: Severity
    /// The line of the finding; nil where it does not matter.
    var line: Int?
    var provoking: String
    var near: String
    var testDescription: String { "\(code.rawValue), \(severity.rawValue)" }

    init(
        _ code: DiagnosticCode, _ severity: Severity, line: Int? = nil, provoking: String, near: String = Sample.clean
    ) {
        self.code = code
        self.severity = severity
        self.line = line
        self.provoking = provoking
        self.near = near
    }

    /// The clean file with a part replaced, in the provoking file by one text and in the near one by another.
    init(
        _ code: DiagnosticCode, _ severity: Severity, line: Int? = nil, in source: String = Sample.clean,
        _ part: String,
        _ provoking: String, near: String? = nil
    ) {
        self.init(
            code, severity, line: line, provoking: source.replacing(part, with: provoking),
            near: near.map { source.replacing(part, with: $0) } ?? source)
    }

    /// The clean file with a line added.
    init(_ code: DiagnosticCode, _ severity: Severity, adding line: String, near: String = "") {
        self.init(code, severity, provoking: Sample.clean + line + "\n", near: Sample.clean + near + "\n")
    }

    static let all: [DiagnosticCase] = python + settings + hosts + roles + passwords + vips + keystone
}

extension DiagnosticCase {
    static let python: [DiagnosticCase] = [
        .init(.syntax, .error, adding: "def f(): pass", near: "pass"),
        .init(.syntax, .error, line: 3, "'root@192.0.2.12'", "'root@192.0.2.12"),
        .init(.limitExceeded, .error, adding: "deep = " + String(repeating: "[", count: 40)),
        .init(
            .limitExceeded, .error,
            adding: "x = " + String(repeating: "[", count: 33) + String(repeating: "]", count: 33),
            near: "x = " + String(repeating: "[", count: 31) + String(repeating: "]", count: 31)),
        .init(.undefinedName, .error, line: 8, "host3, host4],\n", "hots3, host4],\n"),
        .init(.badOperation, .error, adding: "x = 'a' + 1", near: "x = 'a' + '1'"),
        .init(.badOperation, .error, adding: "x = '%s%s' % 'a'", near: "x = '%s%s' % ('a', 1)"),
        .init(.duplicateKey, .warning, line: 17, "host2: 'c2'", "host1: 'c1a', host2: 'c2'"),
        .init(.duplicateKey, .note, line: 17, "host2: 'c2'", "host1: 'c1', host2: 'c2'"),
        .init(.reassigned, .warning, adding: "router_asn = 1", near: "if True:\n    router_asn = 1"),
        .init(.environmentUnset, .note, adding: "import os\nenv.mail_to = os.getenv('MAIL')"),
        .init(.environmentUnset, .error, adding: "import os\nenv.mail_to = os.environ['MAIL']"),
        .init(.importIgnored, .warning, adding: "from fabfile.testbeds import more", near: "import os, sys"),
        .init(.callIgnored, .warning, adding: "env.roledefs['all'].append(host1)", near: "'text'"),
    ]

    static let settings: [DiagnosticCase] = [
        .init(
            .wrongType, .error, line: 10, "'cfgm': controllers", "'cfgm': host1", near: "'cfgm': (host1, host2, host3)"),
        .init(.wrongType, .error, adding: "env.openstack = 'x'", near: "env.openstack = {}"),
        .init(.badValue, .error, "router_asn = 64513", "router_asn = 0", near: "router_asn = '64513'"),
        .init(.badValue, .error, "'https'", "'htps'"),
        .init(.badValue, .error, "'vlan': 224", "'vlan': 4095", near: "'vlan': '4094'"),
        .init(.badValue, .error, "'auth_port': '5000'", "'auth_port': '65536'", near: "'auth_port': 65535"),
        .init(.badValue, .error, "'manage_neutron': 'yes'", "'manage_neutron': 'perhaps'"),
        .init(.unknownKey, .warning, line: 27, "'contrail_external_vip'", "'contrail_extrenal_vip'"),
        .init(.unknownKey, .warning, adding: "env.keyston = {}", near: "env.cfgm = {}"),
        .init(.unknownKey, .warning, "router_asn", "router_ans"),
        .init(
            .misplacedKey, .warning, adding: "env.ha['haproxy_token'] = 'x'",
            near: "env.openstack = {'haproxy_token': 'x'}"),
        .init(.misplacedKey, .warning, adding: "env.keystone['manage_neutron_server'] = 'no'"),
        .init(
            .misplacedKey, .warning, adding: "env.cfgm = {'cassandra_ssl': {'trustsore_password': 'x'}}",
            near: "env.cfgm = {'cassandra_ssl': {'truststore_password': 'x', '192.0.2.1': '/x'}}"),
        .init(.misplacedKey, .warning, adding: "env.ha['manage_neutron'] = 'no'"),
        .init(.unusedKey, .note, adding: "env.mail_to = 'x'", near: "env.orchestrator = 'openstack'"),
        .init(.unusedKey, .note, adding: "env.openstack = {'manage_amqp': 'yes'}"),
        .init(.notUsedYet, .note, in: Sample.settled, "env.ha = {", "router_asn = 1\nenv.ha = {"),
        .init(.notUsedYet, .note, in: Sample.settled, "env.ha = {", "ext_routers = []\nenv.ha = {"),
        .init(.notUsedYet, .note, line: 21, in: Sample.settled, "12/24'", "12/24', 'gw': '203.0.113.1'"),
        .init(.notUsedYet, .note, line: 21, in: Sample.settled, "12/24'", "12/24', 'device': 'eth1'"),
        .init(.notUsedYet, .note, line: 21, in: Sample.settled, "12/24'", "12/24', 'vlan': 7"),
        .init(
            .unusedVariable, .note, adding: "spare_host = 'root@192.0.2.99'", near: "host9 = host1\nenv.hosts = [host9]"
        ),
        .init(.unsupportedSetting, .warning, adding: "env.cfgm = {'amqp_hosts': ['192.0.2.9']}"),
        .init(
            .unsupportedSetting, .warning, adding: "env.cfgm = {'provision_neutron_server': 'no'}",
            near: "env.cfgm = {'provision_neutron_server': 'yes'}"),
        .init(.unsupportedSetting, .warning, adding: "env.orchestrator = 'vcenter'"),
        .init(
            .unsupportedSetting, .warning, adding: "env.cfgm = {'auth_protocol': 'https'}",
            near: "env.cfgm = {'auth_protocol': 'http'}"),
        .init(
            .ineffectiveValue, .warning, adding: "env.openstack = {'manage_amqp': 'true'}",
            near: "env.openstack = {'manage_amqp': 'no'}"),
        .init(.ineffectiveValue, .warning, adding: "env.openstack = {'manage_amqp': True}"),
        .init(.legacyName, .note, "'keystone_ip': '192.0.2.31',", "}\nkeystone_ip = '192.0.2.31'\nenv.other = {"),
        .init(.legacyName, .note, "control_data = {", "control = {"),
        .init(.emptyValue, .warning, "'contrail_external_vip': '192.0.2.100'", "'contrail_external_vip': ''"),
        .init(
            .booleanSpelling, .warning, "'manage_neutron': 'yes'", "'manage_neutron': True",
            near: "'manage_neutron': 'no'"),
        .init(.placeholder, .error, "'192.0.2.31'", "'x.y.z.a'"),
        .init(.placeholder, .error, "'192.0.2.31'", "'IP_KEYSTONE'", near: "'keystone.example.org'"),
        .init(.placeholder, .error, "'203.0.113.100'", "'<internal vip>'"),
        .init(.placeholder, .error, line: 5, "'root@192.0.2.21'", "'root@192.0.2.x'"),
        .init(.placeholder, .warning, "'correct-horse-battery'", "'PASSWORD_ADMIN'"),
        .init(.badAddress, .error, "'192.0.2.31'", "'192.0.2.310'"),
        .init(.badAddress, .error, "'192.0.2.31'", "'127.0.0.1'"),
        .init(.badAddress, .error, "'203.0.113.11/24'", "'203.0.113.11'"),
        .init(.badAddress, .error, "'ip': '203.0.113.11/24', ", ""),
        .init(.badAddress, .error, "'203.0.113.11/24'", "'203.0.113.0/24'", near: "'203.0.113.14/24'"),
        .init(.badAddress, .error, "('mx1', '203.0.113.254')", "('mx1', 'gateway')"),
    ]

    static let hosts: [DiagnosticCase] = [
        .init(.badHostString, .error, line: 5, "'root@192.0.2.21'", "'root@192.0.2.999'"),
        .init(.badHostString, .error, "'root@192.0.2.21'", "'root@192.0.2.21:2222'"),
        .init(.badHostString, .error, "'root@192.0.2.21'", "'@192.0.2.21'"),
        .init(
            .badHostString, .error, "'root@192.0.2.21'", "'-oProxyCommand=x@192.0.2.21'", near: "'stack-1@192.0.2.21'"),
        .init(.badHostString, .error, "'root@192.0.2.21'", "'root@192.0.2.21' 'root@192.0.2.22'"),
        .init(.hostWithoutUser, .warning, line: 5, "'root@192.0.2.21'", "'192.0.2.21'"),
        .init(.hostByName, .error, line: 2, in: Sample.oneNetwork, "'root@192.0.2.11'", "'root@c1.example.org'"),
        .init(.hostByName, .note, line: 5, in: Sample.oneNetwork, "'root@192.0.2.21'", "'root@n1'"),
        .init(.hostNotInAll, .error, line: 15, "host2, host3, host4],\n", "host2, host3],\n"),
        .init(
            .hostWithoutRole, .note, line: 8, "'compute': [host4],", "'compute': [],",
            near: "'tsn': [host4], 'compute': [],"),
        .init(.duplicateHost, .warning, line: 15, "'compute': [host4]", "'compute': [host4, host4]"),
        .init(.duplicateHost, .error, "'root@192.0.2.21'", "'stack@192.0.2.11'"),
        .init(.duplicateHost, .error, "'203.0.113.12/24'", "'203.0.113.11/24'"),
        .init(.duplicateHostname, .error, "host2: 'c2'", "host2: 'c1'"),
        .init(.badHostname, .error, "host2: 'c2'", "host2: 'c_2'", near: "host2: 'c-2.example.org'"),
        .init(
            .hostnamesPositional, .warning, "{host1: 'c1', host2: 'c2', host3: 'c3', host4: 'n1'}",
            "{'all': ['c1', 'c2', 'c3', 'n1']}"),
        .init(
            .hostnamesMismatch, .warning, "{host1: 'c1', host2: 'c2', host3: 'c3', host4: 'n1'}",
            "{'all': ['c1', 'c2', 'c3']}",
            near: "{'all': ['c1', 'c2', 'c3', 'n1']}"),
        .init(.unknownHost, .note, "host4: 'n1'}", "host4: 'n1', 'root@192.0.2.77': 'n2'}"),
        .init(
            .unknownHost, .warning, "control_data = {", "control_data = {'root@192.0.2.77': {'ip': '203.0.113.77/24'},"),
        .init(
            .controlDataPartial, .warning,
            "    host4: {'ip': '203.0.113.21/24', 'gw': '203.0.113.1', 'device': 'eth1', 'vlan': 224},\n",
            ""),
        .init(
            .controlNetworksDiffer, .error, "{'ip': '203.0.113.12/24', 'gw': '203.0.113.1'",
            "{'ip': '198.51.100.12/24', 'gw': '198.51.100.1'"),
        .init(
            .gatewaySubnet, .warning, "'203.0.113.21/24', 'gw': '203.0.113.1'", "'203.0.113.21/24', 'gw': '192.0.2.1'"),
    ]

    static let roles: [DiagnosticCase] = [
        .init(.missingRoledefs, .error, provoking: "", near: "env.roledefs = {}\n"),
        .init(.missingRole, .error, "'cfgm': controllers,", ""),
        .init(.missingRole, .error, "'database': controllers,", "'database': [],"),
        .init(.missingRole, .error, "'all': [host1, host2, host3, host4],", ""),
        .init(.missingRole, .warning, "'webui': controllers,", ""),
        .init(.missingRole, .note, "'build': [host1],", "", near: "'build': ['me@198.51.100.1'],"),
        .init(.unknownRole, .warning, "'webui': controllers", "'weubi': controllers"),
        .init(.unusedRole, .note, "'webui'", "'tsn': [host4], 'webui'"),
        .init(.containerRole, .error, "'cfgm': controllers,", "'contrail-controller': controllers,"),
        .init(.containerRole, .warning, "'cfgm': controllers,", "'cfgm': controllers, 'contrail-lb': [host1],"),
        .init(
            .thirdPartyOpenStack, .note, "'webui'", "'openstack': ['root@192.0.2.31'], 'webui'",
            near: "'openstack': controllers, 'webui'"),
        .init(.openStackPartlyManaged, .warning, "'webui'", "'openstack': ['root@192.0.2.31', host1], 'webui'"),
        .init(
            .evenMembers, .error, "'database': controllers", "'database': [host1, host4]", near: "'database': [host4]"),
        .init(.evenMembers, .warning, "'cfgm': controllers", "'cfgm': [host1, host2]"),
        .init(.databaseSubset, .error, "'database': controllers", "'database': [host1]", near: "'database': [host4]"),
        .init(.noRedundancy, .warning, "'database': controllers", "'database': [host4]"),
        .init(.noRedundancy, .note, "'webui': controllers", "'webui': [host2]", near: "'webui': [host1, host2]"),
    ]

    static let passwords: [DiagnosticCase] = [
        .init(.defaultPassword, .warning, adding: "env.password = 'c0ntrail123'", near: "env.password = 'x7-unlikely'"),
        .init(.defaultPassword, .warning, adding: "env.passwords = {host1: 'a-good-one', host2: 'juniper123'}"),
        .init(.defaultPassword, .warning, "'correct-horse-battery'", "'contrail123'"),
        .init(.defaultPassword, .warning, "'admin_password': 'correct-horse-battery',", ""),
        .init(
            .plainPassword, .note, adding: "env.passwords = {host1: 'a-good-one'}", near: "env.passwords = {host1: ''}"),
        .init(
            .missingPassword, .note, "env.key_filename = '/root/.ssh/id_ed25519'", "",
            near: "env.password = 'x7-unlikely'"),
        .init(.publicKeyFile, .warning, "id_ed25519'", "id_ed25519.pub'"),
    ]

    static let vips: [DiagnosticCase] = [
        .init(.vipFormat, .error, "'203.0.113.100'", "'203.0.113.1000'"),
        .init(.vipFormat, .error, "'203.0.113.100'", "'203.0.113.100/24'"),
        .init(.vipFormat, .error, "'203.0.113.100'", "'vip.example.org'"),
        .init(.vipFormat, .error, "'203.0.113.100'", "'224.0.0.18'"),
        .init(.vipSubnet, .error, line: 26, "'203.0.113.100'", "'198.51.100.100'", near: "'203.0.113.200'"),
        .init(.vipSubnet, .error, "'203.0.113.100'", "'203.0.113.255'"),
        .init(.vipSubnet, .warning, line: 27, "'192.0.2.100'", "'203.0.113.101'"),
        .init(.vipSubnet, .warning, "'192.0.2.100'", "'198.51.100.1'"),
        .init(.vipSubnet, .warning, in: Sample.oneNetwork, "'192.0.2.99'", "'203.0.113.99'"),
        .init(.vipIsHost, .error, "'203.0.113.100'", "'203.0.113.12'"),
        .init(.vipIsHost, .error, "'192.0.2.100'", "'192.0.2.21'"),
        .init(.vipIsHost, .error, "'203.0.113.100'", "'203.0.113.1'"),
        .init(.vipIsHost, .error, line: 32, "'192.0.2.31'", "'192.0.2.100'"),
        .init(.vipDuplicate, .error, "'192.0.2.100'", "'203.0.113.100'"),
        .init(.vipDuplicate, .error, in: Sample.oneNetwork, "'192.0.2.100'", "'192.0.2.99'"),
        .init(
            .vipSets, .error, provoking: withOpenStack("controllers", "'203.0.113.90'"),
            near: withOpenStack("controllers", "'203.0.113.100'")),
        .init(
            .vipSets, .error, provoking: withOpenStack("[host1, host4]", "'203.0.113.100'"),
            near: withOpenStack("[host1, host4]", "'203.0.113.90'")),
        .init(.internalVIPMissing, .error, "'contrail_internal_vip': '203.0.113.100',", ""),
        .init(.internalVIPMissing, .error, "env.ha = {", "env.ha = {}\nother = {"),
        .init(.externalVIPMissing, .warning, "'contrail_external_vip': '192.0.2.100',", ""),
        .init(
            .externalVIPMissing, .warning, provoking: withOpenStack("controllers", "'203.0.113.100'"),
            near: withOpenStack("controllers", "'203.0.113.100', 'external_vip': '192.0.2.101'")),
        .init(.externalVIPUnneeded, .note, provoking: Sample.oneNetwork, near: Sample.clean),
        .init(.vipInherited, .warning, "'contrail_internal_vip'", "'internal_vip'"),
        .init(.vipInherited, .warning, "'contrail_external_vip'", "'external_vip'"),
        .init(
            .singleController, .note, provoking: Sample.clean.replacing("[host1, host2, host3]\n", with: "[host1]\n")),
        .init(.vrrpIDRange, .error, ": 51", ": 0", near: ": 1"),
        .init(.vrrpIDRange, .error, ": 51", ": 256", near: ": 255"),
        .init(.vrrpIDRange, .error, ": 51", ": 'x'"),
        .init(.vrrpIDString, .warning, ": 51", ": '51'"),
        .init(.vrrpIDClash, .error, in: Sample.oneNetwork, ": 52", ": 51", near: ": 53"),
        .init(.vrrpIDClash, .warning, in: Sample.oneNetwork, "'contrail_external_virtual_router_id': 52,", ""),
        .init(
            .vrrpIDClash, .warning, "_router_id': 51",
            "_router_id': 51, 'internal_vip': '203.0.113.90', 'internal_virtual_router_id': 51"),
        .init(
            .vrrpIDDefault, .note, "'contrail_internal_virtual_router_id': 51,", "",
            near: "'internal_virtual_router_id': 51,"),
    ]

    private static func withOpenStack(_ members: String, _ vip: String) -> String {
        Sample.clean.replacing("'webui'", with: "'openstack': \(members), 'webui'")
            .replacing("env.ha = {", with: "env.ha = {'internal_vip': \(vip),")
    }

    static let keystone: [DiagnosticCase] = [
        .init(
            .keystoneAddressMissing, .error, "'keystone_ip': '192.0.2.31',", "",
            near: "}\nenv.roledefs['openstack'] = ['root@192.0.2.31']\nenv.other = {"),
        .init(
            .keystoneAddressMissing, .error,
            provoking: Sample.clean.replacing("'keystone_ip': '192.0.2.31',", with: "")
                .replacing("'webui'", with: "'openstack': controllers, 'webui'"),
            near: Sample.clean.replacing("'webui'", with: "'openstack': controllers, 'webui'")),
        .init(.keystonePort, .warning, line: 34, "'5000'", "'35357'"),
        .init(.keystonePort, .note, "'auth_port': '5000',", ""),
        .init(.keystoneVersion, .warning, "'cafile'", "'version': 'v2.0', 'cafile'", near: "'version': 'v3', 'cafile'"),
        .init(.adminToken, .warning, "'cafile'", "'admin_token': 'abc', 'cafile'"),
        .init(.adminToken, .warning, "'admin_user': 'admin'", "'admin_token': 'abc'"),
        .init(.adminToken, .warning, "'admin_password': 'correct-horse-battery'", "'admin_token': 'abc'"),
        .init(
            .serviceUser, .warning, "'manage_neutron': 'yes'", "'manage_neutron': 'no'",
            near: "'manage_neutron': 'no', 'neutron_password': 'correct-horse'"),
        .init(
            .openStackNotInstalled, .error, "env.keystone = {", "env.test = {", near: "env.keystone = {'version': 'v3',"
        ),
        .init(
            .openStackNotInstalled, .error,
            provoking: Sample.clean.replacing("env.keystone = {", with: "env.test = {")
                .replacing("'webui'", with: "'openstack': controllers, 'webui'"),
            near: Sample.clean.replacing("env.keystone = {", with: "keystone_ip = '192.0.2.31'\nenv.test = {")),
        .init(
            .insecureTLS, .warning, "'cafile'", "'insecure': 'True', 'cafile'", near: "'insecure': 'False', 'cafile'"),
        .init(
            .insecureTLS, .warning,
            provoking: Sample.clean.replacing("'https'", with: "'http', 'insecure': True"),
            near: Sample.clean.replacing("'https'", with: "'http', 'insecure': False")),
        .init(
            .protocolMismatch, .warning,
            provoking: Sample.clean.replacing("'webui'", with: "'openstack': [host4], 'webui'"),
            near: Sample.clean.replacing("'webui'", with: "'openstack': [host4], 'webui'")
                + "env.cfgm = {'auth_protocol': 'https'}\n"),
        .init(.noAuthentication, .warning, adding: "multi_tenancy = False", near: "multi_tenancy = 'True'"),
        .init(.noAuthentication, .warning, adding: "aaa_mode = 'no-auth'", near: "aaa_mode = 'rbac'"),
    ]
}
