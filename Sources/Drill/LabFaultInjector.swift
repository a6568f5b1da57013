import Glibc
import Lab

/// Faults on the hosts of a lab, from the machine below them.
package struct LabFaultInjector: FaultInjector {
    private let lab: Lab
    private let controllers: [String]

    /// - Parameter controllers: the names of the hosts that faults may be put on.
    package init(lab: Lab, controllers: [String]) {
        self.lab = lab
        self.controllers = controllers
    }

    package func begin(_ fault: Scenario.Fault, on name: String) async throws {
        let host = try lab.host(name)
        switch fault {
        case .kill(let unit):
            guard try host.signal(SIGKILL, unit: unit) > 0 else {
                throw DrillError("\(unit) has no process on \(name) that could be killed")
            }
        case .hang(let unit): try host.stop(unit: unit)
        case .restart(let unit): _ = try await host.run(["systemctl", "restart", unit])
        case .powerOff: try await host.powerOff()
        case .freeze: try await host.freeze()
        case .cutManagement: try await host.cut(.management)
        case .cutControl: try await host.cut(.control)
        case .silenceManagement: try await host.silence(.management)
        case .silenceControl: try await host.silence(.control)
        }
    }

    package func end(_ fault: Scenario.Fault, on name: String) async throws {
        let host = try lab.host(name)
        switch fault {
        case .kill, .restart: break
        case .hang(let unit): try host.resume(unit: unit)
        case .powerOff: if !host.isOn { try await host.powerOn() }
        case .freeze: try await host.thaw()
        case .cutManagement: try await host.heal(.management)
        case .cutControl: try await host.heal(.control)
        case .silenceManagement: try await host.unsilence(.management)
        case .silenceControl: try await host.unsilence(.control)
        }
    }

    package func undoEverything() async throws {
        for name in controllers {
            let host = try lab.host(name)
            if !host.isOn { try await host.powerOn() }
            try await host.clearFaults()
        }
    }

    package func inactiveUnits(on name: String) async -> [String] {
        let units = [
            "skein-etcd", "rabbitmq-server", "skein-controller", "haproxy", "skein-vip-health", "keepalived",
        ]
        // `is-active` fails when any unit is not active; what it prints is what counts.
        let script = "systemctl is-active \(units.joined(separator: " ")) || true"
        guard let host = try? lab.host(name), let text = try? await host.run(["sh", "-c", script]) else {
            return ["\(name) cannot be asked"]
        }
        let states = text.split(separator: "\n")
        return zip(units, states).filter { $0.1 != "active" }.map { "\($0.0) is \($0.1)" }
    }

    package func holders(of address: String) async -> [String] {
        var holders: [String] = []
        for name in controllers {
            guard let host = try? lab.host(name), host.isOn else { continue }
            let addresses = (try? await host.addresses()) ?? []
            if addresses.contains(where: { $0.hasPrefix("\(address)/") }) { holders.append(name) }
        }
        return holders
    }
}
