import ArgumentParser
import Glibc
import Lab

extension LabCommand {
    /// `skein lab fault`: what can go wrong with a host, each verb with its undo.
    struct Fault: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Break something in the lab, or undo it.",
            discussion: "NETWORK is mgmt or control. Every verb has its undo beside it; doing one twice is harmless.",
            subcommands: [
                PowerOff.self, PowerOn.self, Reboot.self, Reinstall.self, Freeze.self, Thaw.self, Cut.self, Heal.self,
                Silent.self,
                Unsilent.self, Drop.self, Undrop.self, Loss.self, Unloss.self, Slow.self, Unslow.self, Block.self,
                Unblock.self, Kill.self, Stop.self, Cont.self, Clear.self,
            ])
    }
}

/// What every fault takes: the lab and a host.
struct FaultTarget: ParsableArguments {
    @OptionGroup var lab: LabCommand.NameOption
    @Argument(help: "The host's name.") var host: String

    func act(_ body: (LabHost) async throws -> Void) async throws {
        try await LabCommand.reporting { try await body(try Lab.open(lab.name).host(host)) }
    }
}

extension LabPlan.Network: ExpressibleByArgument {}
extension LabFault.Direction: ExpressibleByArgument {}

/// A fault that takes nothing but the host.
protocol HostFault: AsyncParsableCommand {
    var target: FaultTarget { get }
    static func act(on host: LabHost) async throws
}

extension HostFault {
    func run() async throws { try await target.act { try await Self.act(on: $0) } }
}

/// A fault of a host's link to one network.
protocol LinkFault: AsyncParsableCommand {
    var target: FaultTarget { get }
    var network: LabPlan.Network { get }
    static func act(on host: LabHost, _ network: LabPlan.Network) async throws
}

extension LinkFault {
    func run() async throws { try await target.act { try await Self.act(on: $0, network) } }
}

extension LabCommand.Fault {
    struct PowerOff: HostFault {
        static let configuration = CommandConfiguration(
            abstract: "Take the power away: links and processes end at once.")
        @OptionGroup var target: FaultTarget
        static func act(on host: LabHost) async throws { try await host.powerOff() }
    }

    struct PowerOn: HostFault {
        static let configuration = CommandConfiguration(
            abstract: "Start a host that is off; returns when sshd answers.")
        @OptionGroup var target: FaultTarget
        static func act(on host: LabHost) async throws { try await host.powerOn() }
    }

    struct Reboot: HostFault {
        static let configuration = CommandConfiguration(abstract: "Shut a host down in order and start it again.")
        @OptionGroup var target: FaultTarget
        static func act(on host: LabHost) async throws { try await host.reboot() }
    }

    struct Reinstall: HostFault {
        static let configuration = CommandConfiguration(
            abstract: "Give a host a new disk: what it has written is gone, and its SSH host keys are others.")
        @OptionGroup var target: FaultTarget
        static func act(on host: LabHost) async throws { try await host.reinstall() }
    }

    struct Freeze: HostFault {
        static let configuration = CommandConfiguration(
            abstract: "Pause a host as a hypervisor does. Undo: thaw.")
        @OptionGroup var target: FaultTarget
        static func act(on host: LabHost) async throws { try await host.freeze() }
    }

    struct Thaw: HostFault {
        static let configuration = CommandConfiguration(abstract: "Undo freeze.")
        @OptionGroup var target: FaultTarget
        static func act(on host: LabHost) async throws { try await host.thaw() }
    }

    struct Clear: HostFault {
        static let configuration = CommandConfiguration(
            abstract: "Undo every fault of a host; it stays off when it is off.")
        @OptionGroup var target: FaultTarget
        static func act(on host: LabHost) async throws { try await host.clearFaults() }
    }

    struct Cut: LinkFault {
        static let configuration = CommandConfiguration(abstract: "Take a link's carrier away. Undo: heal.")
        @OptionGroup var target: FaultTarget
        @Argument var network: LabPlan.Network
        static func act(on host: LabHost, _ network: LabPlan.Network) async throws { try await host.cut(network) }
    }

    struct Heal: LinkFault {
        static let configuration = CommandConfiguration(abstract: "Undo cut.")
        @OptionGroup var target: FaultTarget
        @Argument var network: LabPlan.Network
        static func act(on host: LabHost, _ network: LabPlan.Network) async throws { try await host.heal(network) }
    }

    struct Silent: LinkFault {
        static let configuration = CommandConfiguration(
            abstract: "Forward nothing on a link that stays up. Undo: unsilent.")
        @OptionGroup var target: FaultTarget
        @Argument var network: LabPlan.Network
        static func act(on host: LabHost, _ network: LabPlan.Network) async throws { try await host.silence(network) }
    }

