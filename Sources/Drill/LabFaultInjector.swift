import Addressing
import Glibc
import Lab
import Synchronization

/// Faults on the hosts of a lab, from the machine below them.
package struct LabFaultInjector: FaultInjector {
    private let lab: Lab
    private let installation: Installation
    private let upgrade: Upgrade?
    private let stutters = Stutters()

    /// - Parameter upgrade: how the installation is upgraded and brought back; nil when it cannot be.
    package init(lab: Lab, installation: Installation, upgrade: Upgrade? = nil) {
        self.lab = lab
        self.installation = installation
        self.upgrade = upgrade
    }

    package func obstacle(to fault: Fault) -> String? {
        switch fault {
        case .stepClock: "the hosts of a lab share the clock of the machine below them"
        case .upgrade where upgrade == nil: "there is no other executable to upgrade to"
        default: nil
        }
    }

    package func begin(_ fault: Fault, on name: String, lasting seconds: Double?) async throws {
        if let obstacle = obstacle(to: fault) { throw DrillError("\(fault.text): \(obstacle)") }
        let host = try host(name)
        switch fault {
        case .kill(let unit):
            guard try host.signal(SIGKILL, unit: unit) > 0 else {
                throw DrillError("\(unit) has no process on \(name) that could be killed")
            }
        case .hang(let unit): try host.stop(unit: unit)
        case .stutter(let unit):
            _ = try host.processes(ofUnit: unit)
            stutters.begin(fault, name) { isStopped in
                _ = try? host.signal(isStopped ? SIGSTOP : SIGCONT, unit: unit)
            }
        case .powerOff: try await host.powerOff()
        case .freeze: try await host.freeze()
        case .reboot: try await host.reboot()
        case .cut(let network): try await host.cut(network.inLab)
        case .silence(let network): try await host.silence(network.inLab)
        case .drop(let network, let direction): try await host.drop(network.inLab, direction.inLab)
        case .lose(let network, let percent): try await host.lose(percent: percent, on: network.inLab)
        case .slow(let network, let kilobits): try await host.slow(kilobits: kilobits, on: network.inLab)
        case .isolateBroker: try await host.block(ports: Self.brokerPorts, on: .control)
        case .upgrade: try await upgrade?.change()
        default: try await run(script(fault, name).begin, on: host)
        }
    }

    package func end(_ fault: Fault, on name: String) async throws {
        let host = try host(name)
        switch fault {
        case .kill, .restart: break
        case .hang(let unit):
            // Killed and started again meanwhile, it hangs no more.
            do { try host.resume(unit: unit) } catch { guard error.code == .notFound else { throw error } }
        case .stutter(let unit):
            await stutters.end(fault, name)
            if host.isOn { _ = try? host.signal(SIGCONT, unit: unit) }
        case .powerOff: if !host.isOn { try await host.powerOn() }
        case .freeze: try await host.thaw()
        case .reboot: try await finishReboot(host)
        case .cut(let network): try await host.heal(network.inLab)
        case .silence(let network): try await host.unsilence(network.inLab)
        case .drop(let network, let direction): try await host.undrop(network.inLab, direction.inLab)
        case .lose(let network, _): try await host.unlose(network.inLab)
        case .slow(let network, _): try await host.unslow(network.inLab)
        case .isolateBroker: try await host.unblock(.control)
        case .upgrade: try await upgrade?.changeBack()
        case .stepClock: break
        default: try await run(script(fault, name).undo, on: host)
        }
    }

    package func inactiveUnits(on name: String) async -> [String] {
        guard let host = try? host(name), let text = try? await host.run(["sh", "-c", ControllerUnits.script]) else {
            return ["\(name) cannot be asked"]
        }
        return ControllerUnits.inactive(text, brokers: installation.controllers.count)
    }

    /// A few files of the kernel's are read, and no process is started.
    package let holdersPeriod = Duration.milliseconds(40)

    /// A frozen host has its addresses still, but its links are silent: it can answer for none.
    package func holders(of address: String) async -> [String] {
        guard let address = IPAddress(address) else { return [] }
        return installation.controllers.map(\.name).filter { name in
            guard let host = try? lab.host(name), !host.isFrozen else { return false }
            return host.addresses.contains(address)
        }
    }

    /// Erlang's port mapper and the brokers' distribution.
    static let brokerPorts = [4369, 25672]

    /// A host outside of the testbed is never touched, whatever else is in the lab.
    private func host(_ name: String) throws -> LabHost {
        guard installation.isHost(name) else { throw DrillError("\(name) is not a host of the testbed") }
        return try lab.host(name)
    }

    private func script(_ fault: Fault, _ name: String) throws(DrillError) -> FaultScript {
        let address = installation.controllers.first { $0.name == name }?.controlAddress ?? ""
        guard let script = FaultScript(fault, controlAddress: address) else {
            throw DrillError("\(fault.text) cannot be done in a lab")
        }
        return script
    }

    private func run(_ script: String, on host: LabHost) async throws {
        _ = try await host.run(["/bin/sh", "-eu", "-s"], input: script + "\n")
    }

    /// Brings a host back that was being rebooted: it may be on still, off, or on again.
    private func finishReboot(_ host: LabHost) async throws {
        let deadline = ContinuousClock.now + .seconds(90)
        while host.isOn {
            let state = (try? await host.run(["sh", "-c", "systemctl is-system-running || true"])) ?? "stopping"
            if !state.contains("stopping") { return }
            guard ContinuousClock.now < deadline else { throw DrillError("\(host.name) does not end its shutdown") }
            try await Task.sleep(for: .milliseconds(100))
        }
        try await host.powerOn()
    }
}

extension Fault.Network {
    fileprivate var inLab: LabPlan.Network { self == .management ? .management : .control }
}

extension Fault.Direction {
    fileprivate var inLab: LabFault.Direction { self == .from ? .from : .to }
}

/// The units that are being stopped and let go on again and again.
private final class Stutters: Sendable {
    private struct Key: Hashable {
        let fault: Fault
        let host: String
    }
    private let tasks = Mutex<[Key: Task<Void, Never>]>([:])

    func begin(_ fault: Fault, _ host: String, signal: @escaping @Sendable (_ isStopped: Bool) -> Void) {
        let task = Task {
            while !Task.isCancelled {
                signal(true)
                try? await Task.sleep(for: .milliseconds(250))
                signal(false)
                try? await Task.sleep(for: .milliseconds(50))
            }
        }
        tasks.withLock { $0.updateValue(task, forKey: Key(fault: fault, host: host)) }?.cancel()
    }

    func end(_ fault: Fault, _ host: String) async {
        let task = tasks.withLock { $0.removeValue(forKey: Key(fault: fault, host: host)) }
        task?.cancel()
        await task?.value
    }
}
