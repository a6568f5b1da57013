import Addressing
import Blueprint
import JSON
import Testbed

/// What one host says of the store's and the broker's members, whatever its roles. Pure: makes the script, and reads what
/// it printed.
struct MemberSurvey: Hashable {
    /// A member of the store, as the store lists it.
    struct Member: Hashable {
        var id: String
        /// Empty until its first start, unless the store was formed with it.
        var name: String
        /// The URL at which its peers reach it: its identity in the testbed.
        var peerURL: String
        /// It has told its client URLs, which it does when it starts.
        var isStarted = true
        /// It gets everything and has no vote yet.
        var isLearner = false
    }

    /// A service of Skein's that a host has, by the files that Skein made for it.
    enum Part: String, CaseIterable {
        case vip
        case proxy
        case controller
        case broker
        case store
    }

    var host: String
    /// The member on this host has a leader, which there only is with a majority.
    var storeServes = false
    /// The id of the store that this host's member belongs to, in hexadecimal digits; nil when it does not answer.
    var storeID: String?
    /// The members that this host's member knows; empty when it does not serve, or is a learner.
    var storeMembers: [Member] = []
    /// There is a member's data on this host, whether it serves or not.
    var storeHasData = false
    /// The members of the store that this host's member is to form, `NAME=URL` with commas; nil when that is over.
    var storeFormation: String?
    /// The id of the store that this host's controller was made for; nil when it was made for none yet.
    var storeIdentity: String?
    /// There is a broker's data on this host, whether it runs or not.
    var brokerHasData = false
    /// The broker nodes that this host's broker sees running; nil when it does not run.
    var brokerRunning: Set<String>?
    /// All nodes of the broker's cluster, the ones that are away included.
    var brokerMembers: Set<String> = []
    /// The broker has begun to join, and has not got everything yet.
    var brokerJoins = false
    /// How many replicated queues there are, and how many have a copy on each node.
    var queues = 0
    var queuesOn: [String: Int] = [:]
    /// Which of Skein's services the host has.
    var parts: Set<Part> = []
    /// There is anything of Skein's on the host.
    var hasInstallation = false

    /// - Parameter controlAddress: where the host's member of the store answers.
    static func script(controlAddress: String) -> String {
        let parts = Part.allCases.map { part in
            "if [ -e \(part.evidence) ]; then tell part.\(part.rawValue) yes; fi"
        }
        return """
            tell() { printf '%s\\t%s\\n' "$1" "$2"; }
            one() { tr '\\n\\t' ';  '; }
            if [ -d \(DeploymentPath.configuration) ]; then tell installation yes; fi
            \(parts.joined(separator: "\n"))
            if [ -e \(DeploymentPath.storeIdentity) ]; then tell store.identity "$(cat \(DeploymentPath.storeIdentity))"; fi
            if [ -e \(DeploymentPath.storeFormation) ]; then tell store.formation "$(cat \(DeploymentPath.storeFormation))"; fi
            if [ -d \(DeploymentPath.storeLog) ]; then tell store.data yes; fi
            if systemctl -q is-active \(DeploymentUnit.store); then
                \(StoreControl.functions(controlAddress))
                status=$(ctl endpoint status -w json 2>/dev/null | one) || true
                number() { printf %s "$status" | grep -o "\\"$1\\":[0-9]*" | head -n 1 | cut -d: -f2; }
                leader=$(number leader) || true
                tell store.id "$(number cluster_id || true)"
                tell store.leader "$leader"
                # One that does not answer would be waited for in vain once more.
                if [ -n "$leader" ]; then tell store.members "$(ctl member list 2>/dev/null | one || true)"; fi
            fi
            if [ -e \(DeploymentPath.brokerJoining) ]; then tell broker.joins yes; fi
            if [ -n "$(ls -A \(DeploymentPath.brokerData) 2>/dev/null)" ]; then tell broker.data yes; fi
            if [ -e \(Part.broker.evidence) ] && systemctl -q is-active \(DeploymentUnit.broker); then
                tell broker "$(timeout 30 \(DeploymentPath.brokerControl) -q --timeout 20 eval '
            Has = fun (F) -> erlang:function_exported(rabbit_nodes, F, 0) end,
            Running = case Has(list_running) of true -> rabbit_nodes:list_running();
                false -> rabbit_mnesia:cluster_nodes(running) end,
            Members = case Has(list_members) of true -> rabbit_nodes:list_members();
                false -> rabbit_mnesia:cluster_nodes(all) end,
            Copies = [maps:get(nodes, amqqueue:get_type_state(Q)) || Q <- rabbit_amqqueue:list(),
                amqqueue:get_type(Q) =:= rabbit_quorum_queue],
            Names = fun (L) -> string:join([atom_to_list(N) || N <- lists:sort(L)], ",") end,
            lists:flatten(io_lib:format("running ~s;members ~s;queues ~p;on ~s;", [Names(Running), Names(Members),
                length(Copies), string:join([atom_to_list(N) ++ "=" ++ integer_to_list(
                    length([C || C <- Copies, lists:member(N, C)])) || N <- Members], ",")])).' 2>/dev/null | one)" || true
            fi
            tell end yes
            """
    }

