import Addressing
import Blueprint
import Testbed
import Testing

@testable import Deploy

@Suite struct PreflightTests {
    static func testbed() throws -> Testbed {
        Testbed(
            hosts: (1...2).map { index in
                Testbed.Host(
                    hostString: "root@192.0.2.\(index)", name: "c\(index)", user: "root", address: "192.0.2.\(index)",
                    roles: [.cfgm, .database])
            },
            internalVIP: .init(address: try #require(IPAddress("192.0.2.100")), virtualRouterID: 100),
            keystone: .init(address: "192.0.2.5"))
    }

    /// What a healthy host's look prints.
    static func output(_ index: Int, keystone: String = "keystone 35357\nkeystone 5000") -> String {
        """
        system debian 12
        free 64000000000
        login 192.0.2.\(index)
        package rabbitmq-server 3.10.8-1.1+deb12u1
        listener 0.0.0.0:22 ssh.service sshd
        listener *:9696 skein-haproxy.service haproxy
        \(keystone)
        interfaces [{"ifname":"eth0","addr_info":[{"family":"inet","local":"192.0.2.\(index)","prefixlen":24}]}]
        """
    }

    static func survey(_ index: Int, _ change: (inout HostSurvey) -> Void = { _ in }) throws -> HostSurvey {
        var survey = try #require(HostSurvey(host: "c\(index)", output: output(index), clockOffset: 0.02))
        change(&survey)
        return survey
    }

    @Test func aLookIsRead() throws {
        let survey = try Self.survey(1)
        #expect(survey.facts.distribution == "debian" && survey.facts.distributionVersion == "12")
        #expect(survey.facts.freeBytes == 64_000_000_000)
        #expect(survey.facts.loginAddress == IPAddress("192.0.2.1"))
        #expect(survey.facts.packageVersions == ["rabbitmq-server": "3.10.8-1.1+deb12u1"])
        #expect(survey.facts.interfaces.first?.addresses.first?.prefixLength == 24)
        #expect(survey.inventory.listeners.map(\.port) == [22, 9696])
        #expect(survey.keystonePorts == [35357, 5000])
        #expect(HostSurvey(host: "c1", output: "bash: command not found", clockOffset: 0) == nil)
    }

    @Test func theLookRunsHere() throws {
        let script = HostSurvey.script(
            virtualIPs: [], keystone: (address: "127.0.0.1", ports: [1]))
        let result = try Shell.run(script)
        #expect(result.status == 0, "\(result.errors)")
        let survey = try #require(HostSurvey(host: "here", output: result.output, clockOffset: 0))
        #expect(survey.facts.freeBytes > 0)
        #expect(survey.facts.interfaces.contains { $0.name == "lo" })
        #expect(survey.keystonePorts == [])
    }

    @Test func fitHostsHaveNoErrors() throws {
        let preflight = Preflight(testbed: try Self.testbed(), surveys: [try Self.survey(1), try Self.survey(2)])
        #expect(preflight.errors == [] && preflight.warnings == [])
        #expect(preflight.keystoneURL == "http://192.0.2.5:35357")
    }

    @Test func everythingUnfitIsNamedAtOnce() throws {
        let stranger = try #require(IPAddress("192.0.2.100"))
        let first = try Self.survey(1) { survey in
            survey.facts.distribution = "centos"
            survey.facts.clockOffset = -7
            survey.strangers = [stranger]
            survey.inventory.listeners.append(
                .init(address: "0.0.0.0", port: 8082, program: "consul", unit: "consul.service"))
        }
        let second = try Self.survey(2) { survey in
            survey.facts.freeBytes = 1_000_000_000
            survey.strangers = [stranger]
        }
        let errors = Preflight(testbed: try Self.testbed(), surveys: [first, second]).errors
        #expect(errors.count == 5, "\(errors)")
        #expect(
            errors.contains {
                $0.hasPrefix("c1: runs centos 12; Skein installs on Debian 12 and 13, Ubuntu 22.04 and 24.04")
            })
        #expect(errors.contains { $0.hasPrefix("c1: its clock is off by -7.0 s") })
        #expect(errors.contains { $0.hasPrefix("c1: consul (consul.service) of somebody else on 0.0.0.0:8082") })
        #expect(errors.contains { $0.hasPrefix("c1: virtual IP 192.0.2.100 answers already") })
        #expect(errors.contains { $0.hasPrefix("c2: 1.0 GB free") })
    }

    @Test func aVirtualIPOnOneOfTheHostsIsNoStranger() throws {
        let address = try #require(IPAddress("192.0.2.100"))
        let holder = try Self.survey(1) {
            $0.facts.interfaces[0].addresses.append(.init(address: address, prefixLength: 24))
        }
        let other = try Self.survey(2) { $0.strangers = [address] }
        #expect(Preflight(testbed: try Self.testbed(), surveys: [holder, other]).errors == [])
    }

    @Test func keystoneOnItsNewPortIsAWarning() throws {
        let surveys = try (1...2).map { try Self.survey($0) { $0.keystonePorts = [5000] } }
        let preflight = Preflight(testbed: try Self.testbed(), surveys: surveys)
        #expect(preflight.keystoneURL == "http://192.0.2.5:5000")
        #expect(preflight.warnings.count == 1 && preflight.errors == [])
    }

    @Test func keystoneAwayIsAnErrorForEachController() throws {
        let surveys = try (1...2).map { try Self.survey($0) { $0.keystonePorts = [] } }
        let preflight = Preflight(testbed: try Self.testbed(), surveys: surveys)
        #expect(preflight.errors.count == 2)
    }

    @Test func anOldPackageIsNamedWhereItIsUsed() throws {
        let old = try Self.survey(1) { $0.facts.packageVersions["etcd-server"] = "3.3.25+dfsg-7ubuntu0.22.04.2" }
        let errors = Preflight(testbed: try Self.testbed(), surveys: [old, try Self.survey(2)]).errors
        #expect(errors.count == 1 && errors[0].hasPrefix("c1: its etcd-server is 3.3.25"), "\(errors)")
    }

    @Test func anUnfitComputeNodeIsLeftOut() throws {
        var testbed = try Self.testbed()
        testbed.hosts[1].roles = [.compute]
        let unfit = try Self.survey(2) { $0.facts.freeBytes = 1_000_000_000 }
        let preflight = Preflight(testbed: testbed, surveys: [try Self.survey(1), unfit])
        #expect(preflight.errors == [] && preflight.leftOut.map(\.host) == ["c2"])
    }

    @Test func theInstalledPackageCountsNotTheCandidate() throws {
        // What apt says of a package that is installed in an older version than apt would install.
        let said = """
            rabbitmq-server:
              Installed: 3.10.8
              Candidate: 4.0.5
            haproxy:
              Installed: (none)
              Candidate: 2.6
            """
        let script = """
            folder=$(mktemp -d)
            trap 'rm -r "$folder"' EXIT
            printf '#!/bin/sh\\ncat <<EOF\\n%s\\nEOF\\n' '\(said)' >"$folder/apt-cache"
            chmod +x "$folder/apt-cache"
            PATH=$folder:$PATH
            \(HostSurvey.script(virtualIPs: [], keystone: nil))
            """
        let result = try Shell.run(script)
        let survey = try #require(HostSurvey(host: "here", output: result.output, clockOffset: 0))
        #expect(survey.facts.packageVersions == ["rabbitmq-server": "3.10.8", "haproxy": "2.6"])
    }
}
