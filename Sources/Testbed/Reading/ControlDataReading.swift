import Addressing

extension Interpreter {
    /// Reads `control_data`, or the older `control` when there is none.
    mutating func readControlData() {
        var table = setting(.variable, "control_data")
        if let legacy = setting(.variable, "control") {
            if table == nil {
                report(
                    .legacyName, .note, at: legacy.keyRange, subject: "control",
                    "'control' is the older name of control_data; Skein reads it as that",
                    reason: "The original split control and data networks once.",
                    proposal: "Rename it to control_data.")
                table = legacy
            } else {
                report(
                    .unusedKey, .note, at: legacy.keyRange, subject: "control", "control is not used by Skein",
                    reason: "control_data replaces it.", proposal: "It can stay or go.")
            }
        }
        guard let table else { return }
        guard let entries = table.value.entries else {
            return wrongType(table, "a dict", "Write control_data = { host1: { 'ip': '10.0.0.11/24' }, ... }.")
        }
        for entry in entries {
            guard let host = entry.key.stringValue else {
                wrongType("a key of control_data", entry.key, "a host", "Use the host's variable as the key.")
                continue
            }
            guard let index = index(ofHost: host, entry, in: "control_data") else { continue }
            hosts[index].control = controlInterface(entry.value, host)
        }
        checkControlData(table)
    }

    private mutating func controlInterface(_ value: PythonValue, _ host: String) -> Testbed.ControlInterface? {
        let subject = "control_data[\(host)]"
        checkKeys(of: value, in: .controlData, subject: subject)
        guard let entries = value.entries else { return nil }
        let find = { (name: String) in entries.first { $0.key.stringValue == name }?.value }
        guard let ip = find("ip") else {
            report(
                .badAddress, .error, at: value.range, subject: subject, "\(subject) has no 'ip'",
                reason: "Services listen on the control address and need it.", proposal: "Add 'ip': 'ADDRESS/LENGTH'.")
            return nil
        }
        guard let (address, length) = network(ip, "\(subject)['ip']") else { return nil }
        var interface = Testbed.ControlInterface(address: address, prefixLength: length)
        if let gateway = find("gw"), gateway.isTrue {
            interface.gateway = self.address(gateway, "\(subject)['gw']", .badAddress)
            checkGateway(interface, gateway, subject)
        }
        if let device = find("device"), device.isTrue {
            interface.device = device.stringValue
            if device.stringValue == nil {
                wrongType("\(subject)['device']", device, "a string", "Write the interface's name in quotes.")
            }
        }
        if let vlan = find("vlan"), vlan.isTrue {
            let setting = Setting(place: .controlData, name: "vlan", value: vlan, keyRange: vlan.range)
            interface.vlan = integer(setting, 1...4094, "VLAN id")
        }
        return interface
    }

    /// An address with its prefix length.
    private mutating func network(_ value: PythonValue, _ subject: String) -> (IPAddress, Int)? {
        if let text = value.stringValue, let cidr = CIDR(text), let slash = text.firstIndex(of: "/"),
            let address = IPAddress(text[..<slash]), AddressKind.objection(to: address) == nil
        {
            guard address.family == .v4, cidr.prefixLength < 31, address == cidr.first || address == cidr.last else {
                return (address, cidr.prefixLength)
            }
            report(
                .badAddress, .error, at: value.range, subject: subject,
                "\(subject) is '\(text)', the \(address == cidr.first ? "network" : "broadcast") address of its network",
                reason: "A host cannot have it.", proposal: "Write the host's own address with the prefix length.")
            return nil
        }
        guard let text = value.stringValue, !Placeholder.isPlaceholder(text) || IPAddress(text) != nil else {
            _ = address(value, subject, .badAddress)
            return nil
        }
        let hasLength = text.contains("/")
        report(
            .badAddress, .error, at: value.range, subject: subject,
            hasLength || IPAddress(text) == nil
                ? "\(subject) is '\(text)', which is no address with a prefix length"
                : "\(subject) is '\(text)', without a prefix length",
            reason: "The length tells which network the host is in, and so where a VIP can be.",
            proposal: IPAddress(text) != nil
                ? "Write '\(text)/24', with the network's own length." : "Write it as '10.0.0.11/24'.")
        return nil
    }

    private mutating func checkGateway(
        _ interface: Testbed.ControlInterface, _ value: PythonValue, _ subject: String
    ) {
        guard let gateway = interface.gateway,
            let network = CIDR(interface.address, prefixLength: interface.prefixLength)
        else { return }
        if gateway == interface.address {
            report(
                .gatewaySubnet, .warning, at: value.range, subject: subject,
                "the gateway \(gateway) of \(subject) is the host's own address",
                reason: "A host cannot be its own gateway.", proposal: "Write the router's address.")
        } else if !network.contains(gateway) {
            report(
                .gatewaySubnet, .warning, at: value.range, subject: subject,
                "the gateway \(gateway) of \(subject) is not in its network \(network.description)",
                reason: "The host cannot reach it.", proposal: "Correct the gateway, or the prefix length of 'ip'.")
        }
    }

    private mutating func checkControlData(_ table: Setting) {
        let managed = hosts.filter(\.isManaged)
        let without = managed.filter { $0.control == nil }
        guard without.count < managed.count, let first = without.first, !findings.contains(.badAddress) else { return }
        let names = without.prefix(3).map(\.hostString).joined(separator: ", ") + (without.count > 3 ? ", ..." : "")
        report(
            .controlDataPartial, .warning, at: table.keyRange, subject: "control_data",
            "control_data has no entry for \(Count.of(without.count, "host")) of role 'all': \(names)",
            reason: "Their management address is used for control traffic, so both networks must reach each other.",
            proposal: "Add an entry for \(without.count == 1 ? first.hostString : "each of them").")
    }
}