    /// Reads what the script printed; what is missing in it counts as not running.
    init(host: String, output: String) {
        self.host = host
        let answers = StatusProbe.answers(output)
        // Also when it is full, which its /health calls ill: a new member gets everything from it all the same.
        storeServes = !["", "0"].contains(answers["store.leader"] ?? "")
        storeID = Self.identity(answers["store.id"])
        storeHasData = answers["store.data"] == "yes"
        storeFormation = answers["store.formation"]
        storeIdentity = answers["store.identity"].flatMap { $0.isEmpty ? nil : $0 }
        brokerHasData = answers["broker.data"] == "yes"
        brokerJoins = answers["broker.joins"] == "yes"
        hasInstallation = answers["installation"] == "yes"
        parts = Set(Part.allCases.filter { answers["part.\($0.rawValue)"] == "yes" })
        if storeServes { storeMembers = Self.members(answers["store.members"] ?? "") }
        readBroker(answers["broker"] ?? "")
    }

    /// An id of a store as etcd's log and `etcdctl` show it to people; nil when the text is none.
    static func identity(_ text: String?) -> String? { text.flatMap { UInt64($0) }.map { String($0, radix: 16) } }

    private static func members(_ list: String) -> [Member] {
        list.split(separator: ";").compactMap { line in
            // ID, state, name, peer URLs, client URLs, whether it is a learner
            let fields = line.split(separator: ",", omittingEmptySubsequences: false).map { $0.drop { $0 == " " } }
            guard fields.count >= 5 else { return nil }
            return Member(
                id: String(fields[0]), name: String(fields[2]), peerURL: String(fields[3]),
                isStarted: !fields[4].isEmpty, isLearner: fields.count > 5 && fields[5].hasPrefix("true"))
        }
    }

    private mutating func readBroker(_ broker: String) {
        func part(_ word: String) -> String? {
            guard let begin = broker.firstRange(of: word + " ") else { return nil }
            return String(broker[begin.upperBound...].prefix { $0 != ";" })
        }
        guard let running = part("running"), let members = part("members"),
            let count = part("queues").flatMap({ Int($0) })
        else { return }
        brokerRunning = Set(running.split(separator: ",").map(String.init))
        brokerMembers = Set(members.split(separator: ",").map(String.init))
        queues = count
        for entry in (part("on") ?? "").split(separator: ",") {
            let words = entry.split(separator: "=")
            if words.count == 2, let number = Int(words[1]) { queuesOn[String(words[0])] = number }
        }
    }
}

extension MemberSurvey.Part {
    /// A file that only Skein makes, and takes away with the service.
    var evidence: String {
        switch self {
        case .vip: DeploymentPath.unit(DeploymentUnit.vip)
        case .proxy: DeploymentPath.unit(DeploymentUnit.proxy)
        case .controller: DeploymentPath.unit(DeploymentUnit.controller)
        case .broker: DeploymentPath.unit(DeploymentUnit.broker)
        case .store: DeploymentPath.unit(DeploymentUnit.store)
        }
    }
}

/// A host of the testbed, or one that has left it, where members may be.
struct MemberHost: Hashable {
    var name: String
    /// The address at which the others reach its services.
    var controlAddress: String

    init(name: String, controlAddress: String) {
        self.name = name
        self.controlAddress = controlAddress
    }

    init(_ host: Testbed.Host) {
        self.init(name: host.name, controlAddress: host.controlAddress)
    }

    /// Its node of the broker.
    var node: String { "rabbit@\(controlAddress)" }

    /// Whether a member of the store is this host's.
    func has(_ member: MemberSurvey.Member) -> Bool { isReached(by: member.peerURL) }

    /// Whether a URL is one of this host's.
    func isReached(by url: String) -> Bool {
        let host = controlAddress.contains(":") ? "[\(controlAddress)]" : controlAddress
        return url.contains("//\(host):")
    }
}
