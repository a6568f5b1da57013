import JSON
import Testbed
import Testing

/// Whatever the input: no crash, always a result, an error exactly when there is no testbed.
@Suite("Malformed files")
struct MalformedInputTests {
    private static func check(_ reading: TestbedReader.Reading, _ input: some CustomStringConvertible) {
        let hasError = reading.diagnostics.contains { $0.severity == .error }
        if (reading.testbed == nil) != hasError { Issue.record("\(input)") }
        _ = DiagnosticText(usesColour: true).render(reading)
        _ = reading.json(fileName: "testbed.py").bytes
        if let testbed = reading.testbed { _ = DeploymentTable(testbed).text }
    }

    @Test("cut off at every byte", arguments: [AppendixATests.source, RequirementTests.hosts + RequirementTests.ha])
    func truncated(source: String) {
        let bytes = Array(source.utf8)
        for end in bytes.indices {
            let reading = TestbedReader.read(
                bytes: Array(bytes[..<end]), fileName: "testbed.py", environment: [:], homeDirectory: "/")
            Self.check(reading, end)
        }
    }

    @Test("with any byte replaced by a troublesome one")
    func replaced() {
        let bytes = Array(AppendixATests.source.utf8)
        let troublesome = Array("'\"#\\\n\t ([{}]),:=%+.\u{0}9x".utf8) + [0xff, 0xc3]
        for position in bytes.indices {
            var changed = bytes
            changed[position] = troublesome[position % troublesome.count]
            let reading = TestbedReader.read(
                bytes: changed, fileName: "testbed.py", environment: [:], homeDirectory: "/")
            Self.check(reading, position)
        }
    }

    @Test("with any line left out, doubled or moved to the end")
    func lines() {
        let lines = AppendixATests.source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for index in lines.indices {
            var without = lines
            let line = without.remove(at: index)
            Self.check(Sample.read(without.joined(separator: "\n")), index)
            Self.check(Sample.read((without + [line]).joined(separator: "\n")), index)
            without.insert(contentsOf: [line, line], at: index)
            Self.check(Sample.read(without.joined(separator: "\n")), index)
        }
    }

    @Test(
        "with every value of another type",
        arguments: ["None", "5", "''", "[]", "{}", "()", "True", "[[]]", "{'a': {}}", "[None]", "{1: 2}", "'\\x00'"])
    func otherTypes(value: String) {
        var names = [
            "env.roledefs", "env.hostnames", "env.passwords", "env.password", "env.key_filename", "env.ha", "env.user",
        ]
        names += [
            "env.keystone", "env.openstack", "env.cfgm", "env.orchestrator", "control_data", "control", "ext_routers",
        ]
        names += [
            "router_asn", "minimum_diskGB", "multi_tenancy", "aaa_mode", "keystone_ip", "region_name", "service_token",
        ]
        names += ["env.openstack_admin_password", "keystone_admin_user", "keystone_admin_password"]
        for name in names { Self.check(Sample.read(Sample.clean + "\(name) = \(value)\n"), name) }
        let dicts = ["env.ha": "contrail_internal_vip contrail_external_vip internal_vip internal_virtual_router_id"]
            .merging(
                [
                    "env.keystone":
                        "keystone_ip auth_protocol auth_port admin_token admin_user admin_password insecure cafile version manage_neutron",
                    "env.roledefs": "all cfgm database openstack compute tsn",
                    "env.cfgm": "amqp_hosts cassandra_ssl auth_protocol",
                    "control_data": "root@192.0.2.11", "env.openstack": "manage_amqp",
                    "env.hostnames": "all root@192.0.2.11",
                ], uniquingKeysWith: { first, _ in first })
        for (dict, keys) in dicts {
            let base = Sample.clean + (["env.cfgm", "env.openstack"].contains(dict) ? "\(dict) = {}\n" : "")
            for key in keys.split(separator: " ") {
                Self.check(Sample.read(base + "\(dict)['\(key)'] = \(value)\n"), "\(dict) \(key)")
            }
        }
    }

