import Glibc

/// A host of a lab that exists: power and access. Its faults are in `LabHost+Faults.swift`.
package struct LabHost: Sendable {
    /// The host as planned: its kind and its addresses.
    package let host: LabPlan.Host
    let lab: Lab

    init(_ host: LabPlan.Host, in lab: Lab) {
        self.host = host
        self.lab = lab
    }

    /// The host's name.
    package var name: String { host.name }
    /// The control group that all its processes are in.
    package var controlGroup: String { lab.name.controlGroup(ofHost: name) }

    /// Whether the host runs, frozen or not.
    package var isOn: Bool { leader != nil }
    /// Whether it was paused by ``freeze()``.
    package var isFrozen: Bool { ControlGroups.isFrozen(controlGroup) }

    /// The machine's process id of the host's systemd; nil when it is powered off.
    package var leader: Int32? {
        guard let supervisor = LabFiles.numbers(lab.paths.processID(name)).first else { return nil }
        // The id may belong to another process by now: only one in the host's control group is the host's.
        guard LabFiles.text("/proc/\(supervisor)/cgroup")?.contains("/\(controlGroup)") == true else { return nil }
        return LabFiles.numbers("/proc/\(supervisor)/task/\(supervisor)/children").first {
            LabFiles.text("/proc/\($0)/comm")?.hasPrefix("systemd") == true
        }
    }

    /// The arguments that run a command in the host, past its networks and its sshd.
    package func inside(_ arguments: [String]) throws(LabError) -> [String] {
        guard let leader else {
            throw LabError(.wrongState, "host \(name) is powered off; `skein lab fault power-on \(name)` starts it")
        }
        return ["nsenter", "--target", "\(leader)", "--all", "--"] + arguments
    }

    /// Runs a command in the host, which must succeed; returns what it printed.
    @discardableResult
    package func run(_ arguments: [String], input: String = "") async throws -> String {
        try await Command.output(try inside(arguments), input: input)
    }

    /// The arguments that run a shell command on the host by SSH, as a deployer does.
    package func ssh(_ command: String) -> [String] {
        lab.fabric.inside(["ssh"] + lab.sshOptions + ["root@\(host.address(on: .management))", command])
    }

    /// Starts the host and waits for its sshd. Link faults that it had are there again.
    package func powerOn() async throws {
        guard !isOn else { throw LabError(.wrongState, "host \(name) is already on") }
        try await remains()
        try await boot()
        try await waitForSSH()
    }

    /// Takes the power away: links first (nothing may answer for its addresses any more), then every process.
    package func powerOff() async throws {
        guard isOn else { throw LabError(.wrongState, "host \(name) is already off") }
        try await remains()
    }

    /// Takes the power away and everything that the host has written with it, and starts it as it was when the lab was
    /// booted: a machine whose disk was replaced. It has other SSH host keys than before.
    package func reinstall() async throws {
        guard host.kind == .controller || host.kind == .compute else {
            throw LabError(
                .wrongState, "host \(name) has what the lab itself needs; only controllers and compute hosts can")
        }
        try await remains()
        for directory in [lab.paths.upper(name), lab.paths.work(name)] { try LabFiles.remove(directory) }
        try HostFiles.write(host, of: lab)
        // The image's keys are every host's: an installer makes new ones.
        try LabFiles.makeDirectory(lab.paths.upper(name) + "/etc/ssh")
        try await Command.output(["ssh-keygen", "-q", "-A", "-f", lab.paths.upper(name)])
        try await boot()
        try await waitForSSH()
    }

    /// Shuts the host down in order and starts it again.
    package func reboot() async throws {
        try await run(["systemctl", "--no-block", "poweroff"])
        try await Poll.until("host \(name) to shut down", within: .seconds(90)) { !isOn }
        try await remains()
        try await boot()
        try await waitForSSH()
    }

    /// Ends what there is of the host: after it, neither process nor link is left.
    func remains() async throws {
        try? await lab.fabric.bridge(
            LabPlan.Network.allCases.map { FabricCommands.stopForwarding(host, $0) })
        let wasFrozen = isFrozen
        if let leader { kill(leader, SIGKILL) }
        try await ControlGroups.remove(controlGroup)
        try await lab.fabric.unplug(host)
        if wasFrozen { try await unload(PacketLoss.frozenTable(host)) }
        clearProcessFaults()
    }

    /// Starts systemd-nspawn and waits until the host's systemd is there.
    func boot() async throws {
        try ControlGroups.make(controlGroup)
        try await lab.fabric.plug(host)
        try await applyLinkFaults()
        try? LabFiles.remove(lab.paths.processID(name))
        try await Command.output(
            BootCommand.detached(
                BootCommand.Parameters(
                    host: host, name: lab.name, paths: lab.paths, layers: lab.record.layers(host.kind),
                    packages: lab.record.packages, controlGroups: ControlGroups.directories(controlGroup))))
        try await Poll.until("host \(name) to start", within: .seconds(60), every: .milliseconds(20)) {
            if leader != nil { return true }
            if let supervisor = LabFiles.numbers(lab.paths.processID(name)).first, kill(supervisor, 0) != 0 {
                let reason = Command.lastLines(of: LabFiles.text(lab.paths.console(name)) ?? "")
                throw LabError(.commandFailed, "host \(name) did not start: \(reason)")
            }
            return false
        }
    }

    /// Waits until a login by SSH works.
    func waitForSSH() async throws {
        guard !hasManagementFault else { return }
        try await Poll.until("sshd on host \(name)", within: .seconds(120), every: .milliseconds(100)) {
            try await Command.result(ssh("true")).succeeded
        }
    }
}
