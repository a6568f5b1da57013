import Glibc

/// Faults of a host, each with its undo. Doing or undoing one twice is the same as once.
extension LabHost {
    /// The link faults and stopped units of the host; a frozen or powered off host shows in ``isFrozen`` and ``isOn``.
    package var faults: [LabFault] {
        LabFiles.names(in: lab.paths.faults(name)).compactMap { file in
            try? LabFiles.value(LabFault.self, at: "\(lab.paths.faults(name))/\(file)")
        }
    }

    /// Pauses the host as a hypervisor pauses a machine: every process stops at once, and nothing answers for it.
    ///
    /// Its links are silent too: the kernel would go on acknowledging in the name of the processes.
    package func freeze() async throws {
        guard isOn else { throw LabError(.wrongState, "host \(name) is powered off: it cannot be frozen") }
        try await load(PacketLoss.frozenRuleset(host))
        try ControlGroups.freeze(controlGroup, true)
    }

    /// Undoes ``freeze()``; the processes go on where they stopped.
    package func thaw() async throws {
        guard isFrozen else { return }
        try ControlGroups.freeze(controlGroup, false)
        try await unload(PacketLoss.frozenTable(host))
    }

    /// Takes the carrier of a link away.
    package func cut(_ network: LabPlan.Network) async throws { try await begin(.cut(network)) }
    /// Undoes ``cut(_:)``. The kernel reports the carrier up to a second later.
    package func heal(_ network: LabPlan.Network) async throws { try await end(.cut(network)) }

    /// Makes the switch port lose everything, with the link still up.
    package func silence(_ network: LabPlan.Network) async throws { try await begin(.silent(network)) }
    /// Undoes ``silence(_:)``.
    package func unsilence(_ network: LabPlan.Network) async throws { try await end(.silent(network)) }

    /// Loses everything in one direction.
    package func drop(_ network: LabPlan.Network, _ direction: LabFault.Direction) async throws {
        try await begin(.drop(network, direction))
    }
    /// Undoes ``drop(_:_:)``.
    package func undrop(_ network: LabPlan.Network, _ direction: LabFault.Direction) async throws {
        try await end(.drop(network, direction))
    }

    /// Loses 1 to 100 percent of the packets in each direction.
    package func lose(percent: Int, on network: LabPlan.Network) async throws {
        guard (1...100).contains(percent) else {
            throw LabError(.invalidRequest, "a loss of \(percent) percent: it must be 1 to 100")
        }
        try await begin(.loss(network, percent: percent))
    }
    /// Undoes ``lose(percent:on:)``.
    package func unlose(_ network: LabPlan.Network) async throws { try await end(.loss(network, percent: 0)) }

    /// Makes a link carry no more than so many kilobits a second in each direction (100 to 10,000,000).
    package func slow(kilobits: Int, on network: LabPlan.Network) async throws {
        try LinkSpeed.check(kilobits: kilobits)
        try await begin(.slow(network, kilobits: kilobits))
    }
    /// Undoes ``slow(kilobits:on:)``.
    package func unslow(_ network: LabPlan.Network) async throws { try await end(.slow(network, kilobits: 0)) }

    /// Loses TCP to and from these ports (1 to 65535).
    package func block(ports: [Int], on network: LabPlan.Network) async throws {
        guard !ports.isEmpty, ports.allSatisfy({ (1...65535).contains($0) }) else {
            throw LabError(.invalidRequest, "ports must be 1 to 65535, one at least")
        }
        try await begin(.blocked(network, ports: ports))
    }
    /// Undoes ``block(ports:on:)``.
    package func unblock(_ network: LabPlan.Network) async throws { try await end(.blocked(network, ports: [])) }

    /// Sends a signal to every process of a systemd unit of the host (`etcd`, `skein.service`), or with `mainOnly` to its
    /// main process. Returns how many processes got it; throws `notFound` when the unit runs none.
    @discardableResult
    package func signal(_ signal: Int32, unit: String, mainOnly: Bool = false) throws(LabError) -> Int {
        let processes = try processes(ofUnit: unit)
        // The main process is the oldest one; the ids of a unit's processes may wrap, their start times do not.
        let chosen = mainOnly ? processes.min { Self.startTime($0) < Self.startTime($1) }.map { [$0] } ?? [] : processes
        return chosen.count { kill($0, signal) == 0 }
    }

    /// Stops the unit's processes, as a hang does, until ``resume(unit:)``.
    package func stop(unit: String) throws(LabError) {
        try signal(SIGSTOP, unit: unit)
        try record(.stopped(unit: Self.unitName(unit)))
    }

