import Addressing
import Testbed
import Testing

@Suite("A file without faults")
struct CleanFileTests {
    @Test("has no findings at all")
    func noFindings() {
        #expect(Sample.read(Sample.settled).outline == [])
        #expect(Sample.read(Sample.oneNetwork).codes == [.externalVIPUnneeded, .notUsedYet, .notUsedYet])
    }

    @Test("names each setting without an effect once, however many hosts have it")
    func notUsedYet() {
        let findings = Sample.read(Sample.clean).diagnostics
        #expect(findings.allSatisfy { $0.code == .notUsedYet && $0.severity == .note })
        #expect(
            Set(findings.map(\.subject)) == [
                "control_data[...]['gw']", "control_data[...]['device']", "control_data[...]['vlan']", "router_asn",
                "ext_routers",
            ])
        #expect(findings.count == 5)
    }

    @Test("becomes a testbed with every value of it")
    func values() throws {
        let testbed = try #require(Sample.read(Sample.clean).testbed)
        let first = try #require(testbed.hosts.first)
        #expect(testbed.hosts.map(\.name) == ["c1", "c2", "c3", "n1"])
        #expect(first.hostString == "root@192.0.2.11")
        #expect(first.user == "root")
        #expect(first.address == "192.0.2.11")
        #expect(first.controlAddress == "203.0.113.11")
        #expect(first.roles == [.build, .cfgm, .database, .control, .collector, .webui])
        #expect(first.isManaged)
        #expect(first.password == nil)
        #expect(testbed.hosts.last?.roles == [.compute])
        #expect(testbed.hosts.last?.control?.vlan == 224)
        #expect(testbed.hosts.last?.control?.device == "eth1")
        #expect(testbed.hosts.last?.control?.gateway == IPAddress("203.0.113.1"))
        #expect(testbed.internalVIP == .init(address: try #require(IPAddress("203.0.113.100")), virtualRouterID: 51))
        #expect(testbed.externalVIP == .init(address: try #require(IPAddress("192.0.2.100")), virtualRouterID: 52))
        #expect(testbed.autonomousSystem == 64_513)
        #expect(testbed.externalRouters.map(\.name) == ["mx1"])
        #expect(testbed.keyFile == "/root/.ssh/id_ed25519")
        let keystone = try #require(testbed.keystone)
        #expect(keystone.address == "192.0.2.31")
        #expect(keystone.authProtocol == "https")
        #expect(keystone.authPort == 5_000)
        #expect(keystone.adminPassword == "correct-horse-battery")
        #expect(keystone.caFile == "/etc/ssl/keystone-ca.pem")
        #expect(keystone.managesNeutron)
        #expect(!keystone.insecure)
        #expect(keystone.userDomain == "Default")
        #expect(keystone.adminProject == "admin")
        #expect(keystone.serviceProject == "service")
        #expect(keystone.region == "RegionOne")
    }
}
