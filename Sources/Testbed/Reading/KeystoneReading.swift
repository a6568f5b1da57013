import Addressing

extension Interpreter {
    /// Reads `env.keystone` with the older variables and the original's defaults. Nil when its address is not known.
    mutating func keystone(
        internalVIP: Testbed.VirtualIP?, externalVIP: Testbed.VirtualIP?
    ) -> Testbed.Keystone? {
        guard module.attribute("keystone") != nil || setting(.variable, "keystone_ip") != nil else {
            reportNoOpenStack()
            return nil
        }
        let address = keystoneAddress(internalVIP, externalVIP)
        var keystone = Testbed.Keystone(address: address ?? "")
        if let setting = setting(.keystone, "auth_protocol"), let word = choice(setting, ["http", "https"]) {
            keystone.authProtocol = word
        }
        readPort(into: &keystone)
        readCredentials(into: &keystone)
        if let setting = setting(.keystone, "admin_tenant"), let text = text(setting) { keystone.adminProject = text }
        if let setting = setting(.keystone, "service_tenant"), let text = text(setting) {
            keystone.serviceProject = text
        }
        if let setting = setting(.keystone, "user_domain_name"), let text = text(setting) { keystone.userDomain = text }
        if let setting = setting(.keystone, "project_domain_name"), let text = text(setting) {
            keystone.projectDomain = text
        }
        if let setting = preferred("region_name", over: "region_name"), let text = text(setting) {
            keystone.region = text
        }
        if let setting = setting(.keystone, "cafile"), let text = text(setting) {
            keystone.caFile = HomePath.expand(text, home: homeDirectory)
        }
        readSwitches(into: &keystone)
        checkVersion()
        checkProtocols(keystone)
        return address == nil ? nil : keystone
    }

    /// With the original a file without `env.keystone` asked for Juniper's own OpenStack.
    private mutating func reportNoOpenStack() {
        report(
            .openStackNotInstalled, .error, at: rangeOfRole(.openstack), subject: "env.keystone",
            "the file has no env.keystone: it asks for an OpenStack of the original's own, which is not installed yet",
            reason:
                "Skein does not install Keystone, Nova, Glance, Cinder, Heat, Horizon and their database yet; it needs a "
                + "Keystone that is there.",
            proposal: "Write env.keystone = { 'keystone_ip': 'the address of Keystone or of its VIP', ... }.")
    }

    /// A key of `env.keystone`, else the older variable of that meaning.
    private mutating func preferred(_ key: String, over variable: String) -> Setting? {
        let own = setting(.keystone, key)
        guard let legacy = setting(.variable, variable) else { return own }
        report(
            .legacyName, .note, at: legacy.keyRange, subject: variable,
            own == nil
                ? "the variable \(variable) is the older form of env.keystone['\(key)']; Skein reads it as that"
                : "the variable \(variable) is ignored: env.keystone['\(key)'] replaces it",
            reason: "The original kept it for old files.", proposal: "Move it to env.keystone['\(key)'].")
        return own ?? legacy
    }

    // MARK: Address

    /// keystone_ip, else internal_vip, else the only OpenStack host.
    private mutating func keystoneAddress(
        _ internalVIP: Testbed.VirtualIP?, _ externalVIP: Testbed.VirtualIP?
    ) -> String? {
        if isUnreadable(.keystone, "keystone_ip") { return nil }
        if let setting = preferred("keystone_ip", over: "keystone_ip") {
            return checkedAddress(setting, internalVIP, externalVIP)
        }
        if let vip = find(.ha, "internal_vip")?.value.stringValue, IPAddress(vip) != nil { return vip }
        let members = hosts.filter { $0.roles.contains(.openstack) }
        if members.count == 1, let host = members.first { return host.controlAddress }
        guard rolesAreComplete, !isUnreadable(.ha, "internal_vip") else { return nil }
        report(
            .keystoneAddressMissing, .error,
            at: module.attribute("keystone")?.range ?? rangeOfRole(.openstack), subject: "env.keystone['keystone_ip']",
            members.isEmpty
                ? "nothing tells where Keystone is: there is no keystone_ip and no host of role 'openstack'"
                : "there are \(members.count) OpenStack hosts, and nothing tells which address Keystone has",
            reason: "Every request's token is checked with Keystone.",
            proposal: "Write env.keystone = { 'keystone_ip': 'the address of Keystone or of its VIP', ... }.")
        return nil
    }

