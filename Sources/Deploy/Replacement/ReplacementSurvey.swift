import Addressing
import Blueprint
import JSON
import Testbed

/// What one host says of the store's and the broker's members. Pure: makes the script, and reads what it printed.
struct ReplacementSurvey: Hashable {
    /// A member of the store, as the store lists it.
    struct Member: Hashable {
        var id: String
        /// The URL at which its peers reach it: its identity in the testbed.
        var peerURL: String
        /// It is one of those that the store was made with, and has not been started yet: a start alone is what it lacks.
        var isExpected = false
    }

    var host: String
    /// The store's member on this host serves, which it only does with a majority.
    var storeServes = false
    /// The members that this host's member knows; empty when it does not serve.
    var storeMembers: [Member] = []
    /// There is a member's data on this host, whether it serves or not.
    var storeHasData = false
    /// There is a broker's data on this host, whether it runs or not.
    var brokerHasData = false
    /// The broker nodes that this host's broker sees running; nil when it does not run.
    var brokerRunning: Set<String>?
    /// All nodes of the broker's cluster, the ones that are away included.
    var brokerMembers: Set<String> = []
    /// How many replicated queues there are, and how many have a copy on each node.
    var queues = 0
    var queuesOn: [String: Int] = [:]

    static func script(for host: Testbed.Host) -> String {
        var lines = ["tell() { printf '%s\\t%s\\n' \"$1\" \"$2\"; }", "one() { tr '\\n\\t' ';  '; }"]
        if host.roles.contains(.database) {
            lines.append(
                """
                \(StoreControl.functions(host.controlAddress))
                if [ -d \(DeploymentPath.storeData)/member/wal ]; then tell store.data yes; fi
                leader=$(field leader) || true
                tell store.leader "$leader"
                # One that does not answer would be waited for in vain once more.
                if [ -n "$leader" ]; then tell store.members "$(ctl member list 2>/dev/null | one || true)"; fi
                """)
        }
        if host.roles.contains(.cfgm) {
            lines.append(
                """
                if [ -n "$(ls -A \(DeploymentPath.brokerData) 2>/dev/null)" ]; then tell broker.data yes; fi
                systemctl -q is-active \(DeploymentUnit.broker) && tell broker "$(timeout 30 \(DeploymentPath.brokerControl) -q --timeout 20 eval '
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
                """)
        }
        return lines.joined(separator: "\n")
    }

    /// Reads what the script printed; what is missing in it counts as not running.
    init(host: String, output: String) {
        self.host = host
        let answers = StatusProbe.answers(output)
        // Also when it is full, which its /health calls ill: a new member gets everything from it all the same.
        storeServes = !["", "0"].contains(answers["store.leader"] ?? "")
        storeHasData = answers["store.data"] == "yes"
        brokerHasData = answers["broker.data"] == "yes"
        for line in (answers["store.members"] ?? "").split(separator: ";") where storeServes {
            // ID, state, name, peer URLs, client URLs, whether it is a learner
            let fields = line.split(separator: ",", omittingEmptySubsequences: false).map { $0.drop { $0 == " " } }
            guard fields.count >= 5 else { continue }
            // A member tells its client URLs when it starts. One that was added later has no name either until then.
            storeMembers.append(
                Member(
                    id: String(fields[0]), peerURL: String(fields[3]),
                    isExpected: !fields[2].isEmpty && fields[4].isEmpty))
        }
        let broker = answers["broker"] ?? ""
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
