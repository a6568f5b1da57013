import Testbed
import Testing

@Suite("Several mistakes in one file")
struct RecoveryTests {
    @Test("are all reported in one run, each at its place")
    func all() {
        let source = """
            from fabric.api import env
            host1 = 'root@192.0.2.11
            host2 = root@192.0.2.12
            host3 = 'root@192.0.2.13'
            env.roledefs = {
                'all': [host3
                'cfgm': [host3],
            }
            env.passwords = {
                host3: 'a'
                'b': 'c',
            }
            env.hostnames = {
                'a': 'b'
                'c': 'd'
            }
            env.ha = {
                'contrail_internal_vip': 10.0.0.1,
            }
            for host in []:
                print host
            env.keystone = {
                'keystone_ip': '192.0.2.1',
            env.mail_to = 'x'
            5b_x = 1
            router_asn = [1, 2
            multi_tenancy = True
            x = 1)
            """
        let errors = Sample.read(source).diagnostics.filter { $0.severity == .error }
        #expect(errors.allSatisfy { $0.code == .syntax })
        #expect(
            errors.map { "\($0.location.line):\($0.location.column)" } == [
                "2:9", "3:13", "6:12", "10:15", "14:13", "18:30", "20:1", "22:16", "25:1", "26:14", "28:6",
            ])
    }

    @Test(
        "of a bracket that the file's end leaves open are said to be that, whatever stands before",
        arguments: [
            ("x = {'a': 1,\n", "{"), ("x = {\n", "{"), ("x = {'a':\n", "{"), ("x = [1,\n", "["), ("x = [", "["),
            ("x = (1,", "("), ("x = (", "("), ("x = {'a': [1, 2],\n\n# more\n", "{"), ("x = {'a': {'b': 1,", "{"),
            ("env.ha[", "["), ("x = {'a': not", "{"),
        ])
    func openAtTheEnd(source: String, bracket: String) throws {
        let errors = Sample.read(source).diagnostics.filter { $0.code == .syntax }
        #expect(errors.map(\.message) == ["this '\(bracket)' is not closed before the end of the file"])
    }

    @Test("do not make what is missing look like another mistake")
    func noCascade() {
        let source = """
            host1 = 'root@192.0.2.11
            env.roledefs = {'all': [host1], 'cfgm': [host1], 'database': [host1], 'control': [host1], 'collector': [host1],
                'webui': [host1], 'build': [host1]}
            env.keystone = {'keystone_ip': }
            """
        let codes = Sample.read(source).codes
        #expect(codes == [.syntax, .syntax])
    }

    @Test("in a condition leave what it decides open")
    func unknownCondition() {
        let source = """
            if BRANCH > 'R3.1':
                env.roledefs = {'all': []}
            else:
                env.roledefs = {'all': ['x']}
            """
        #expect(Sample.read(source).codes == [.undefinedName, .openStackNotInstalled])
    }
}