    struct Unsilent: LinkFault {
        static let configuration = CommandConfiguration(abstract: "Undo silent.")
        @OptionGroup var target: FaultTarget
        @Argument var network: LabPlan.Network
        static func act(on host: LabHost, _ network: LabPlan.Network) async throws { try await host.unsilence(network) }
    }

    struct Unloss: LinkFault {
        static let configuration = CommandConfiguration(abstract: "Undo loss.")
        @OptionGroup var target: FaultTarget
        @Argument var network: LabPlan.Network
        static func act(on host: LabHost, _ network: LabPlan.Network) async throws { try await host.unlose(network) }
    }

    struct Loss: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lose some of a hundred packets in each direction. Undo: unloss.")
        @OptionGroup var target: FaultTarget
        @Argument var network: LabPlan.Network
        @Argument(help: "1 to 100.") var percent: Int
        func run() async throws { try await target.act { try await $0.lose(percent: percent, on: network) } }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lose everything from or to a host, one way. Undo: undrop.")
        @OptionGroup var target: FaultTarget
        @Argument var network: LabPlan.Network
        @Argument(help: "from or to the host.") var direction: LabFault.Direction
        func run() async throws { try await target.act { try await $0.drop(network, direction) } }
    }

    struct Undrop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Undo drop.")
        @OptionGroup var target: FaultTarget
        @Argument var network: LabPlan.Network
        @Argument(help: "from or to the host.") var direction: LabFault.Direction
        func run() async throws { try await target.act { try await $0.undrop(network, direction) } }
    }

    struct Slow: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a link carry no more than so many kilobits a second. Undo: unslow.")
        @OptionGroup var target: FaultTarget
        @Argument var network: LabPlan.Network
        @Argument(help: "100 to 10000000.") var kilobits: Int
        func run() async throws { try await target.act { try await $0.slow(kilobits: kilobits, on: network) } }
    }

    struct Unslow: LinkFault {
        static let configuration = CommandConfiguration(abstract: "Undo slow.")
        @OptionGroup var target: FaultTarget
        @Argument var network: LabPlan.Network
        static func act(on host: LabHost, _ network: LabPlan.Network) async throws { try await host.unslow(network) }
    }

    struct Block: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lose TCP to and from some ports of a host. Undo: unblock.")
        @OptionGroup var target: FaultTarget
        @Argument var network: LabPlan.Network
        @Argument(help: "1 to 65535, one or more.") var ports: [Int]
        func run() async throws { try await target.act { try await $0.block(ports: ports, on: network) } }
    }

    struct Unblock: LinkFault {
        static let configuration = CommandConfiguration(abstract: "Undo block.")
        @OptionGroup var target: FaultTarget
        @Argument var network: LabPlan.Network
        static func act(on host: LabHost, _ network: LabPlan.Network) async throws { try await host.unblock(network) }
    }

    struct Kill: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Send a signal to the processes of a unit.")
        @OptionGroup var target: FaultTarget
        @Argument(help: "The systemd unit: haproxy, skein.service, …") var unit: String
        @Argument(help: "KILL, TERM, STOP, CONT, HUP, INT, QUIT, USR1, USR2 or a number.") var signal = "KILL"
        @Flag(help: "Only the unit's main process.") var main = false

        func run() async throws {
            let numbers = [
                "KILL": SIGKILL, "TERM": SIGTERM, "STOP": SIGSTOP, "CONT": SIGCONT, "HUP": SIGHUP, "INT": SIGINT,
                "QUIT": SIGQUIT, "USR1": SIGUSR1, "USR2": SIGUSR2, "ABRT": SIGABRT,
            ]
            let bare = signal.hasPrefix("SIG") ? String(signal.dropFirst(3)) : signal
            guard let number = numbers[bare] ?? Int32(signal).flatMap({ (1...64).contains($0) ? $0 : nil }) else {
                throw ValidationError("'\(signal)' is no signal: KILL, TERM, STOP, CONT, … or 1 to 64")
            }
            try await target.act { host in
                let count = try host.signal(number, unit: unit, mainOnly: main)
                print("sent \(bare) to \(count) process\(count == 1 ? "" : "es") of \(unit) on \(host.name)")
            }
        }
    }

    struct Stop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop a unit's processes, as a hang does. Undo: cont.")
        @OptionGroup var target: FaultTarget
        @Argument(help: "The systemd unit.") var unit: String
        func run() async throws { try await target.act { try $0.stop(unit: unit) } }
    }

    struct Cont: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Undo stop.")
        @OptionGroup var target: FaultTarget
        @Argument(help: "The systemd unit.") var unit: String
        func run() async throws { try await target.act { try $0.resume(unit: unit) } }
    }
}
