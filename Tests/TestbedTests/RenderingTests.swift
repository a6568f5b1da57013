import JSON
import Testbed
import Testing

@Suite("What the operator sees")
struct RenderingTests {
    @Test("points at the place")
    func text() {
        let source = Sample.settled.replacing("'192.0.2.31'", with: "'x.y.z.a'")
        #expect(
            DiagnosticText().render(Sample.read(source)) == """
                testbed.py:32:20: error: 'x.y.z.a' stands for an address; it is not one [placeholder]
                   32 |     'keystone_ip': 'x.y.z.a',
                      |                    ^~~~~~~~~
                  why: env.keystone['keystone_ip'] must name a real place before anything can be deployed.
                  do:  Write the address that is meant, such as '192.0.2.20'.

                1 error (line 32): the file cannot be used until the errors are corrected

                """)
    }

    @Test("folds what is not used into one paragraph")
    func folded() {
        let source = Sample.clean + "env.mail_to = 'x'\nenv.mail_from = 'y'\nbond = {}\nspare = 1\n"
        #expect(
            DiagnosticText().render(Sample.read(source)) == """
                testbed.py: note: 4 settings not used by Skein; they can stay or go
                  env.mail_to (line 42), env.mail_from (line 43): It belongs to the original's test runs.
                  bond (line 44): Skein uses the hosts' interfaces and routes as they are.
                  spare (line 45): Nothing in the file and no setting refers to it.

                testbed.py: note: 5 settings not used by Skein yet; they can stay
                  control_data[...]['gw'] (line 20): Skein sets no route; the gateway is only compared with the addresses of
                     the file.
                  control_data[...]['device'] (line 20): Skein configures no interface: it finds the one that has the control
                     address by that address.
                  control_data[...]['vlan'] (line 23): Skein configures no interface: the address has to be on one before
                     `skein up`.
                  router_asn (line 40): Skein announces no routes to gateways yet, so there is no BGP that would need it.
                  ext_routers (line 41): Skein announces no routes to gateways yet; their addresses are only compared with the
                     virtual IPs.

                9 notes: the file can be used

                """)
    }

    @Test("has colours only when asked for")
    func colours() {
        let reading = Sample.read("x = ")
        #expect(!DiagnosticText().render(reading).contains("\u{1b}"))
        #expect(DiagnosticText(usesColour: true).render(reading).contains("\u{1b}[1;31merror: \u{1b}[0m"))
    }

    @Test("keeps the mark below its character with tabs and other alphabets, and cuts long lines")
    func marks() {
        let tabs = DiagnosticText().render(Sample.read("x = {\t'ü':\tnein}\n"))
        #expect(tabs.contains("    1 | x = {\t'ü':\tnein}\n      |      \t    \t^~~~\n"))
        let long = DiagnosticText().render(Sample.read("x = ['" + String(repeating: "a", count: 5_000) + "', nein]\n"))
        #expect(long.split(separator: "\n").allSatisfy { $0.count < 160 })
        #expect(long.contains("nein]\n"))
    }

    @Test("never has control characters of the file in it")
    func control() {
        let text = DiagnosticText().render(Sample.read("x = 'a\u{1b}[2J\u{9b}' + 1\n"))
        #expect(!text.contains("\u{1b}") && !text.contains("\u{9b}"))
    }

    @Test("never shows a password or token, whatever is wrong on its line")
    func secrets() {
        let secret = "hunter2-top-secret"
        let sources = [
            Sample.clean.replacing("'correct-horse-battery'", with: "'\(secret)', 'bogus_key': 1"),
            Sample.clean.replacing("'correct-horse-battery'", with: "['\(secret)']"),
            Sample.clean.replacing("'admin_user': 'admin'", with: "'admin_token': '\(secret)'"),
            Sample.clean + "env.passwords = {host1: '\(secret)', host1: 'other-\(secret)', 'nobody': '\(secret)'}\n",
            Sample.clean + "env.passwords = {\n    host1: '\(secret)'\n    host2: '\(secret)'\n}\n",
            Sample.clean + "env.password = '\(secret)\n", Sample.clean + "env.passwords = '\(secret)'\n",
            Sample.clean + "pw = '\(secret)'\nenv.passwords = {host1: pw, nobody: pw}\nx = pw + 1\n",
            Sample.clean + "env.cfgm = {'amqp_password': '\(secret)', 'amqp_pasword': '\(secret)' 1}\n",
            Sample.clean + "env.openstack_admin_password = ('\(secret)', 1)\n",
            Sample.clean + "import os\nenv.password = os.getenv('PASSWORD', '\(secret)')\n",
            Sample.clean + "service_token = '\(secret)'; x = nothing\n",
        ]
        for source in sources {
            let reading = Sample.read(source)
            #expect(!reading.diagnostics.isEmpty || source.contains("openstack_admin_password"))
            #expect(!DiagnosticText().render(reading).contains(secret), "\(source.suffix(90))")
            #expect(!reading.json(fileName: "x").text.contains(secret), "\(source.suffix(90))")
            if let testbed = reading.testbed { #expect(!DeploymentTable(testbed).text.contains(secret)) }
        }
    }

    @Test("ends with what the deployment would be")
    func table() throws {
        let source = Sample.clean.replacing("'webui'", with: "'openstack': ['root@192.0.2.31'], 'webui'")
            .replacing("'build': [host1]", with: "'build': ['me@198.51.100.1']")
        let testbed = try #require(Sample.read(source).testbed)
        #expect(
            DeploymentTable(testbed).text == """
                HOST               LOGIN            CONTROL       ROLES
                c1                 root@192.0.2.11  203.0.113.11  cfgm database control collector webui
                c2                 root@192.0.2.12  203.0.113.12  cfgm database control collector webui
                c3                 root@192.0.2.13  203.0.113.13  cfgm database control collector webui
                n1                 root@192.0.2.21  203.0.113.21  compute
                host-192-0-2-31    root@192.0.2.31  192.0.2.31    openstack (not managed by Skein)
                host-198-51-100-1  me@198.51.100.1  198.51.100.1  build (only the place to run skein)

                internal VIP         203.0.113.100, VRRP id 51
                external VIP         192.0.2.100, VRRP id 52
                Keystone             https://192.0.2.31:5000, region RegionOne, user admin in project admin, service project service
                Neutron in Keystone  registered by Skein where missing (manage_neutron: yes)

                """)
    }

    @Test("is there for programs, too")
    func json() throws {
        let usable = Sample.read(Sample.settled + "env.mail_to = 'x'\n").json(fileName: "testbed.py")
        #expect(usable["usable"] == true)
        #expect(usable["errors"] == 0)
        #expect(usable["notes"] == 1)
        #expect(usable["deployment"]?["internal_vip"]?["address"] == "203.0.113.100")
        #expect(usable["deployment"]?["hosts"]?.arrayValue?.count == 4)
        let faulty = Sample.read("x = \n").json(fileName: "testbed.py")
        #expect(faulty["usable"] == false)
        #expect(faulty["deployment"] == .null)
        let diagnostic = try #require(faulty["diagnostics"]?.arrayValue?.first)
        #expect(
            diagnostic.objectValue?.names == [
                "code", "severity", "file", "line", "column", "end_line", "end_column", "subject", "message", "reason",
                "proposal",
            ])
        #expect(try JSONValue(parsing: faulty.prettyText()) == faulty)
    }
}