    private mutating func checkedAddress(
        _ setting: Setting, _ internalVIP: Testbed.VirtualIP?, _ externalVIP: Testbed.VirtualIP?
    ) -> String? {
        guard let text = setting.value.stringValue, DNSName.isValid(text), !Placeholder.isPlaceholder(text) else {
            guard let address = address(setting.value, setting.subject, .badAddress) else { return nil }
            checkOwnVIP(address, setting, internalVIP, externalVIP)
            return address.description
        }
        return text
    }

    private mutating func checkOwnVIP(
        _ address: IPAddress, _ setting: Setting, _ internalVIP: Testbed.VirtualIP?, _ externalVIP: Testbed.VirtualIP?
    ) {
        let openStack = hosts.filter { $0.roles.contains(.openstack) }
        let isOnControllers = !openStack.isEmpty && openStack.allSatisfy { $0.isManaged && $0.roles.contains(.cfgm) }
        guard address == internalVIP?.address || address == externalVIP?.address, !isOnControllers else { return }
        report(
            .vipIsHost, .error, at: setting.value.range, subject: setting.subject,
            "\(setting.subject) is \(address), which is also a VIP of the controllers",
            reason: "Keystone is not on the controllers, so nothing would answer there.",
            proposal: "Write the address of Keystone, or another VIP.")
    }

    // MARK: Port, version, protocol

    private mutating func readPort(into keystone: inout Testbed.Keystone) {
        let reason = "Keystone has no separate admin port any more; 5000 serves for everything."
        guard let setting = setting(.keystone, "auth_port") else {
            guard module.attribute("keystone") != nil, !isUnreadable(.keystone, "auth_port") else { return }
            return report(
                .keystonePort, .note, at: range(of: .keystone), subject: "env.keystone['auth_port']",
                "the port of Keystone is the default, 35357; Skein tries it and then 5000", reason: reason,
                proposal: "Write 'auth_port': '5000' for a Keystone of today.")
        }
        guard let port = integer(setting, 1...65_535, "port") else { return }
        keystone.authPort = port
        guard port == 35_357 else { return }
        report(
            .keystonePort, .warning, at: setting.value.range, subject: setting.subject,
            "port 35357 is one that today's Keystone does not have; Skein tries it and then 5000", reason: reason,
            proposal: "Write 'auth_port': '5000' for a Keystone of today.")
    }

    private mutating func checkVersion() {
        guard let setting = setting(.keystone, "version"), let text = text(setting) else { return }
        switch text.lowercased() {
        case "v3", "3", "v3.0": return
        case "v2.0", "v2", "2.0", "2":
            report(
                .keystoneVersion, .warning, at: setting.value.range, subject: setting.subject,
                "Keystone's API \(text) is gone; Skein uses v3",
                reason:
                    "Keystone removed it in 2018. Tenants are projects, in the domain 'Default' unless told otherwise.",
                proposal: "Write 'version': 'v3', or remove the line.")
        default: _ = choice(setting, ["v3", "v2.0"])
        }
    }

    private mutating func checkProtocols(_ keystone: Testbed.Keystone) {
        let openStack = hosts.filter { $0.roles.contains(.openstack) }
        guard keystone.authProtocol == "https", !openStack.isEmpty, openStack.allSatisfy(\.isManaged) else { return }
        let setting = setting(.cfgm, "auth_protocol")
        // Who asks for https there is told elsewhere that it is not served yet.
        guard setting.map({ text($0) ?? "" }) ?? "http" == "http" else { return }
        report(
            .protocolMismatch, .warning, at: setting?.value.range ?? range(of: .keystone),
            subject: SettingPlace.cfgm.subject("auth_protocol"),
            "Keystone uses https, and Skein serves its APIs by http",
            reason: "The original refuses it: tokens that Keystone protects pass in clear text there.",
            proposal: "Let only those into the networks of the VIPs who may see tokens, or put a TLS proxy before them."
        )
    }

    // MARK: Credentials

