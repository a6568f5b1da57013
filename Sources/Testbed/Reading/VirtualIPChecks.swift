import Addressing

extension Interpreter {
    /// Several controllers need an internal VIP; an external one needs it, too.
    mutating func checkPresence(_ internalVIP: GivenVIP?, _ externalVIP: GivenVIP?) {
        let controllers = managed(.cfgm)
        let isReadable = !isUnreadable(.ha, "contrail_internal_vip") && !isUnreadable(.ha, "internal_vip")
        let isFaulty = setting(.ha, "contrail_internal_vip") != nil || setting(.ha, "internal_vip") != nil
        let place = module.attribute("ha")?.range ?? rangeOfRole(.cfgm)
        if internalVIP == nil, isReadable, !isFaulty, controllers.count > 1 || externalVIP != nil {
            report(
                .internalVIPMissing, .error, at: externalVIP?.setting.keyRange ?? place, subject: "env.ha",
                controllers.count > 1
                    ? "there are \(controllers.count) controllers and no internal VIP"
                    : "there is an external VIP and no internal one",
                reason: controllers.count > 1
                    ? "Clients would have to choose a controller, and lose it when it fails."
                    : "The external VIP only adds to the internal one, which turns high availability on.",
                proposal: "Write env.ha = { 'contrail_internal_vip': 'a free address of the control network' }.")
        }
        guard let internalVIP else { return }
        if controllers.count == 1, rolesAreComplete {
            report(
                .singleController, .note, at: internalVIP.setting.keyRange, subject: internalVIP.subject,
                "there is a VIP and one controller only",
                reason: "Nobody takes the VIP over when that host fails.",
                proposal: "List three hosts in role 'cfgm', or leave the VIP for later growth.")
        }
        let hasTwoNetworks = controllers.contains { host in
            host.control.map { $0.address.description != host.address } ?? false
        }
        if externalVIP == nil, controllers.count > 1, hasTwoNetworks, !isUnreadable(.ha, "contrail_external_vip"),
            setting(.ha, "contrail_external_vip") == nil, setting(.ha, "external_vip") == nil
        {
            report(
                .externalVIPMissing, .warning, at: internalVIP.setting.keyRange, subject: "env.ha",
                "control_data makes two networks, and there is no external VIP",
                reason: "Who can reach the management network only has no VIP for the API and the console.",
                proposal: "Add 'contrail_external_vip': 'a free address of the management network'.")
        }
    }

    /// A VIP must not be the address of a machine.
    mutating func checkOwners(_ vips: [GivenVIP]) {
        var owners: [(address: IPAddress, owner: String)] = []
        for host in hosts {
            if let address = IPAddress(host.address) { owners.append((address, "the address of \(host.hostString)")) }
            if let control = host.control {
                owners.append((control.address, "the control address of \(host.hostString)"))
                if let gateway = control.gateway { owners.append((gateway, "the gateway of \(host.hostString)")) }
            }
        }
        for entry in module.variable("ext_routers")?.value.elements ?? [] {
            guard let parts = entry.elements, let text = parts.last?.stringValue, let address = IPAddress(text) else {
                continue
            }
            owners.append((address, "the address of an external router"))
        }
        for vip in vips {
            guard let owner = owners.first(where: { $0.address == vip.address }) else { continue }
            report(
                .vipIsHost, .error, at: vip.range, subject: vip.subject,
                "\(vip.subject) is \(vip.address), which is \(owner.owner)",
                reason: "A VIP moves from host to host, so nothing else may have its address.",
                proposal: "Write an address of the same network that nothing uses.")
        }
    }

    mutating func checkDuplicates(_ internalVIP: GivenVIP?, _ externalVIP: GivenVIP?) {
        guard let internalVIP, let externalVIP, internalVIP.address == externalVIP.address else { return }
        report(
            .vipDuplicate, .error, at: externalVIP.range, subject: externalVIP.subject,
            "the internal and the external VIP are both \(internalVIP.address)",
            reason: "Each is announced on its own; with one address they fight for it.",
            proposal:
                "With one network, remove \(externalVIP.subject): the internal VIP serves for both. With two, write an "
                + "address of the management network.")
    }

    /// The original's rules for hosts with both roles.
    mutating func checkSets(
        _ openStackInternal: GivenVIP?, _ openStackExternal: GivenVIP?, _ internalVIP: GivenVIP?,
        _ externalVIP: GivenVIP?
    ) {
        let openStack = Set(hosts.filter { $0.roles.contains(.openstack) }.map(\.hostString))
        let controllers = Set(managed(.cfgm).map(\.hostString))
        checkOpenStackVIPs(openStackInternal, openStackExternal)
        guard openStack.count > 1, controllers.count > 1, rolesAreComplete else { return }
        if let openStackInternal, let internalVIP {
            if openStack == controllers, openStackInternal.address != internalVIP.address {
                report(
                    .vipSets, .error, at: internalVIP.range, subject: internalVIP.subject,
                    "roles 'openstack' and 'cfgm' are on the same hosts, and their internal VIPs differ",
                    reason: "The original refuses it: one group of hosts has one internal VIP.",
                    proposal: "Remove 'contrail_internal_vip', or write the same address for both.")
            } else if openStack != controllers, openStackInternal.address == internalVIP.address {
                report(
                    .vipSets, .error, at: internalVIP.range, subject: internalVIP.subject,
                    "roles 'openstack' and 'cfgm' are on different hosts, and their internal VIP is the same",
                    reason: "Two groups of hosts would fight for one address.",
                    proposal: "Write another free address as 'contrail_internal_vip'.")
            }
        }
        if let openStackExternal, let externalVIP, openStack != controllers,
            openStackExternal.address == externalVIP.address
        {
            report(
                .vipSets, .error, at: externalVIP.range, subject: externalVIP.subject,
                "roles 'openstack' and 'cfgm' are on different hosts, and their external VIP is the same",
                reason: "Two groups of hosts would fight for one address.",
                proposal: "Write another free address as 'contrail_external_vip'.")
        }
    }

    /// The original's rules for OpenStack's own VIPs, which Skein reads and does not deploy.
    private mutating func checkOpenStackVIPs(_ internalVIP: GivenVIP?, _ externalVIP: GivenVIP?) {
        let members = managed(.openstack)
        guard members.count > 1, rolesAreComplete else { return }
        let hasTwoNetworks = members.contains { host in
            host.control.map { $0.address.description != host.address } ?? false
        }
        if let internalVIP, externalVIP == nil, hasTwoNetworks {
            report(
                .externalVIPMissing, .warning, at: internalVIP.setting.keyRange, subject: "env.ha",
                "control_data makes two networks, and OpenStack has no 'external_vip'",
                reason: "Who can reach the management network only has no VIP for OpenStack's dashboard.",
                proposal: "Add 'external_vip': 'a free address of the management network'.")
        } else if let externalVIP, !hasTwoNetworks {
            report(
                .externalVIPUnneeded, .note, at: externalVIP.setting.keyRange, subject: externalVIP.subject,
                "\(externalVIP.subject) is set, and there is one network only",
                reason:
                    "With one network the internal VIP serves for everything; the original's later versions refuse two.",
                proposal: "Remove \(externalVIP.subject), or add control_data if there are two networks.")
        }
    }
}
