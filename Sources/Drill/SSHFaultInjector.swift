import Remote

/// Faults on the hosts of any installation, over SSH: those that a host can undo by itself.
package struct SSHFaultInjector: FaultInjector {
    private let installation: Installation
    private let hosts: [String: RemoteHost]

    /// - Parameter hosts: the installation's controllers; no other host is ever touched.
    package init(installation: Installation, hosts: [RemoteHost]) {
        self.installation = installation
        self.hosts = Dictionary(hosts.map { ($0.name, $0) }) { first, _ in first }
    }

    /// Until a host undoes a fault whose end the scenario does not know, in seconds.
    static let longest = 60.0

    package func obstacle(to fault: Fault) -> String? { SSHFaultScript.obstacle(to: fault) }

    package func begin(_ fault: Fault, on name: String, lasting seconds: Double?) async throws {
        if let obstacle = obstacle(to: fault) { throw DrillError("\(fault.text): \(obstacle)") }
        let (host, controller) = try target(name)
        if fault == .reboot { return try await reboot(host) }
        let limit = Int((seconds ?? Self.longest).rounded(.up)) + 2
        guard let script = SSHFaultScript(fault, controller, seconds: limit) else {
            throw DrillError("\(fault.text) cannot be done over SSH")
        }
        let output = try await host.run(script.begin, seconds: 30)
        guard output.succeeded else { throw DrillError("\(name): \(fault.text): \(output.lastLines(3))") }
    }

    /// Waits for a host that cannot be reached because of the fault: it undoes it by itself.
    package func end(_ fault: Fault, on name: String) async throws {
        let (host, controller) = try target(name)
        guard let script = SSHFaultScript(fault, controller, seconds: 0) else { return }
        let deadline = ContinuousClock.now + .seconds(Self.longest + 30)
        while true {
            do {
                let output = try await host.run(script.end, seconds: 20)
                if output.succeeded { return }
                throw DrillError("\(name): \(fault.text) could not be undone: \(output.lastLines(3))")
            } catch let error as RemoteError {
                guard ContinuousClock.now < deadline else { throw error }
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    package func inactiveUnits(on name: String) async -> [String] {
        guard let host = hosts[name], let output = try? await host.run(ControllerUnits.script, seconds: 10) else {
            return ["\(name) cannot be asked"]
        }
        return ControllerUnits.inactive(output.output, brokers: installation.controllers.count)
    }

    /// A process on every host.
    package let holdersPeriod = Duration.milliseconds(200)

    package func holders(of address: String) async -> [String] {
        await withTaskGroup(of: String?.self) { group in
            for (name, host) in hosts {
                group.addTask {
                    let output = try? await host.run("ip -brief address show", seconds: 2)
                    let words = output?.output.split(whereSeparator: \.isWhitespace) ?? []
                    return words.contains { $0.hasPrefix("\(address)/") } ? name : nil
                }
            }
            var holders: [String] = []
            for await holder in group { holders += [holder].compactMap(\.self) }
            return holders.sorted()
        }
    }

    private func target(_ name: String) throws(DrillError) -> (RemoteHost, Installation.Controller) {
        guard let host = hosts[name], let controller = installation.controllers.first(where: { $0.name == name }) else {
            throw DrillError("\(name) is not a controller of the testbed")
        }
        return (host, controller)
    }

    /// Returns when the host has started again: its boot has another id.
    private func reboot(_ host: RemoteHost) async throws {
        let boot = "cat /proc/sys/kernel/random/boot_id; systemctl show --property=UserspaceTimestampMonotonic --value"
        let before = try await host.run(boot, seconds: 10).output
        _ = try await host.run("systemd-run --quiet --collect --on-active=1 systemctl reboot", seconds: 10)
        let deadline = ContinuousClock.now + .seconds(300)
        while ContinuousClock.now < deadline {
            try await Task.sleep(for: .seconds(1))
            if let after = try? await host.run(boot, seconds: 5), after.succeeded, after.output != before { return }
        }
        throw DrillError("\(host.name) does not come back after its reboot")
    }
}
