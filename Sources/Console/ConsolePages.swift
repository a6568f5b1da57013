import FoundationEssentials
import Mustache

/// Renders the pages from the templates in `Assets`.
struct ConsolePages: Sendable {
    enum Page: String, CaseIterable, Sendable {
        case cluster = "Cluster"
        case networks = "Networks"
        case ports = "Ports"

        var path: String { "/" + rawValue.lowercased() }
    }

    private let library: MustacheLibrary
    private let version: String

    /// - Throws: when a template is not Mustache, which every test shows.
    init(assets: ConsoleAssets) throws {
        var library = MustacheLibrary()
        for (name, text) in assets.templates { try library.register(text, named: name) }
        self.library = library
        version = assets.version
    }

    // MARK: - Pages

    func signIn(form: SignInForm, attempt: SignInAttempt?, next: String, failure: String?) -> String {
        var values = frame(title: "Sign in", session: nil, current: nil)
        values["next"] = next
        values["failure"] = optional(failure)
        switch form {
        case .token:
            values["asksForToken"] = true
            values["explanation"] = "This controller runs by itself. It printed a token when it started."
        case .password(let project, let domain):
            values["asksForToken"] = false
            values["explanation"] = "With a user of this cloud's Keystone."
            values["user"] = attempt?.user ?? ""
            values["project"] = attempt?.project ?? project
            values["domain"] = attempt?.domain ?? domain
        }
        return render("sign-in", values)
    }

    func cluster(_ state: ClusterState, session: ConsoleSession) -> String {
        var values = frame(title: "Cluster", session: session, current: .cluster)
        values["isLive"] = true
        values["clock"] = clock(state)
        values.merge(Self.values(state)) { _, new in new }
        return render("cluster", values)
    }

    /// The part of the cluster page that changes.
    func clusterState(_ state: ClusterState) -> String { render("cluster-state", Self.values(state)) }

    /// When the state was as it is shown, in UTC.
    func clock(_ state: ClusterState) -> String {
        let time = Date(timeIntervalSince1970: state.time.timeIntervalSince1970.rounded(.down)).formatted(.iso8601)
        return String(time.split(separator: "T").last?.prefix(8) ?? "")
    }

    func networks(_ list: ListPage<NetworkRow>, search: String, session: ConsoleSession) -> String {
        var values = frame(title: "Networks", session: session, current: .networks)
        values.merge(
            listValues(list, one: "network", many: "networks", path: "/networks", search: search, network: nil)
        ) {
            _, new in new
        }
        values["searchLabel"] = "Name, id or subnet"
        values["rows"] = list.rows.map(Self.values)
        return render("networks", values)
    }

    func network(_ details: NetworkDetails, session: ConsoleSession) -> String {
        var values = frame(
            title: Self.label(details.network.name, details.network.id), session: session, current: .networks)
        values.merge(Self.values(details.network)) { _, new in new }
        values["staleness"] = optional(details.staleness)
        values["mtu"] = details.mtu
        values["hasSubnets"] = !details.subnets.isEmpty
        values["portCountText"] = Self.count(details.network.portCount, one: "port", many: "ports")
        values["subnets"] = details.subnets.map { subnet -> [String: Any] in
            [
                "label": Self.label(subnet.name, subnet.id), "cidr": subnet.block,
                "gateway": subnet.gateway.isEmpty ? "none" : subnet.gateway, "pools": subnet.pools,
                "hasDHCP": subnet.hasDHCP,
            ]
        }
        return render("network", values)
    }

    func ports(_ list: ListPage<PortRow>, search: String, network: String?, session: ConsoleSession) -> String {
        var values = frame(title: "Ports", session: session, current: .ports)
        values.merge(listValues(list, one: "port", many: "ports", path: "/ports", search: search, network: network)) {
            _, new in new
        }
        values["searchLabel"] = "Name, id, address, MAC, device or host"
        values["rows"] = list.rows.map { port -> [String: Any] in
            [
                "id": port.id, "label": Self.label(port.name, port.id), "hasName": !port.name.isEmpty,
                "addresses": port.addresses, "mac": port.mac, "networkID": port.networkID,
                "network": Self.label(port.networkName, port.networkID), "deviceOwner": port.deviceOwner,
                "device": port.deviceID, "host": port.host, "status": port.status.lowercased(),
                "level": port.status == "ACTIVE" ? "ok" : port.status == "ERROR" ? "bad" : "warn",
            ]
        }
        return render("ports", values)
    }

    func message(title: String, _ message: String, session: ConsoleSession?) -> String {
        var values = frame(title: title, session: session, current: nil)
        values["message"] = message
        return render("message", values)
    }

    // MARK: - Values

    private func render(_ template: String, _ values: [String: Any]) -> String {
        library.render(values, withTemplate: template) ?? ""
    }

