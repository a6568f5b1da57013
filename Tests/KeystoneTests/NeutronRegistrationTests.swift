import Keystone
import Testing

/// The comparison of what should be with what is, without any Keystone.
@Suite struct NeutronRegistrationTests {
    private let registration = NeutronRegistration(
        password: "secret", publicURL: "http://10.88.125.75:9696", internalURL: "http://172.16.41.100:9696",
        adminURL: "http://172.16.41.100:9696")

    /// Everything as it should be.
    private var complete: RegistrationEntries {
        var entries = RegistrationEntries()
        entries.project = .init(id: "p", name: "service")
        entries.user = .init(id: "u", name: "neutron")
        entries.isPasswordRight = true
        entries.role = .init(id: "r", name: "admin")
        entries.isRoleAssigned = true
        entries.hasRegion = true
        entries.services = [.init(id: "s1", name: "neutron")]
        entries.endpoints = NeutronRegistration.Interface.allCases.map {
            .init(id: "e-\($0.rawValue)", serviceID: "s1", interface: $0, url: registration.url($0))
        }
        return entries
    }

    private func finding(
        _ item: RegistrationFinding.Item, _ entries: RegistrationEntries
    ) throws -> RegistrationFinding {
        try #require(registration.findings(in: entries).first { $0.item == item })
    }

    /// What differs in an entry, in words; nil when it is present or missing.
    private func difference(
        _ item: RegistrationFinding.Item, _ entries: RegistrationEntries
    ) throws -> (found: String, advice: String)? {
        guard case .different(let found, let advice) = try finding(item, entries).status else { return nil }
        return (found, advice)
    }

    @Test func completeEntryHasNothingToDo() {
        let report = RegistrationReport(findings: registration.findings(in: complete))
        #expect(report.isComplete)
        #expect(report.commands == "")
        #expect(report.text.hasPrefix("present    region RegionOne\n"))
    }

    @Test func emptyKeystoneMissesEverythingInOrder() {
        let report = RegistrationReport(findings: registration.findings(in: RegistrationEntries()))
        #expect(report.missing.count == 9)
        #expect(
            report.commands == """
                openstack region create RegionOne
                openstack project create --domain Default service
                openstack role create admin
                openstack user create --domain Default --password-prompt neutron
                openstack role add --user neutron --user-domain Default --project service --project-domain Default admin
                openstack service create --name neutron --description "OpenStack Networking" network
                openstack endpoint create --region RegionOne network public http://10.88.125.75:9696
                openstack endpoint create --region RegionOne network internal http://172.16.41.100:9696
                openstack endpoint create --region RegionOne network admin http://172.16.41.100:9696

                """)
    }

    @Test func namesAreQuotedForAShell() throws {
        var registration = registration
        registration.region = "Region d'Or"
        let region = try #require(registration.findings(in: RegistrationEntries()).first)
        #expect(region.command == "openstack region create 'Region d'\\''Or'")
    }

    @Test func passwordThatSkeinMadeUpIsReadFromItsFile() {
        var registration = registration
        registration.passwordFile = "/root/my lab/.skein/testbed/neutron-password"
        let commands = RegistrationReport(findings: registration.findings(in: RegistrationEntries())).commands
        #expect(
            commands.contains(
                "openstack user create --domain Default --password \"$(cat '/root/my lab/.skein/testbed/neutron-password')\" neutron"
            ))
        #expect(!commands.contains("secret"))
    }

    @Test func passwordThatDoesNotWorkBlocks() throws {
        var entries = complete
        entries.isPasswordRight = false
        let user = try finding(.user, entries)
        #expect(user.isBlocking)
        #expect(try difference(.user, entries)?.advice.contains("never overwrites") == true)
    }

    @Test func whatIsDisabledDiffers() throws {
        var entries = complete
        entries.user?.isEnabled = false
        entries.project?.isEnabled = false
        entries.services[0].isEnabled = false
        entries.endpoints[0].isEnabled = false
        #expect(try finding(.user, entries).isBlocking)
        #expect(try finding(.project, entries).isBlocking)
        #expect(try difference(.service, entries)?.advice == "openstack service set --enable s1")
        #expect(try difference(.endpoint(.public), entries)?.found.contains("disabled") == true)
    }

    @Test func serviceOfAnotherNameServes() throws {
        var entries = complete
        entries.services = [.init(id: "s1", name: "quantum")]
        #expect(try difference(.service, entries)?.found.contains("'quantum'") == true)
        #expect(try finding(.endpoint(.public), entries).status == .present)
        #expect(RegistrationReport(findings: registration.findings(in: entries)).missing == [])
    }

    @Test func theServiceWithEndpointsIsTheOne() throws {
        var entries = complete
        entries.services.insert(.init(id: "s0", name: "neutron"), at: 0)
        #expect(try difference(.service, entries)?.found.contains("neutron (s0)") == true)
        #expect(try finding(.endpoint(.internal), entries).status == .present)
    }

    @Test func secondEndpointOfAKindDiffers() throws {
        var entries = complete
        entries.endpoints.append(.init(id: "e0", serviceID: "s1", interface: .public, url: "http://192.0.2.1:9696"))
        #expect(try difference(.endpoint(.public), entries)?.found.contains("http://192.0.2.1:9696 (e0)") == true)
    }
}
