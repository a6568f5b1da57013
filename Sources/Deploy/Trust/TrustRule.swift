/// Decides, before anything is changed, whether the hosts are the ones that a folder has the secrets of. Pure.
///
/// A host that trusts nothing yet is anybody's. One that trusts something is only changed by who has the same authority,
/// and secrets that are no older than its own: others would end with hosts that no longer trust each other.
struct TrustRule {
    /// What is on the build host.
    struct Folder: Hashable {
        /// Where it is, for people.
        var path: String
        /// Fingerprints of the authorities; nil without secrets.
        var authorities: Set<String>?
        var kept = HostTrust.Kept(revision: 0, digest: "")
    }

    /// Why the run must not go on, a line each; empty when it may.
    private(set) var refusals: [String] = []

    init(folder: Folder, hosts: [HostTrust]) {
        let trusting = hosts.filter { !$0.authorities.isEmpty }
        let groups = Self.groups(trusting)
        guard let own = folder.authorities else {
            if groups.count > 1 {
                refuse(
                    "\(folder.path) has no secrets, and the hosts belong to \(groups.count) deployments: "
                        + "\(Self.list(groups)). \(Self.takeOut)")
            } else if let group = groups.first {
                refuse(
                    "\(group.hosts.joined(separator: ", ")) trust\(group.hosts.count == 1 ? "s" : "") authority "
                        + "\(group.name), whose secrets are not in \(folder.path): it was lost, moved or renamed, or another "
                        + "operator has it. `skein adopt TESTBED` brings them back from a host")
            }
            return
        }
        let foreign = groups.filter { $0.authorities.isDisjoint(with: own) }
        if !foreign.isEmpty {
            refuse(
                "the secrets in \(folder.path) are of authority \(own.sorted().joined(separator: " and ")), which is not "
                    + "what hosts trust: \(Self.list(foreign)). "
                    + (foreign.count == groups.count && groups.count == 1
                        ? "When this is the right testbed, `skein adopt TESTBED` brings the right secrets from a host"
                        : Self.takeOut))
            return
        }
        let newer = trusting.filter { host in
            guard let kept = host.kept else { return false }
            return kept.revision > folder.kept.revision
                || (kept.revision == folder.kept.revision && kept.digest != folder.kept.digest)
        }
        if !newer.isEmpty {
            refuse(
                "\(newer.map(\.host).joined(separator: ", ")) ha\(newer.count == 1 ? "s" : "ve") newer secrets (revision "
                    + "\(newer.compactMap { $0.kept?.revision }.max() ?? 0)) than \(folder.path) (revision "
                    + "\(folder.kept.revision)): another operator has changed them. `skein adopt TESTBED` brings them")
        }
    }

    private static let takeOut =
        "Take the hosts of the other deployment out of the testbed, or remove it from them with "
        + "`skein down` and its own testbed"

    private mutating func refuse(_ reason: String) { refusals.append("\(reason). Nothing was changed") }

    /// Hosts that trust something in common.
    struct Group: Hashable {
        var authorities: Set<String>
        var hosts: [String]

        var name: String { authorities.sorted().joined(separator: " and ") }
    }

    static func groups(_ hosts: [HostTrust]) -> [Group] {
        var groups: [Group] = []
        for host in hosts where !host.authorities.isEmpty {
            var group = Group(
                authorities: Set(host.authorities.map { PEMText.fingerprint($0) ?? "unreadable" }), hosts: [])
            // One host may link two groups that had nothing in common before.
            let linked = groups.filter { !$0.authorities.isDisjoint(with: group.authorities) }
            groups.removeAll { linked.contains($0) }
            group.authorities = linked.reduce(group.authorities) { $0.union($1.authorities) }
            group.hosts = linked.flatMap(\.hosts) + [host.host]
            groups.append(group)
        }
        return groups
    }

    static func list(_ groups: [Group]) -> String {
        groups.map { "\($0.hosts.joined(separator: ", ")) trust\($0.hosts.count == 1 ? "s" : "") \($0.name)" }
            .joined(separator: "; ")
    }
}

/// Decides from which host a folder gets the deployment's secrets. Pure.
enum AdoptionRule {
    enum Verdict: Hashable {
        /// The folder has them already.
        case same
        case from(host: String, HostTrust.Kept)
        case refused(String)
    }

    static func verdict(folder: TrustRule.Folder, hosts: [HostTrust]) -> Verdict {
        let groups = TrustRule.groups(hosts)
        guard groups.count < 2 else {
            return .refused(
                "the hosts belong to \(groups.count) deployments: \(TrustRule.list(groups)). Take the hosts of all but one "
                    + "out of the testbed")
        }
        guard !groups.isEmpty else {
            return .refused(
                "no host that could be asked trusts anything yet: there is nothing to adopt; `skein up` begins")
        }
        let keeping = hosts.filter { $0.kept != nil }
        guard let newest = keeping.compactMap({ $0.kept?.revision }).max() else {
            return .refused(
                "no host that could be asked has a copy of the secrets that it can open: bring back the folder, or a host"
            )
        }
        let candidates = keeping.filter { $0.kept?.revision == newest }
        guard Set(candidates.compactMap { $0.kept?.digest }).count == 1, let first = candidates.first,
            let kept = first.kept
        else {
            return .refused(
                "\(candidates.map(\.host).joined(separator: ", ")) have different secrets of the same revision \(newest): "
                    + "they belong to different runs; bring back the folder of the one that is right")
        }
        if folder.kept == kept { return .same }
        if folder.kept.revision > newest, let own = folder.authorities,
            groups.contains(where: { !$0.authorities.isDisjoint(with: own) })
        {
            return .refused(
                "\(folder.path) has newer secrets (revision \(folder.kept.revision)) than the hosts (revision \(newest)): "
                    + "`skein up` brings them to the hosts")
        }
        return .from(host: first.host, kept)
    }
}
