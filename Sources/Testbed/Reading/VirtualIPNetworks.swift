import Addressing

extension Interpreter {
    /// Checks that each VIP is in the network of the controllers' interface.
    ///
    /// - Returns: whether both VIPs are in one network, so that one interface carries both.
    mutating func checkNetworks(_ internalVIP: GivenVIP?, _ externalVIP: GivenVIP?) -> Bool {
        let controllers = managed(.cfgm)
        let known = Set(
            hosts.compactMap { host in
                host.control.flatMap { CIDR($0.address, prefixLength: $0.prefixLength) }
            })
        let controlNetworks = Set(
            controllers.compactMap { host in
                host.control.flatMap { CIDR($0.address, prefixLength: $0.prefixLength) }
            })
        let management = controllers.compactMap { IPAddress($0.address) }
        let managementNetwork = known.first { network in !management.isEmpty && management.allSatisfy(network.contains)
        }
        if let internalVIP {
            if controlNetworks.isEmpty {
                checkGuess(internalVIP, management, known: managementNetwork)
            } else {
                checkControlNetworks(internalVIP, controlNetworks)
            }
        }
        if let externalVIP {
            if managementNetwork == nil,
                let control = controlNetworks.first(where: { $0.contains(externalVIP.address) })
            {
                report(
                    .vipSubnet, .warning, at: externalVIP.range, subject: externalVIP.subject,
                    "\(externalVIP.subject) is \(externalVIP.address), in the control network \(control.description)",
                    reason: "It is there for users, who reach the management network.",
                    proposal: "Write a free address of the management network.")
            } else {
                checkGuess(externalVIP, management, known: managementNetwork)
            }
        }
        guard let internalVIP, let externalVIP else { return false }
        let share =
            known.contains { $0.contains(internalVIP.address) && $0.contains(externalVIP.address) }
            || (controlNetworks.isEmpty && Self.guess(internalVIP.address) == Self.guess(externalVIP.address))
        if share, internalVIP.address != externalVIP.address {
            report(
                .externalVIPUnneeded, .note, at: externalVIP.setting.keyRange, subject: externalVIP.subject,
                "both VIPs are in one network",
                reason:
                    "With one network the internal VIP serves for everything; the original's later versions refuse two.",
                proposal: "Remove \(externalVIP.subject), or add control_data if there are two networks.")
        }
        return share
    }

    private mutating func checkControlNetworks(_ vip: GivenVIP, _ networks: Set<CIDR>) {
        let sorted = networks.sorted { $0.first < $1.first }
        if sorted.count > 1 {
            report(
                .controlNetworksDiffer, .error, at: module.variable("control_data")?.range ?? vip.range,
                subject: "control_data",
                "the controllers are in different control networks: "
                    + sorted.map(\.description).joined(separator: ", "),
                reason: "A VIP can only move between hosts of one network.",
                proposal: "Put the hosts of role 'cfgm' into one control network.")
        }
        guard let network = sorted.first(where: { $0.contains(vip.address) }) else {
            return report(
                .vipSubnet, .error, at: vip.range, subject: vip.subject,
                "\(vip.subject) is \(vip.address), outside of the control network "
                    + sorted.map(\.description).joined(separator: ", "),
                reason: "No other host of that network would ask for it, so nobody reaches it.",
                proposal: "Write a free address of the control network.")
        }
        checkEdges(vip, network)
    }

    /// Judges by the network when it is known, else by the first 24 bits, which only earns a warning.
    private mutating func checkGuess(_ vip: GivenVIP, _ management: [IPAddress], known: CIDR?) {
        if let known {
            guard known.contains(vip.address) else {
                return report(
                    .vipSubnet, .error, at: vip.range, subject: vip.subject,
                    "\(vip.subject) is \(vip.address), outside of the management network \(known.description)",
                    reason: "No other host of that network would ask for it, so nobody reaches it.",
                    proposal: "Write a free address of the management network.")
            }
            return checkEdges(vip, known)
        }
        let guesses = Set(management.map { Self.guess($0) })
        guard guesses.count == 1, let guess = guesses.first, let network = guess, !network.contains(vip.address) else {
            return
        }
        report(
            .vipSubnet, .warning, at: vip.range, subject: vip.subject,
            "\(vip.subject) is \(vip.address), and all controllers' addresses are in \(network.description)",
            reason:
                "A VIP must be in the network of the interface that carries it; the file does not tell how large that "
                + "network is, or of another one.",
            proposal: "Check the VIP; if the controllers have a second network, describe it in control_data.")
    }

    private mutating func checkEdges(_ vip: GivenVIP, _ network: CIDR) {
        guard network.family == .v4, network.prefixLength < 31,
            vip.address == network.first || vip.address == network.last
        else { return }
        report(
            .vipSubnet, .error, at: vip.range, subject: vip.subject,
            "\(vip.subject) is \(vip.address), the \(vip.address == network.first ? "network" : "broadcast") address of "
                + network.description,
            reason: "No host can have it.", proposal: "Write a free address between the two ends of the network.")
    }

    /// The network an address is probably in.
    private static func guess(_ address: IPAddress) -> CIDR? {
        CIDR(address, prefixLength: address.family == .v4 ? 24 : 64)
    }
}