    private mutating func readCredentials(into keystone: inout Testbed.Keystone) {
        let user = preferred("admin_user", over: "keystone_admin_user")
        if let user, let text = text(user) { keystone.adminUser = text }
        let password =
            preferred("admin_password", over: "keystone_admin_password")
            ?? setting(.environment, "openstack_admin_password")
        if let password {
            if let text = text(password) {
                keystone.adminPassword = text
                checkPassword(text, password)
            }
        } else if !isUnreadable(.keystone, "admin_password"), module.attribute("keystone") != nil || !hosts.isEmpty {
            report(
                .defaultPassword, .warning, at: range(of: .keystone), subject: "env.keystone['admin_password']",
                "the file has no password for Keystone's '\(keystone.adminUser)'; Skein takes the original's default",
                reason: "The default is in the original's manual, so everybody knows it.",
                proposal: "Write env.keystone['admin_password'].")
        }
        if let setting = setting(.keystone, "neutron_password"), let text = text(setting) {
            keystone.neutronPassword = text
            checkPassword(text, setting)
        }
        checkToken(hasUser: user != nil, hasPassword: password != nil)
    }

    private mutating func checkToken(hasUser: Bool, hasPassword: Bool) {
        if let legacy = setting(.variable, "service_token") {
            report(
                .unusedKey, .note, at: legacy.keyRange, subject: "service_token", "service_token is not used by Skein",
                reason: "Skein signs in to Keystone with a user and a password.", proposal: "It can stay or go.")
        }
        guard let token = setting(.keystone, "admin_token") else { return }
        let missing = [hasUser ? nil : "'admin_user'", hasPassword ? nil : "'admin_password'"].compactMap(\.self)
        let defaults = missing.isEmpty ? "" : ", and takes the default of \(missing.joined(separator: " and "))"
        report(
            .adminToken, .warning, at: token.keyRange, subject: token.subject,
            "\(token.subject) is not used: Skein signs in as 'admin_user' with 'admin_password'\(defaults)",
            reason:
                "The token of keystone.conf opens everything to whoever has it, without a user in the log; Keystone "
                + "removed it in 2020.",
            proposal: missing.isEmpty
                ? "Remove the token from this file, and from keystone.conf."
                : "Write \(missing.joined(separator: " and ")), and remove the token.")
    }

    // MARK: Switches

    private mutating func readSwitches(into keystone: inout Testbed.Keystone) {
        if let setting = setting(.keystone, "insecure"), let value = boolean(setting) {
            keystone.insecure = value
            if value { reportInsecure(setting, keystone.authProtocol) }
        }
        guard let setting = setting(.keystone, "manage_neutron"), let value = boolean(setting) else { return }
        keystone.managesNeutron = value
        checkServiceUser(keystone, setting)
        if let text = setting.value.stringValue, ["yes", "no"].contains(text) { return }
        report(
            .booleanSpelling, .warning, at: setting.value.range, subject: setting.subject,
            "\(setting.subject) is \(setting.value.description); Skein takes it as '\(value ? "yes" : "no")'",
            reason: "The original knows 'yes' and 'no' only, and took everything but 'no' for 'yes'.",
            proposal: "Write '\(value ? "yes" : "no")'.")
    }

    /// The administrator's password is not for controllers to keep: they sign in as a user of their own, which is then
    /// the operator's to make.
    private mutating func checkServiceUser(_ keystone: Testbed.Keystone, _ setting: Setting) {
        guard !keystone.managesNeutron, keystone.neutronPassword == nil, !isUnreadable(.keystone, "neutron_password")
        else { return }
        report(
            .serviceUser, .warning, at: setting.value.range, subject: setting.subject,
            "the controllers sign in as user 'neutron', which is yours to make: there is no 'neutron_password'",
            reason:
                "The original left the administrator's password on them. Skein makes one up for 'neutron' instead, which "
                + "needs role 'admin' in project '\(keystone.serviceProject)'.",
            proposal:
                "`skein up` prints the commands that make it. When there is such a user, write its 'neutron_password'."
        )
    }

    private mutating func reportInsecure(_ setting: Setting, _ authProtocol: String) {
        if authProtocol == "https" {
            report(
                .insecureTLS, .warning, at: setting.value.range, subject: setting.subject,
                "CERTIFICATES ARE NOT VERIFIED: \(setting.subject) is set",
                reason: "Whoever stands between can read and change every password and token.",
                proposal: "Remove it, and name Keystone's CA: 'cafile': '/path/to/ca.pem'.")
        } else {
            report(
                .insecureTLS, .warning, at: setting.value.range, subject: setting.subject,
                "\(setting.subject) is set, and 'auth_protocol' is http: nothing is protected at all",
                reason:
                    "'insecure' only means anything with https. With http, passwords and tokens pass in clear text.",
                proposal: "Use https if Keystone offers it; remove 'insecure' in either case.")
        }
    }
}
