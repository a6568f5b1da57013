/// A lab that exists on this machine.
package struct Lab: Sendable {
    /// What the lab consists of.
    package let plan: LabPlan
    let record: LabRecord

    /// The lab's name.
    package var name: LabName { plan.name }
    /// Where the lab keeps its files.
    package var paths: LabPaths { LabPaths(name) }
    /// The networks that connect its hosts.
    package var fabric: LabFabric { LabFabric(name) }
    /// The password of Keystone's `admin` in this lab: a secret.
    package var adminPassword: String { record.adminPassword }

    init(record: LabRecord) {
        plan = record.plan
        self.record = record
    }

    /// Finds a lab that is up. Throws `notFound` when there is none, `wrongState` when it is only half made,
    /// `unsupportedMachine` unless this process is root's.
    package static func open(_ name: LabName) throws(LabError) -> Lab {
        try Machine.requireRoot(for: "skein lab")
        guard let record = try LabFiles.value(LabRecord.self, at: LabPaths(name).record) else {
            throw LabError(.notFound, "there is no lab '\(name)' on this machine; `skein lab up` makes one")
        }
        guard record.phase == .up else {
            throw LabError(
                .wrongState,
                "lab '\(name)' is half made: wait for its `skein lab up`, or remove it with `skein lab down`")
        }
        return Lab(record: record)
    }

    /// The hosts of the lab, in the plan's order.
    package var hosts: [LabHost] { plan.hosts.map { LabHost($0, in: self) } }

    /// The host of that name; throws `notFound`.
    package func host(_ name: String) throws(LabError) -> LabHost { LabHost(try plan.host(named: name), in: self) }

    /// The loopback ports that end in this lab; empty when the forwarder does not run.
    package var forwards: [Forward] {
        guard !ControlGroups.processes(name.forwarderControlGroup).isEmpty else { return [] }
        return (try? LabFiles.value([Forward].self, at: paths.forwards)) ?? []
    }

    /// Options of `ssh` and `scp` for the hosts of this lab, without the address.
    package var sshOptions: [String] {
        [
            "-i", paths.key, "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o",
            "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=3",
            // A session to a host that is powered off would hang for ever.
            "-o", "ServerAliveInterval=2", "-o", "ServerAliveCountMax=3",
        ]
    }
}
