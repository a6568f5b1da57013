import Blueprint
import Testbed

/// Decides how the members of the store and the broker become what the testbed says, by what hosts say of them. Pure.
///
/// Nothing is assumed of the past: whether a run was interrupted, or whether it is the first, shows in what is there.
/// Members are added before others are taken away, one at a time; nothing is made anew that was lost, since that is
/// `skein replace`'s work and the operator's decision.
struct MembershipRule: Hashable {
    /// How a member that is not one yet becomes one.
    enum Start: Hashable {
        /// Together with the others, of a cluster that is not there yet.
        case form
        /// By being taken up by these hosts' members.
        case join(through: [MemberHost])
    }

    /// A host of which something has to go.
    struct Departure: Hashable {
        var host: MemberHost
        /// What goes, in order.
        var parts: [MemberSurvey.Part]
        /// Nothing of Skein's stays on it.
        var isWhole: Bool
        /// Members of the store that stay, who take its own one out.
        var stores: [MemberHost] = []
    }

    /// A member whose host is not part of its cluster any more, and on which it does not serve.
    struct Stray: Hashable {
        /// How people know it.
        var label: String
        /// The store's id of it, or the broker's name of its node.
        var id: String
        /// The hosts whose members take it out.
        var through: [MemberHost]
    }

    /// By host name.
    var storeStarts: [String: Start] = [:]
    var brokerStarts: [String: Start] = [:]
    var storeStrays: [Stray] = []
    var brokerStrays: [Stray] = []
    /// In the order in which hosts are taken out.
    var departures: [Departure] = []
    /// Why nothing may be done; empty when all may.
    var refusals: [String] = []
    /// What the operator should know before agreeing.
    var notes: [String] = []

    let testbed: Testbed
    let storeCluster: String
    /// What makes the id of a store that is formed now another one than any before.
    private(set) var storeToken: String
    /// The control addresses of hosts that were worked on before: they may have data that others wait for.
    let recorded: Set<String>
    let surveys: [MemberSurvey]
    /// Every host that is or may be a member: the testbed's, then those that have left it.
    let hosts: [MemberHost]

    /// - Parameters:
    ///   - storeCluster: ``Blueprint/storeCluster``.
    ///   - storeToken: what makes a new store's id its own; one that was begun keeps the one of then.
    ///   - departed: hosts that an earlier testbed named and this one does not.
    ///   - recorded: the control addresses of hosts that earlier runs have worked on.
    ///   - surveys: of every host that could be asked, departed ones included.
    init(
        testbed: Testbed, storeCluster: String, storeToken: String, departed: [MemberHost] = [],
        recorded: Set<String> = [], surveys: [MemberSurvey]
    ) {
        self.testbed = testbed
        self.recorded = recorded
        self.storeCluster = storeCluster
        self.storeToken = storeToken
        self.surveys = surveys
        hosts = testbed.hosts.filter(\.isManaged).map { MemberHost($0) } + departed
        decideStore()
        decideBroker()
        decideDepartures(departed)
    }

    /// What a member that is formed with others keeps until the store serves.
    var storeFormation: String { "\(storeToken) \(storeCluster)" }

    func survey(_ name: String) -> MemberSurvey? { surveys.first { $0.host == name } }

    static func names(_ hosts: [MemberHost]) -> String { hosts.map(\.name).joined(separator: ", ") }

    // MARK: Store

    private mutating func decideStore() {
        let stores = Dictionary(grouping: surveys.filter(\.storeServes)) { $0.storeID ?? "" }
        guard stores.count <= 1 else {
            let list = stores.sorted { $0.key < $1.key }.map { id, surveys in
                "\(id) on \(surveys.map(\.host).joined(separator: ", "))"
            }
            refusals.append(
                "there are \(stores.count) stores, and what one has acknowledged is not in the other: "
                    + "\(list.joined(separator: "; ")). Decide whose data stays; on each host of the other run "
                    + "`systemctl stop \(DeploymentUnit.store)`, then here `skein replace TESTBED HOST`")
            return
        }
        if let id = stores.keys.first, !id.isEmpty {
            for survey in surveys where survey.storeIdentity.map({ $0 != id }) ?? false {
                refusals.append(
                    "\(survey.host): its controller was made for the store \(survey.storeIdentity ?? ""), and the one that "
                        + "serves is \(id): bring the right members back; or, when the store was made anew on purpose, "
                        + "delete \(DeploymentPath.storeIdentity) on the host")
            }
            guard refusals.isEmpty else { return }
        }
        let serving = surveys.filter { $0.storeServes && !$0.storeMembers.isEmpty }
        if serving.isEmpty { formStore() } else { changeStore(serving) }
    }

