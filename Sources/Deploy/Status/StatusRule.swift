import Blueprint
import JSON
import Testbed

/// Turns a host's answers into the states of its services. Pure.
struct StatusRule {
    let host: Testbed.Host
    let answers: [String: String]
    let hasVirtualIP: Bool

    func status(virtualIPs: [String]) -> HostStatus {
        var sections: [HostStatus.Section] = []
        func add(_ title: String, _ services: [ServiceState]) {
            if !services.isEmpty { sections.append(.init(title: title, services: services)) }
        }
        add("Analytics", host.roles.contains(.collector) ? [skein("skein-collector", .collector)] : [])
        add(
            "Config",
            host.roles.contains(.cfgm)
                ? [skein("skein-config-api", .config), skein("skein-neutron-api", .neutron)] : [])
        add("Web UI", host.roles.contains(.webui) ? [skein("skein-console", .console)] : [])
        add("Database", host.roles.contains(.database) ? [store] : [])
        let held = Set((answers["addresses"] ?? "").split(separator: " ").map(String.init)).intersection(virtualIPs)
        if host.roles.contains(.cfgm) {
            add("Support Services", [broker, proxy] + (hasVirtualIP ? [vip(held: held), vipHealth] : []))
        }
        return HostStatus(
            name: host.name, address: host.address, failure: nil, sections: sections,
            virtualIPs: virtualIPs.filter(held.contains), brokerNodes: brokerNodes, waiting: waiting,
            lostNotices: lostNotices, unreadable: unreadable, storeID: MemberSurvey.identity(answers["store.id"]),
            storeMembers: Set((answers["store.members"] ?? "").split(separator: " ").map(String.init)))
    }

    /// What systemd says of a unit; nil when it runs.
    private func stopped(_ name: String, _ unit: String) -> ServiceState? {
        switch answers["unit.\(unit)"] ?? "" {
        case "active", "reloading": nil
        case "activating": ServiceState(name, .initializing, "\(unit) is starting")
        case "failed": ServiceState(name, .failed, "journalctl -u \(unit) on the host says why")
        case "deactivating", "inactive", "": ServiceState(name, .inactive, "\(unit) does not run")
        case let other: ServiceState(name, .failed, "\(unit) is \(other)")
        }
    }

    /// A service of `skein serve`: what it says of itself, else whether it is ready.
    private func skein(_ name: String, _ service: ProxiedService) -> ServiceState {
        if let stopped = stopped(name, DeploymentUnit.controller) { return stopped }
        let answer = answers["ready.\(service.rawValue)"] ?? ""
        let words = answer.split(separator: " ")
        guard let code = words.last.flatMap({ Int($0) }) else { return ServiceState(name, .initializing, answer) }
        switch code {
        case 200: return ServiceState(name, .active)
        case 0 where answer.contains("timed out"): return ServiceState(name, .timeout, "no answer in 2 s")
        case 0: return ServiceState(name, .initializing, "port \(service.backendPort) does not answer")
        default: return ServiceState(name, .initializing, Self.reason(in: words.dropLast().joined(separator: " ")))
        }
    }

    /// The words of an error body, be it JSON or plain text.
    private static func reason(in body: String) -> String {
        guard let value = try? JSONValue(parsing: body) else { return String(body.prefix(200)) }
        for name in ["reason", "error", "message"] {
            if let text = value[name]?.stringValue { return text }
        }
        return String(body.prefix(200))
    }

    private var store: ServiceState {
        let name = "etcd"
        let entry = (answers["store"]).flatMap { try? JSONValue(parsing: $0) }?.arrayValue?.first?["Status"]
        if let stopped = stopped(name, DeploymentUnit.store), stopped.state != .initializing {
            guard answers["store.data"] == "yes" else {
                return ServiceState(
                    name, .failed,
                    "it has no data: `skein up TESTBED` adds a new member, and `skein replace TESTBED \(host.name)` makes one "
                        + "anew that was lost")
            }
            return stopped
        }
        let isHealthy = (answers["store.health"] ?? "").contains("true")
        guard isHealthy else {
            let errors = entry?["errors"]?.arrayValue?.compactMap(\.stringValue) ?? []
            // Without a majority it says so in other words, or does not answer at all.
            let others = errors.filter { !$0.contains("no leader") }
            if others.contains(where: { $0.contains("alarm:NOSPACE") }) {
                return ServiceState(
                    name, .failed, "the store is full and takes no writes: `skein defragment TESTBED` makes room")
            }
            return ServiceState(
                name, .initializing, others.isEmpty ? "no majority of the members" : others.joined(separator: ", "))
        }
        let member = entry?["header"]?["member_id"]
        let isLeader = member != nil && member == entry?["leader"]
        return ServiceState(name, .active, isLeader ? "leader" : "")
    }