    /// Undoes ``stop(unit:)`` (SIGCONT).
    package func resume(unit: String) throws(LabError) {
        try forget(.stopped(unit: Self.unitName(unit)))
        try signal(SIGCONT, unit: unit)
    }

    /// The processes of a unit by their ids on the machine; throws `notFound` when there are none.
    package func processes(ofUnit unit: String) throws(LabError) -> [Int32] {
        guard isOn else { throw LabError(.wrongState, "host \(name) is powered off") }
        let processes = ControlGroups.processes(controlGroup, ofUnit: Self.unitName(unit))
        guard !processes.isEmpty else {
            throw LabError(
                .notFound,
                "\(Self.unitName(unit)) on host \(name) runs no process; see `skein lab shell \(name) -- systemctl`")
        }
        return processes.sorted()
    }

    /// Undoes every fault of the host: thaws it, heals its links, resumes its units. It stays off when it is off.
    package func clearFaults() async throws {
        try await thaw()
        for fault in faults {
            if case .stopped(let unit) = fault {
                // The unit may have been stopped or restarted since: then there is nothing to resume.
                do { try resume(unit: unit) } catch { guard error.code == .notFound else { throw error } }
            } else {
                try await end(fault)
            }
        }
    }

    var hasManagementFault: Bool { faults.contains { $0.network == .management } }

    /// Brings back the link faults of a host that was just plugged in again: a cut cable stays cut over a reboot.
    func applyLinkFaults() async throws {
        for fault in faults where fault.network != nil { try await apply(fault) }
    }

    /// Forgets the faults that ended with the host's processes.
    func clearProcessFaults() {
        for fault in faults where fault.network == nil { try? forget(fault) }
    }

    private func begin(_ fault: LabFault) async throws {
        if isOn { try await apply(fault) }
        try record(fault)
    }

    private func end(_ fault: LabFault) async throws {
        if isOn { try await withdraw(fault) }
        try forget(fault)
    }

    private func apply(_ fault: LabFault) async throws {
        if case .cut(let network) = fault {
            try await lab.fabric.batch([FabricCommands.carrier(host, network, up: false)])
        } else if case .slow(let network, let kilobits) = fault {
            for command in LinkSpeed.limit(host, network, lab: lab.name, kilobits: kilobits) {
                try await Command.output(command)
            }
        } else if let ruleset = PacketLoss.ruleset(fault, host) {
            try await load(ruleset)
        }
    }

    private func withdraw(_ fault: LabFault) async throws {
        if case .cut(let network) = fault {
            try await lab.fabric.batch([FabricCommands.carrier(host, network, up: true)])
        } else if case .slow(let network, _) = fault {
            // An end without such a queue is an error of tc, and what is wanted here.
            for command in LinkSpeed.lift(host, network, lab: lab.name) { _ = try await Command.result(command) }
        } else {
            try await unload(PacketLoss.table(fault, host))
        }
    }

    private func load(_ ruleset: String) async throws {
        try await Command.output(lab.fabric.inside(["nft", "-f", "-"]), input: ruleset)
    }

    /// Removes a table; one that is not there is no error.
    func unload(_ table: String) async throws {
        let delete = lab.fabric.inside(["nft", "delete", "table", "bridge", table])
        let result = try await Command.result(delete)
        guard result.succeeded || result.errors.contains("No such file or directory") else {
            throw LabError(.commandFailed, "\(delete.joined(separator: " ")): \(Command.lastLines(of: result.errors))")
        }
    }

    private func record(_ fault: LabFault) throws(LabError) {
        try LabFiles.makeDirectory(lab.paths.faults(name))
        try LabFiles.write(fault, to: "\(lab.paths.faults(name))/\(fault.identity)")
    }

    private func forget(_ fault: LabFault) throws(LabError) {
        try LabFiles.remove("\(lab.paths.faults(name))/\(fault.identity)")
    }

    private static func unitName(_ unit: String) -> String { unit.contains(".") ? unit : unit + ".service" }

    private static func startTime(_ process: Int32) -> UInt64 {
        // The 22nd field of the line; the second is in parentheses and may hold spaces.
        guard let line = LabFiles.text("/proc/\(process)/stat"), let end = line.lastIndex(of: ")") else { return .max }
        let fields = line[end...].split(separator: " ")
        return fields.count > 20 ? UInt64(fields[20]) ?? .max : .max
    }
}
