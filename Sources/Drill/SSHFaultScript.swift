/// The scripts of a fault that is brought about over SSH: each puts a timer on the host that undoes it, before it does
/// anything, so that it ends also when nobody can reach the host.
struct SSHFaultScript: Hashable, Sendable {
    var begin: String
    var end: String

    /// Why a fault is not done over SSH; nil when it is.
    static func obstacle(to fault: Fault) -> String? {
        switch fault {
        case .reboot, .silence, .drop, .lose, .slow, .isolateBroker, .brokerMemoryAlarm, .brokerDiskAlarm,
            .storeQuotaAlarm, .compactStore, .stepClock:
            nil
        case .kill(let unit), .hang(let unit), .restart(let unit), .stop(let unit):
            ControllerUnits.names.contains(unit) ? nil : "\(unit) is not of this installation"
        case .powerOff: "nobody could switch the host on again"
        case .freeze: "only a hypervisor can freeze a host"
        case .cut: "a link that is set down loses its routes; silence-* does the same to clients"
        case .stutter: "it needs many signals a second"
        case .boundStoreDisk, .fillStoreDisk: "a disk is filled in a lab only"
        case .usualVRRPSettings, .usualPartitionHandling: "a bad configuration is installed in a lab only"
        case .upgrade: "an upgrade is the operator's"
        }
    }

    /// - Parameter seconds: after so many the host undoes the fault by itself.
    init?(_ fault: Fault, _ controller: Installation.Controller, seconds: Int) {
        guard Self.obstacle(to: fault) == nil, fault != .reboot,
            let (action, undo, isDetached) = Self.commands(fault, controller)
        else { return nil }
        guard let undo else {
            begin = action
            end = ":"
            return
        }
        let name = Self.name(fault)
        let folder = "/run/skein-drill"
        let file = "\(folder)/\(name)"
        // Undone once: the file goes with the undoing, whoever does it.
        let undoing = "[ -e \(file).undo ] || exit 0\nmv \(file).undo \(file).undoing\n/bin/sh -eu \(file).undoing"
        let timer =
            "systemd-run --quiet --collect --unit=\(name) --on-active=\(seconds) "
            + "--timer-property=AccuracySec=100ms /bin/sh -eu \(file).timer"
        let act =
            isDetached
            // What cuts this session off must not wait for its answer.
            ? "systemd-run --quiet --collect --unit=\(name)-begin --on-active=1 "
                + "--timer-property=AccuracySec=100ms /bin/sh -eu \(file).begin\nsleep 1"
            : "/bin/sh -eu \(file).begin"
        begin = """
            mkdir -p \(folder)
            systemctl stop \(name).timer 2>/dev/null || true
            cat >\(file).begin <<'SKEIN-DRILL'
            \(action)
            SKEIN-DRILL
            cat >\(file).undo <<'SKEIN-DRILL'
            \(undo)
            SKEIN-DRILL
            cat >\(file).timer <<'SKEIN-DRILL'
            \(undoing)
            SKEIN-DRILL
            \(timer)
            \(act)
            """
        end = """
            systemctl stop \(name).timer \(name)-begin.timer 2>/dev/null || true
            [ ! -e \(file).timer ] || /bin/sh -eu \(file).timer
            rm -f \(file).*
            """
    }

    /// A name for units and files: lower case letters, digits and dashes.
    static func name(_ fault: Fault) -> String {
        "skein-drill-"
            + String(fault.text.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
    }

    /// What begins the fault, what undoes it (nil: it ends itself), and whether it may cut this session off.
    private static func commands(
        _ fault: Fault, _ controller: Installation.Controller
    ) -> (begin: String, undo: String?, isDetached: Bool)? {
        switch fault {
        case .kill(let unit): return ("systemctl kill --signal=KILL \(unit)", nil, false)
        case .restart(let unit): return ("systemctl restart \(unit)", nil, false)
        case .hang(let unit):
            return ("systemctl kill --signal=STOP \(unit)", "systemctl kill --signal=CONT \(unit) || true", false)
        case .silence(let network):
            return filter(fault, controller.address(on: network), ["ingress", "egress"], "drop")
        case .drop(let network, let direction):
            return filter(fault, controller.address(on: network), [direction == .from ? "egress" : "ingress"], "drop")
        case .lose(let network, let percent):
            return filter(
                fault, controller.address(on: network), ["ingress", "egress"],
                "numgen random mod 100 < \(percent) drop")
        case .isolateBroker:
            let ports = LabFaultInjector.brokerPorts.map { "\($0)" }.joined(separator: ", ")
            return filter(
                fault, controller.controlAddress, ["ingress", "egress"],
                "tcp dport { \(ports) } drop; tcp sport { \(ports) } drop")
        case .slow(let network, let kilobits):
            let device = device(controller.address(on: network))
            return (
                "\(device)\ntc qdisc replace dev \"$device\" root tbf rate \(kilobits)kbit burst 32kb latency 200ms",
                "\(device)\ntc qdisc delete dev \"$device\" root || true", true
            )
        case .stepClock(let seconds):
            return (
                """
                ! systemd-detect-virt --container --quiet || { echo "a container has no clock of its own" >&2; exit 1; }
                timedatectl set-ntp false || true
                date --set "@$(( $(date +%s) + \(seconds) ))" >/dev/null
                """,
                "date --set \"@$(( $(date +%s) - \(seconds) ))\" >/dev/null\ntimedatectl set-ntp true || true", false
            )
        default:
            guard let script = FaultScript(fault, controlAddress: controller.controlAddress) else { return nil }
            return (script.begin, script.undo, false)
        }
    }

    /// The device that has an address.
    private static func device(_ address: String) -> String {
        "device=$(ip -oneline address show | awk -v a='\(address)' '{ split($4, p, \"/\"); if (p[1] == a) print $2 }')\n"
            + "[ -n \"$device\" ]"
    }

    private static func filter(
        _ fault: Fault, _ address: String, _ hooks: [String], _ verdict: String
    ) -> (begin: String, undo: String?, isDetached: Bool) {
        let table = String(name(fault).map { $0 == "-" ? "_" : $0 })
        let chains = hooks.map { hook in
            "chain \(hook) { type filter hook \(hook) device \"$device\" priority 0; policy accept; \(verdict); }"
        }
        return (
            """
            \(device(address))
            nft -f - <<END
            table netdev \(table) {
            \(chains.joined(separator: "\n"))
            }
            END
            """, "nft delete table netdev \(table) || true", true
        )
    }
}

extension Installation.Controller {
    /// Its address on a network.
    func address(on network: Fault.Network) -> String { network == .management ? managementAddress : controlAddress }
}
