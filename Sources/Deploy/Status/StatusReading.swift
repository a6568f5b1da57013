import Addressing
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
                let rule = StatusRule(
                    host: host, answers: StatusProbe.answers(output.output), hasVirtualIP: !virtualIPs.isEmpty)
                return rule.status(virtualIPs: virtualIPs)
            } catch {
                return HostStatus(
                    name: host.name, address: host.address, failure: error.message, sections: [], virtualIPs: [])
            }
        }
        return InstallationStatus(
            hosts: statuses, problems: ClusterRule.problems(testbed: testbed, hosts: statuses))
    }
}