    private var broker: ServiceState {
        let name = "rabbitmq-server"
        if let stopped = stopped(name, DeploymentUnit.broker) { return stopped }
        guard let nodes = brokerNodes, let answer = answers["broker"] else {
            return ServiceState(name, .initializing, "it does not answer: paused without a majority, or starting")
        }
        if !answer.contains("partitions 0") {
            return ServiceState(name, .failed, "it is cut off from a part of the cluster")
        }
        let alarms = Self.part("alarms ", of: answer)
        if !alarms.isEmpty {
            return ServiceState(name, .failed, "it takes no messages: alarm \(alarms)")
        }
        return nodes.isEmpty
            ? ServiceState(name, .initializing, "no broker application runs") : ServiceState(name, .active)
    }

    private var brokerNodes: Set<String>? {
        guard let answer = answers["broker"], answer.contains("running ") else { return nil }
        return Set(Self.part("running ", of: answer).split(separator: ",").map(String.init))
    }

    /// What stands behind a word, up to the next semicolon; empty without the word.
    private static func part(_ word: String, of answer: String) -> String {
        guard let begin = answer.firstRange(of: word) else { return "" }
        return String(answer[begin.upperBound...].prefix { $0 != ";" })
    }

    /// Why the controller's notices wait, as it says itself; nil when they do not, or when it says nothing.
    private var waiting: String? {
        guard let status = answers["status"].flatMap({ try? JSONValue(parsing: $0) }),
            let broker = status["broker"], broker.objectValue != nil
        else { return nil }
        if let reason = broker["blocked"]?.stringValue { return "RabbitMQ takes no messages from it: \(reason)" }
        guard broker["connected"]?.boolValue == false else { return nil }
        return "it is not connected to RabbitMQ" + (broker["last_error"]?.stringValue.map { ": \($0)" } ?? "")
    }

    /// Which notices were not published and will not be, as the controller says; nil when it does not answer.
    private var lostNotices: [String]? {
        guard let status = answers["status"].flatMap({ try? JSONValue(parsing: $0) }) else { return nil }
        var reasons: [String] = []
        let since = { (value: JSONValue?) in value?["since"]?.stringValue.map { ", since \($0)" } ?? "" }
        let aside = status["set_aside"]
        if let count = aside?["count"]?.integerValue, count > 0 {
            reasons.append(
                "\(Self.notices(count)) set aside, because they can never be published\(since(aside)): "
                    + "`skein notices TESTBED` shows them, and drops them")
        }
        let lost = status["lost_notices"]
        for (member, what) in [
            ("notices", "given up"), ("notifications", "sent without OpenStack's notifications"),
            ("history", "not told to the event history"), ("set_aside", "set aside and displaced by newer ones"),
        ] {
            guard let count = lost?[member]?.integerValue, count > 0 else { continue }
            reasons.append("\(Self.notices(count)) \(what), because there were too many\(since(lost))")
        }
        return reasons
    }

    /// Which objects the controller cannot read.
    private var unreadable: String? {
        guard let status = answers["status"].flatMap({ try? JSONValue(parsing: $0) }),
            let count = status["unreadable"]?["count"]?.integerValue, count > 0
        else { return nil }
        let first = status["unreadable"]?["first"]?.arrayValue?.first
        let example = first.map { "\($0["key"]?.stringValue ?? ""): \($0["reason"]?.stringValue ?? "")" } ?? ""
        return "cannot read \(count == 1 ? "1 object" : "\(count) objects") (\(example)): "
            + "`skein unreadable TESTBED` shows them"
    }

    private static func notices(_ count: Int) -> String { count == 1 ? "1 notice was" : "\(count) notices were" }

    private var proxy: ServiceState {
        let name = "haproxy"
        if let stopped = stopped(name, DeploymentUnit.proxy) { return stopped }
        let rows = (answers["proxy"] ?? "").split(separator: " ").map { $0.split(separator: ",") }
        guard !rows.isEmpty else { return ServiceState(name, .timeout, "it does not answer") }
        let down = rows.filter { row in
            row.count == 3 && row[1] != "FRONTEND" && row[1] != "BACKEND" && row[2].hasPrefix("DOWN")
        }
        let dead = rows.filter { row in row.count == 3 && row[1] == "BACKEND" && row[2].hasPrefix("DOWN") }
        if !dead.isEmpty {
            let names = dead.map { String($0[0]) }.joined(separator: ", ")
            return ServiceState(name, .failed, "no server is left for \(names)")
        }
        let names = down.map { "\($0[0])/\($0[1])" }.joined(separator: ", ")
        return ServiceState(name, .active, down.isEmpty ? "" : "does without \(names)")
    }

    private func vip(held: Set<String>) -> ServiceState {
        let name = "keepalived"
        if let stopped = stopped(name, DeploymentUnit.vip) { return stopped }
        return held.isEmpty
            ? ServiceState(name, .backup)
            : ServiceState(name, .active, "holds \(held.sorted().joined(separator: ", "))")
    }

    private var vipHealth: ServiceState {
        let name = "skein-vip-health"
        if let stopped = stopped(name, DeploymentUnit.vipHealth) { return stopped }
        if answers["vip.state"] == "0" { return ServiceState(name, .active) }
        let reason = answers["vip.reason"] ?? ""
        return ServiceState(name, .failed, reason.isEmpty ? "this node may not hold a virtual IP" : reason)
    }
}
