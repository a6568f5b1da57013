import JSON

/// What a lab looks like now.
package struct LabStatus: Sendable {
    /// One host.
    package struct Host: Sendable {
        /// Whether a host runs.
        package enum Power: String, Sendable {
            case on
            case off
            case frozen
        }

        /// The host as planned.
        package let host: LabPlan.Host
        /// Whether it runs.
        package let power: Power
        /// The faults of its links and units.
        package let faults: [LabFault]
        /// The networks on which the host's link has a carrier.
        package let links: Set<LabPlan.Network>

        /// Its address on a network, and whether it has no link there.
        fileprivate func place(on network: LabPlan.Network) -> String {
            host.address(on: network) + (links.contains(network) ? "" : " (no link)")
        }
    }

    /// The lab's name.
    package let name: LabName
    /// Every host, in the plan's order.
    package let hosts: [Host]
    /// The forwards; empty when the forwarder does not run.
    package let forwards: [Forward]

    /// Looks at the lab.
    package static func read(_ lab: Lab) async throws -> LabStatus {
        let list = ["ip", "-netns", lab.name.fabricNamespace, "-brief", "link", "show", "type", "veth"]
        return LabStatus(lab, ports: portsUp(try await Command.output(list)))
    }

    private init(_ lab: Lab, ports: Set<String>) {
        name = lab.name
        hosts = lab.hosts.map { host in
            Host(
                host: host.host, power: !host.isOn ? .off : host.isFrozen ? .frozen : .on, faults: host.faults,
                links: Set(LabPlan.Network.allCases.filter { ports.contains(host.host.port(on: $0)) }))
        }
        forwards = lab.forwards
    }

    /// Reads what `ip -brief link` printed: the bridge ports that have a carrier.
    static func portsUp(_ text: String) -> Set<String> {
        Set(
            text.split(separator: "\n").compactMap { line in
                let fields = line.split(separator: " ")
                guard fields.count > 1, fields[1] == "UP" else { return nil }
                return fields[0].split(separator: "@").first.map(String.init)
            })
    }

    /// Whether every host runs without a fault and the forwarder is there.
    package var isWhole: Bool { !forwards.isEmpty && hosts.allSatisfy { $0.power == .on && $0.faults.isEmpty } }

    /// The status as a table.
    package var text: String {
        var rows = [["HOST", "POWER", "MANAGEMENT", "CONTROL", "FAULTS"]]
        rows += hosts.map { entry in
            [
                entry.host.name, entry.power.rawValue, entry.place(on: .management), entry.place(on: .control),
                entry.faults.isEmpty ? "-" : entry.faults.map(\.text).joined(separator: ", "),
            ]
        }
        // The last column is not padded: nothing follows it.
        let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 } + [0]
        var lines = ["lab \(name)"]
        lines += rows.map { row in
            zip(row, widths).map { $0 + String(repeating: " ", count: max(0, $1 - $0.count)) }.joined(separator: "  ")
        }
        if forwards.isEmpty { lines.append("forwarder not running; `skein lab up` starts it") }
        lines += forwards.map { "\($0.service.rawValue): \($0.service.url(loopbackPort: $0.loopbackPort))" }
        return lines.joined(separator: "\n")
    }

    /// The status for programs.
    package var json: JSONValue {
        [
            "name": .string(name.text),
            "whole": .bool(isWhole),
            "hosts": .array(
                hosts.map { entry in
                    [
                        "name": .string(entry.host.name), "kind": .string(entry.host.kind.rawValue),
                        "power": .string(entry.power.rawValue),
                        "management": .string(entry.host.address(on: .management)),
                        "control": .string(entry.host.address(on: .control)),
                        "links": .array(
                            LabPlan.Network.allCases.filter(entry.links.contains).map { .string($0.rawValue) }),
                        "faults": .array(entry.faults.map { .string($0.identity) }),
                    ]
                }),
            "forwards": .array(
                forwards.map { forward in
                    [
                        "service": .string(forward.service.rawValue),
                        "url": .string(forward.service.url(loopbackPort: forward.loopbackPort)),
                        "address": .string(forward.address), "port": .integer(forward.port),
                    ]
                }),
        ]
    }
}
