import Addressing

extension Interpreter {
    /// Reads what belongs to neither hosts nor VIPs nor Keystone.
    mutating func readOtherSettings(into testbed: inout Testbed) {
        if let setting = setting(.variable, "router_asn"),
            let number = integer(setting, 1...4_294_967_295, "autonomous system number")
        {
            testbed.autonomousSystem = number
        }
        if let setting = setting(.variable, "minimum_diskGB") {
            testbed.minimumDiskGB = integer(setting, 0...1_000_000, "number of GB")
        }
        if let setting = setting(.variable, "pagination_max_limit") {
            testbed.largestPage = integer(setting, 1...1_000_000, "number of objects")
        }
        testbed.externalRouters = externalRouters()
        testbed.keyFile = keyFile()
    }

    private mutating func externalRouters() -> [Testbed.ExternalRouter] {
        guard let setting = setting(.variable, "ext_routers") else { return [] }
        let form = "Write ext_routers = [('mx1', '192.0.2.1')]."
        guard let elements = setting.value.elements else {
            wrongType(setting, "a list of (name, address) pairs", form)
            return []
        }
        // `('mx1', '192.0.2.1')` alone: the brackets of the list are missing.
        var pairs = elements
        if elements.count == 2, elements.allSatisfy({ $0.stringValue != nil }) { pairs = [setting.value] }
        return pairs.compactMap { pair -> Testbed.ExternalRouter? in
            guard let parts = pair.elements, parts.count == 2, let name = parts[0].stringValue else {
                wrongType("an element of ext_routers", pair, "a (name, address) pair", form)
                return nil
            }
            return address(parts[1], "the address of external router '\(name)'", .badAddress).map {
                .init(name: name, address: $0)
            }
        }
    }

    private mutating func keyFile() -> String? {
        guard let setting = setting(.environment, "key_filename") else { return nil }
        var value = setting.value
        if let elements = value.elements {
            guard let first = elements.first else { return nil }
            value = first
        }
        guard let text = value.stringValue else {
            wrongType(setting, "a path", "Write env.key_filename = '/root/.ssh/id_ed25519'.")
            return nil
        }
        let path = HomePath.expand(text, home: homeDirectory)
        guard path.hasSuffix(".pub") else { return path }
        let privatePath = String(path.dropLast(4))
        report(
            .publicKeyFile, .warning, at: value.range, subject: setting.subject,
            "env.key_filename names a public key; Skein uses '\(privatePath)'",
            reason: "SSH signs in with the private half; the original's example names the wrong file.",
            proposal: "Write '\(privatePath)'.")
        return privatePath
    }

    /// Settings that Skein knows and cannot honour.
    mutating func checkSettingsWithoutEffect() {
        checkBroker()
        if let setting = setting(.cfgm, "provision_neutron_server"), boolean(setting) == false {
            report(
                .unsupportedSetting, .warning, at: setting.value.range, subject: setting.subject,
                "\(setting.subject) is off; Skein serves the Neutron API on the cfgm hosts all the same",
                reason: "It is the API that clients use; nothing else of Skein's offers it.",
                proposal: "Remove it. To leave Keystone's catalogue alone, write env.keystone['manage_neutron']: 'no'.")
        }
        if let setting = setting(.cfgm, "auth_protocol"), choice(setting, ["http", "https"]) == "https" {
            report(
                .unsupportedSetting, .warning, at: setting.value.range, subject: setting.subject,
                "\(setting.subject) is 'https'; Skein serves its APIs by http yet",
                reason: "Tokens and what they open pass in clear text in the networks of the VIPs.",
                proposal:
                    "Write 'http' or remove it; put a TLS proxy before the VIPs where others are in those networks.")
        }
        checkAuthentication()
        if let setting = setting(.environment, "orchestrator"), let text = text(setting), text != "openstack" {
            report(
                .unsupportedSetting, .warning, at: setting.value.range, subject: setting.subject,
                "\(setting.subject) is '\(text)'; Skein serves OpenStack", reason: "It knows no other orchestrator.",
                proposal: "Write 'openstack', or remove the line.")
        }
    }

    private mutating func checkBroker() {
        if let setting = setting(.openstack, "manage_amqp") {
            let text = setting.value.stringValue ?? ""
            if text == "yes" || text == "no" {
                report(
                    .unusedKey, .note, at: setting.keyRange, subject: setting.subject,
                    "\(setting.subject) is not used by Skein",
                    reason: "Skein's message broker is its own and never OpenStack's.", proposal: "It can stay or go.")
            } else {
                report(
                    .ineffectiveValue, .warning, at: setting.value.range, subject: setting.subject,
                    "\(setting.subject) is \(setting.value.description), which never had an effect",
                    reason:
                        "The original acts on exactly 'yes' and takes everything else for 'no'. Skein's message broker "
                        + "is its own in either case.",
                    proposal: "Remove it, or write 'yes' or 'no'.")
            }
        }
        for name in ["amqp_hosts", "amqp_port", "amqp_password"] {
            guard let setting = setting(.cfgm, name) else { continue }
            report(
                .unsupportedSetting, .warning, at: setting.keyRange, subject: setting.subject,
                "\(setting.subject) asks for another message broker; Skein deploys its own",
                reason:
                    "Its broker is a cluster on the cfgm hosts and is not shared: a foreign one's faults would be its own.",
                proposal: "Remove it.")
        }
    }

    private mutating func checkAuthentication() {
        let tenancy = setting(.variable, "multi_tenancy")
        let mode = setting(.variable, "aaa_mode")
        if let tenancy, boolean(tenancy) == false { reportNoAuthentication(tenancy) }
        guard let mode, let word = choice(mode, ["cloud-admin", "rbac", "no-auth"]) else { return }
        if word == "no-auth", tenancy == nil { reportNoAuthentication(mode) }
    }

    private mutating func reportNoAuthentication(_ setting: Setting) {
        report(
            .noAuthentication, .warning, at: setting.value.range, subject: setting.subject,
            "\(setting.subject) asks for APIs without authentication; Skein keeps it on",
            reason: "Whoever reaches a VIP could change every network.",
            proposal: "Remove it, or write multi_tenancy = True.")
    }
}
