import Addressing

extension Interpreter {
    /// A virtual IP as the file gives it.
    struct GivenVIP {
        var setting: Setting
        var address: IPAddress
        var subject: String { setting.subject }
        var range: SourceRange { setting.value.range }
    }

    /// A VRRP id, and the setting it comes from; nil for the default.
    struct GivenID {
        var id: Int
        var setting: Setting?
    }

    /// The VRRP id when nothing is said.
    static let defaultRouterID = 100

    /// Reads the VIPs and their VRRP ids with the original's inheritance, and checks them.
    mutating func virtualIPs() -> (internalVIP: Testbed.VirtualIP?, externalVIP: Testbed.VirtualIP?) {
        let openStackInternal = givenVIP("internal_vip")
        let openStackExternal = givenVIP("external_vip")
        let ownInternal = givenVIP("contrail_internal_vip")
        let ownExternal = givenVIP("contrail_external_vip")
        var internalVIP = ownInternal
        var externalVIP = ownExternal
        if find(.ha, "contrail_internal_vip") == nil || setting(.ha, "contrail_internal_vip") == nil {
            internalVIP = inherited(openStackInternal, for: "contrail_internal_vip", ownInternal)
        }
        // The original inherits the external one by itself, too.
        if find(.ha, "contrail_external_vip") == nil || setting(.ha, "contrail_external_vip") == nil {
            externalVIP = inherited(openStackExternal, for: "contrail_external_vip", ownExternal)
        }
        let ids = routerIDs()
        checkPresence(internalVIP, externalVIP)
        checkOwners([internalVIP, externalVIP].compactMap(\.self))
        checkDuplicates(internalVIP, externalVIP)
        checkSets(openStackInternal, openStackExternal, internalVIP, externalVIP)
        let share = checkNetworks(internalVIP, externalVIP)
        let external = checkClash(ids, internalVIP, externalVIP, shareNetwork: share)
        return (
            internalVIP.map { .init(address: $0.address, virtualRouterID: ids.internalID.id) },
            externalVIP.map { .init(address: $0.address, virtualRouterID: external) }
        )
    }

    private mutating func givenVIP(_ name: String) -> GivenVIP? {
        guard let setting = setting(.ha, name), let address = address(setting.value, setting.subject, .vipFormat) else {
            return nil
        }
        return GivenVIP(setting: setting, address: address)
    }

    private mutating func inherited(_ other: GivenVIP?, for name: String, _ own: GivenVIP?) -> GivenVIP? {
        guard own == nil, let other else { return own }
        report(
            .vipInherited, .warning, at: other.setting.keyRange, subject: other.subject,
            "env.ha has no '\(name)'; Skein takes \(other.subject), \(other.address), as the original did",
            reason:
                "That VIP is OpenStack's: Contrail's inherits it without a word, which is right only when both run on "
                + "the same hosts.",
            proposal: "Write '\(name)': '\(other.address)' if this is meant, else the controllers' own VIP.")
        return other
    }

    // MARK: VRRP ids

    /// The ids of the four instances, each inheriting as in the original.
    struct RouterIDs {
        var openStackInternalID: GivenID
        var internalID: GivenID
        var externalID: GivenID
    }

    private mutating func routerIDs() -> RouterIDs {
        let base = routerID("internal_virtual_router_id") ?? GivenID(id: Self.defaultRouterID, setting: nil)
        _ = routerID("external_virtual_router_id")
        let internalID = routerID("contrail_internal_virtual_router_id") ?? base
        let externalID = routerID("contrail_external_virtual_router_id") ?? GivenID(id: internalID.id, setting: nil)
        return RouterIDs(openStackInternalID: base, internalID: internalID, externalID: externalID)
    }

    private mutating func routerID(_ name: String) -> GivenID? {
        guard let setting = setting(.ha, name) else { return nil }
        let number: Int?
        switch setting.value.kind {
        case .integer(let value): number = value
        case .string(let text):
            number = Int(text.trimmingSpaces)
            if let number, (1...255).contains(number) {
                report(
                    .vrrpIDString, .warning, at: setting.value.range, subject: setting.subject,
                    "\(setting.subject) is in quotes; Skein takes it as the number \(number)",
                    reason: "The original crashes on it in the middle of a deployment.",
                    proposal: "Write \(number) without quotes.")
            }
        case .unknown: return nil
        default: number = nil
        }
        if let number, (1...255).contains(number) { return GivenID(id: number, setting: setting) }
        report(
            .vrrpIDRange, .error, at: setting.value.range, subject: setting.subject,
            "\(setting.subject) is \(setting.value.description); a VRRP id is a number from 1 to 255",
            reason: "It has one byte in VRRP's packets, and 0 is reserved; keepalived refuses to start.",
            proposal: "Write a number from 1 to 255 that no other VRRP speaker of the network uses.")
        return nil
    }

    /// - Returns: the id of the external VIP.
    private mutating func checkClash(
        _ ids: RouterIDs, _ internalVIP: GivenVIP?, _ externalVIP: GivenVIP?, shareNetwork: Bool
    ) -> Int {
        var external = ids.externalID.id
        if let externalVIP, internalVIP != nil, ids.internalID.id == external, shareNetwork {
            if ids.externalID.setting != nil {
                report(
                    .vrrpIDClash, .error, at: ids.externalID.setting?.value.range ?? externalVIP.range,
                    subject: "VRRP ids", "both VIPs have the VRRP id \(external) in the same network",
                    reason: "keepalived tells instances on one interface apart by the id alone.",
                    proposal:
                        "Write another 'contrail_external_virtual_router_id', such as \(Self.neighbour(external)).")
            } else {
                external = Self.neighbour(external)
                report(
                    .vrrpIDClash, .warning, at: externalVIP.setting.keyRange, subject: "VRRP ids",
                    "both VIPs are in one network and would share the VRRP id \(ids.internalID.id); "
                        + "Skein gives the external one \(external)",
                    reason: "keepalived tells instances on one interface apart by the id alone.",
                    proposal: "Write 'contrail_external_virtual_router_id': \(external), or another free id.")
            }
        }
        if let internalVIP, ids.internalID.setting == nil {
            report(
                .vrrpIDDefault, .note, at: internalVIP.setting.keyRange, subject: "VRRP ids",
                "the VRRP id is the default, \(ids.internalID.id)",
                reason:
                    "Every installation of this kind in the same network has it unless told otherwise, and two with one "
                    + "id take each other's VIP: the most reported fault of Contrail's HA.",
                proposal:
                    "Write 'contrail_internal_virtual_router_id': a number from 1 to 255 that is free in the network.")
        }
        if let other = setting(.ha, "internal_vip"), let internalVIP,
            other.value.stringValue != internalVIP.setting.value.stringValue,
            let given = ids.openStackInternalID.setting, let own = ids.internalID.setting,
            given.name != own.name, given.value.range != own.value.range,
            ids.openStackInternalID.id == ids.internalID.id
        {
            report(
                .vrrpIDClash, .warning, at: own.value.range, subject: own.subject,
                "\(own.subject) and \(given.subject) are both \(ids.internalID.id), for different VIPs",
                reason: "Both are announced in the control network; with one id the two groups take each other's VIP.",
                proposal: "Give each its own id.")
        }
        return external
    }

    private static func neighbour(_ id: Int) -> Int { id < 255 ? id + 1 : id - 1 }
}

extension String {
    /// Without white space at both ends.
    var trimmingSpaces: Substring {
        var text = Substring(self)
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