    @Test(
        "that would grow without limit",
        arguments: [
            "a = 'x'\n" + String(repeating: "a = a + a\n", count: 60),
            "a = [1]\n" + String(repeating: "a = [a, a]\n", count: 60),
            "a = [1]\n" + String(repeating: "a = a + a\n", count: 60),
            "a = {}\n" + String(repeating: "a = {'a': a}\n", count: 60),
            "a = {}\n" + String(repeating: "a['a'] = a\n", count: 60),
            "a = 'x'\n" + String(repeating: "a = '%s%s' % (a, a)\n", count: 60),
            "x = '%99d%99d' % (1, 2)\na = '%999999999d' % 1", String(repeating: "x = (", count: 1_000),
            "x = " + String(repeating: "-", count: 100_000), "x = " + String(repeating: "not ", count: 100_000) + "1",
            "x = 1" + String(repeating: " + 1", count: 100_000), "x = 'a'" + String(repeating: " 'a'", count: 100_000),
            "x = y" + String(repeating: "[0]", count: 100_000), "x = 1" + String(repeating: " < 1", count: 100_000),
            "if 1:\n x = 1\n" + String(repeating: "elif 1:\n x = 1\n", count: 50_000),
            (0..<200).map { String(repeating: " ", count: $0) + "if 1:\n" }.joined(),
        ])
    func growth(source: String) {
        Self.check(Sample.read(source), source.prefix(40))
    }

    @Test("that are large are read or refused in a moment")
    func large() {
        let clock = ContinuousClock()
        let variables = (0..<10_000).map { "v\($0) = 'root@h\($0)'\n" }.joined()
        let hosts =
            "h = [" + (0..<10_000).map { "'root@h\($0)'," }.joined() + "]\nenv.roledefs = {'all': h, 'cfgm': h}\n"
        let names = "env.hostnames = {" + (0..<8_000).map { "'r@h\($0)': 'n\($0)'," }.joined() + "}\n"
        let sources = [
            variables, hosts, Sample.clean + names, String(repeating: "x = y\n", count: 20_000),
            String(repeating: "'", count: 1 << 18), String(repeating: "\n", count: 1 << 18),
            String(repeating: "[", count: 1 << 18),
            "d = {}\n" + String(repeating: "d['a'] = 1\n", count: 20_000), String(repeating: "x = )\n", count: 20_000),
        ]
        for source in sources {
            let time = clock.measure { Self.check(Sample.read(source), source.prefix(20)) }
            // An unoptimized build on a busy machine takes seconds; anything quadratic would take minutes.
            #expect(time < .seconds(60), "\(source.prefix(20))")
        }
        #expect(Sample.read(String(repeating: "#", count: (1 << 20) + 1)).codes == [.limitExceeded])
    }

    @Test("that are not text")
    func notText() throws {
        let read = { (bytes: [UInt8]) in
            TestbedReader.read(bytes: bytes, fileName: "testbed.py", environment: [:], homeDirectory: "/")
        }
        let latin = read(Array("a = 1\nb = 'M".utf8) + [0xfc] + Array("ller'\n".utf8))
        #expect(latin.testbed == nil)
        #expect(latin.outline == ["error not-utf8 2:7"])
        #expect(read([0xff, 0xfe]).outline == ["error not-utf8 1:1"])
        #expect(read(Array("a = 'ü".utf8).dropLast()).outline == ["error not-utf8 1:6"])
        #expect(read([0]).codes.first == .syntax)
        #expect(read([UInt8](repeating: 0xff, count: (1 << 20) + 1)).codes == [.limitExceeded])
    }
}

extension MalformedInputTests {
    @Test("in options are findings, too")
    func options() {
        let parsed = EnvironmentOption.parse(["A=1", "B=x=y", "C=", "_d1=2", "A=3"])
        #expect(parsed.environment == ["A": "3", "B": "x=y", "C": "", "_d1": "2"])
        #expect(parsed.faults.isEmpty)
        let bad = EnvironmentOption.parse(["A", "=1", "", "1A=2", "A B=1", "PASSWORD =hunter2"])
        #expect(bad.environment.isEmpty)
        #expect(bad.faults.map(\.code) == [DiagnosticCode](repeating: .badOption, count: 6))
        #expect(!bad.faults.contains { "\($0)".contains("hunter2") })
    }
}
