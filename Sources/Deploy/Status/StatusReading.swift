import Addressing
import FoundationEssentials
import Remote
import Testbed

extension Deployment {
    /// Asks every managed host how its services are. A host that does not answer is part of the result.
    package func status() async -> InstallationStatus {
        let virtualIPs = [testbed.internalVIP, testbed.externalVIP].compactMap { $0?.address.description }
        let managed = testbed.hosts.filter(\.isManaged)
        let statuses = await concurrently(Array(zip(managed, hosts))) { host, remote async -> HostStatus in
            do throws(RemoteError) {
                let output = try await remote.run(StatusProbe.script(for: host), seconds: 40)
                let answers = StatusProbe.answers(output.output)
                let rule = StatusRule(host: host, answers: answers, hasVirtualIP: !virtualIPs.isEmpty)
                var status = rule.status(virtualIPs: virtualIPs)
                status.certificates = CertificateStatus.all(answers, now: Date())
                return status
            } catch {
                return HostStatus(
                    name: host.name, address: host.address, failure: error.message, sections: [], virtualIPs: [])
            }
        }
        return InstallationStatus(
            hosts: statuses, problems: ClusterRule.problems(testbed: testbed, hosts: statuses))
    }
}