    /// Nobody serves: there is no store yet, or one whose members have to be started first.
    private mutating func formStore() {
        let wanted = testbed.hosts(in: .database).map { MemberHost($0) }
        let holders = surveys.filter(\.storeHasData)
        let lacking = wanted.filter { survey($0.name)?.storeHasData == false }
        // One that was never worked on cannot have data of the store.
        let unknown = hosts.filter { survey($0.name) == nil && recorded.contains($0.controlAddress) }
        let formations = Set(holders.map(\.storeFormation))
        // A token and the members, as ``storeFormation`` writes them.
        let begun = formations.count == 1 ? formations.first??.split(separator: " ").map(String.init) : nil
        let isGoneOnWith = begun?.count == 2 && begun?.last == storeCluster
        if holders.isEmpty || isGoneOnWith {
            if isGoneOnWith, let token = begun?.first { storeToken = token }
            guard unknown.isEmpty else {
                refusals.append(
                    "\(Self.names(unknown)): the store may be there, and it cannot be asked; no new one is formed before it "
                        + "can, or has left the deployment's record (hosts.json) as lost for good")
                return
            }
            if let orphan = surveys.first(where: { $0.storeIdentity != nil }), holders.isEmpty {
                refusals.append(
                    "\(orphan.host): its controller was made for the store \(orphan.storeIdentity ?? ""), of which no host has "
                        + "data any more: restore a backup; or, to begin with nothing, delete "
                        + "\(DeploymentPath.storeIdentity) on every controller")
                return
            }
            for host in lacking { storeStarts[host.name] = .form }
        } else if !formations.contains(nil) {
            refusals.append(
                "the store on \(holders.map(\.host).joined(separator: ", ")) was begun with other members and never served: "
                    + "run `skein up` with the testbed of then, or `skein down` and begin anew")
        } else {
            let through = hosts.filter { survey($0.name)?.storeHasData == true }
            for host in lacking { storeStarts[host.name] = .join(through: through) }
        }
    }

    private mutating func changeStore(_ serving: [MemberSurvey]) {
        let wanted = testbed.hosts(in: .database).map { MemberHost($0) }
        let members = serving.map(\.storeMembers).max { $0.count < $1.count } ?? []
        let through = hosts.filter { host in serving.contains { $0.host == host.name } }
        let others = Self.names(through)
        for host in wanted {
            guard let survey = survey(host.name) else { continue }
            let member = members.first(where: host.has)
            switch (member, survey.storeHasData) {
            case (nil, true):
                refusals.append(
                    "\(host.name): it has data of a store that is not, or not any more, the one that serves on \(others): "
                        + "`skein replace TESTBED \(host.name)` deletes it and makes the member anew")
            case (let member?, false) where member.isStarted && !member.isLearner:
                refusals.append(
                    "\(host.name): its member of the store has no data, and the store serves on \(others): "
                        + "`skein replace TESTBED \(host.name)` makes it anew, then `skein up` goes on")
            case (nil, false), (_, false): storeStarts[host.name] = .join(through: through)
            case (let member?, true):
                if member.isLearner { storeStarts[host.name] = .join(through: through) }
            }
        }
        for member in members where !wanted.contains(where: { $0.has(member) }) {
            let host = hosts.first { $0.has(member) }
            // One that serves leaves by itself, when those that come are there.
            guard host.flatMap({ survey($0.name) })?.storeServes != true else { continue }
            let label = host?.name ?? (member.name.isEmpty ? member.peerURL : "\(member.name) (\(member.peerURL))")
            storeStrays.append(
                Stray(label: label, id: member.id, through: through.filter { !$0.has(member) }))
        }
    }

    // MARK: Departures

    private func isWanted(_ part: MemberSurvey.Part, on host: Testbed.Host) -> Bool {
        switch part {
        case .vip: host.roles.contains(.cfgm) && (testbed.internalVIP != nil || testbed.externalVIP != nil)
        case .proxy, .broker: host.roles.contains(.cfgm)
        case .controller: !Set(host.roles).isDisjoint(with: [.cfgm, .webui, .collector, .control])
        case .store: host.roles.contains(.database)
        }
    }

    private mutating func decideDepartures(_ departed: [MemberHost]) {
        let stores = testbed.hosts(in: .database).map { MemberHost($0) }
        for host in testbed.hosts where host.isManaged {
            guard let survey = survey(host.name) else { continue }
            let parts = MemberSurvey.Part.allCases.filter { survey.parts.contains($0) && !isWanted($0, on: host) }
            guard !parts.isEmpty else { continue }
            let isWhole = !MemberSurvey.Part.allCases.contains { isWanted($0, on: host) }
            departures.append(
                Departure(host: MemberHost(host), parts: parts, isWhole: isWhole, stores: stores))
        }
        for host in departed {
            guard let survey = survey(host.name) else {
                notes.append(
                    "\(host.name) is not in the testbed any more and cannot be reached: what Skein made on it stays, its keys "
                        + "included, until a later `skein up` reaches it")
                continue
            }
            guard survey.hasInstallation || !survey.parts.isEmpty else { continue }
            departures.append(
                Departure(
                    host: host, parts: MemberSurvey.Part.allCases.filter(survey.parts.contains), isWhole: true,
                    stores: stores))
        }
    }
}