    private func frame(title: String, session: ConsoleSession?, current: Page?) -> [String: Any] {
        let pages = Page.allCases.map { page -> [String: Any] in
            ["name": page.rawValue, "path": page.path, "isCurrent": page == current]
        }
        let who = session.map { session -> Any in
            ["userName": session.userName, "projectName": optional(session.projectName)] as [String: Any]
        }
        return ["title": title, "version": version, "isLive": false, "pages": pages, "session": who ?? Absent()]
    }

    private func listValues<Row>(
        _ list: ListPage<Row>, one: String, many: String, path: String, search: String, network: String?
    ) -> [String: Any] {
        func link(_ page: Int) -> String {
            var items = ["page=\(page)"]
            if !search.isEmpty { items.append("q=\(Self.escaped(search))") }
            if let network { items.append("network=\(Self.escaped(network))") }
            return path + "?" + items.joined(separator: "&")
        }
        let number = list.number
        return [
            "staleness": optional(list.staleness), "search": search, "networkID": optional(network),
            "count": Self.count(list.total, one: one, many: many), "hasRows": !list.rows.isEmpty,
            "emptiness": search.isEmpty ? "There are no \(many) yet." : "Nothing matches “\(search)”.",
            "hasPages": list.lastNumber > 1, "page": number, "lastPage": list.lastNumber,
            "previous": optional(number > 1 ? link(number - 1) : nil),
            "next": optional(number < list.lastNumber ? link(number + 1) : nil),
        ]
    }

    private static func values(_ network: NetworkRow) -> [String: Any] {
        [
            "id": network.id, "label": label(network.name, network.id), "project": network.project,
            "segment": network.segment, "subnets": network.subnets.map { ["cidr": $0] }, "portCount": network.portCount,
            "isShared": network.isShared, "isExternal": network.isExternal, "isEnabled": network.isEnabled,
        ]
    }

    private static func values(_ state: ClusterState) -> [String: Any] {
        let problems = state.problems
        return [
            "level": level(state.health), "headline": state.headline, "problems": problems,
            "hasProblems": !problems.isEmpty,
            "observer": optional(state.observer), "revision": state.revision,
            "waitingNotices": count(state.waitingNotices, one: "notice", many: "notices"),
            "hasVirtualIPs": !state.virtualIPs.isEmpty,
            "virtualIPs": state.virtualIPs.map { ip -> [String: Any] in
                [
                    "name": ip.name, "address": ip.address, "level": level(ip.health),
                    "owner": ip.owners.isEmpty ? "nowhere" : ip.owners.joined(separator: " and "),
                ]
            },
            "hosts": state.hosts.map(values), "hasStoreMembers": !state.storeMembers.isEmpty,
            "storeMembers": state.storeMembers.map(values), "hasBrokerMembers": !state.brokerMembers.isEmpty,
            "brokerMembers": state.brokerMembers.map(values), "hasLeaders": !state.leaders.isEmpty,
            "leaders": state.leaders.map { ["task": $0.task, "node": $0.node] },
        ]
    }

    private static func values(_ host: ClusterState.Host) -> [String: Any] {
        [
            "name": host.name, "address": host.address, "level": level(host.health),
            "state": host.silence != nil ? "no answer" : host.unreadiness != nil ? "not ready" : "ready",
            "reason": optional(host.silence ?? host.unreadiness),
            "services": host.services.map { service -> [String: Any] in
                [
                    "name": service.name, "state": service.state, "level": level(service.health),
                    "reason": optional(service.reason),
                ]
            },
        ]
    }

    private static func values(_ member: ClusterState.Member) -> [String: Any] {
        [
            "name": member.name, "endpoint": member.endpoint, "isLeader": member.isLeader,
            "level": member.isHealthy ? "ok" : "bad", "state": member.isHealthy ? "healthy" : "not healthy",
            "reason": optional(member.reason), "users": member.users.joined(separator: ", "),
        ]
    }

    private static func level(_ health: ClusterState.Health) -> String {
        switch health {
        case .ok: "ok"
        case .degraded: "warn"
        case .failed: "bad"
        }
    }

    /// What has no name is shown by its id.
    private static func label(_ name: String, _ id: String) -> String { name.isEmpty ? id : name }

    private static func count(_ number: Int, one: String, many: String) -> String {
        number == 1 ? "1 \(one)" : "\(number) \(many)"
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                String(Unicode.Scalar(byte))
            default:
                "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}

/// Stands for what is not there. A missing key would be looked for in the surrounding values instead.
private struct Absent: MustacheCustomRepresentation {
    var representation: Any? { nil }
}

private func optional(_ text: String?) -> Any {
    guard let text, !text.isEmpty else { return Absent() }
    return text
}
