import Blueprint
import Testbed

/// Decides in which order the store's members give back the space of what was overwritten or deleted, or why that must
/// not be. Pure.
///
/// A member answers nobody while it defragments, so it is one after the other, and each has to serve again before the
/// next. The leader comes last, after it has handed the leadership over: leases would not be renewed meanwhile.
/// Every step may run again.
struct DefragmentationRule {
    var steps: [HostStep] = []
    /// Why nothing is done; empty when the steps may be taken.
    var refusals: [String] = []
    /// What the operator should know before agreeing.
    var notes: [String] = []

    /// - Parameters:
    ///   - surveys: of every member that could be asked and has a leader.
    init(testbed: Testbed, surveys: [StoreSurvey]) {
        let hosts = testbed.hosts(in: .database)
        guard 2 * surveys.count > hosts.count else {
            refusals.append(
                "the store has no majority: \(surveys.count) of \(hosts.count) members serve; bring the others back first"
            )
            return
        }
        let alarms: [String] = surveys.flatMap(\.alarms)
        if let corrupt = alarms.first(where: { $0.contains("CORRUPT") }) {
            // An alarm can only be disarmed together with all others.
            refusals.append(
                "the store says \(corrupt): a member's data differs from the others'. `skein replace` that member first"
            )
            return
        }
        let away = hosts.map(\.name).filter { name in !surveys.contains { $0.host == name } }
        if !away.isEmpty {
            notes.append("\(away.joined(separator: ", ")): the member does not serve, and keeps its size.")
        }
        let order = surveys.filter { !$0.isLeader } + surveys.filter(\.isLeader)
        func address(_ name: String) -> String { hosts.first { $0.name == name }?.controlAddress ?? "" }
        guard let first = order.first else { return }
        steps.append(Self.compaction(on: first.host, address: address(first.host)))
        for survey in order {
            let heir = order.first { $0.host != survey.host }
            steps.append(Self.defragmentation(of: survey, address: address(survey.host), heir: heir))
        }
        if !alarms.isEmpty {
            steps.append(Self.disarming(on: first.host, address: address(first.host)))
        }
    }

    /// Everything but the present values goes; who follows the store's changes and is behind reads it anew.
    private static func compaction(on host: String, address: String) -> HostStep {
        HostStep(
            host: host, action: "compact the store's history",
            script: """
                \(StoreControl.functions(address, seconds: 120))
                revision=$(field revision)
                [ -n "$revision" ] || { echo "the store does not say its revision" >&2; exit 1; }
                if ! answer=$(ctl compact --physical "$revision" 2>&1); then
                    case $answer in
                        *"has been compacted"*) ;;
                        *) printf '%s\\n' "$answer" >&2; exit 1 ;;
                    esac
                fi
                """, seconds: 150)
    }

    private static func defragmentation(of survey: StoreSurvey, address: String, heir: StoreSurvey?) -> HostStep {
        let handOver =
            heir.map { heir in
                """
                leader=$(field leader)
                [ -n "$leader" ] || { echo "it does not answer" >&2; exit 1; }
                if [ "$leader" = "$(field member_id)" ]; then ctl move-leader \(heir.memberID) >/dev/null; fi
                """
            } ?? ""
        let action = survey.isLeader && heir != nil ? "hand the leadership over, and defragment" : "defragment"
        return HostStep(
            host: survey.host, action: "\(action) the store's member",
            script: """
                \(StoreControl.functions(address, seconds: 600))
                \(handOver)
                ctl defrag >/dev/null
                begin=$(date +%s)
                until leader=$(field leader) && [ "${leader:-0}" != 0 ]; do
                    if [ $(($(date +%s) - begin)) -ge 60 ]; then
                        echo "it is defragmented, and does not serve after 60 s: journalctl -u \(DeploymentUnit.store)" >&2
                        exit 1
                    fi
                    sleep 0.5
                done
                """, seconds: 720)
    }

    private static func disarming(on host: String, address: String) -> HostStep {
        HostStep(
            host: host, action: "disarm the store's alarm",
            script: """
                ctl() { \(StoreControl.command([address])) "$@"; }
                ctl alarm disarm >/dev/null
                alarms=$(ctl alarm list)
                [ -z "$alarms" ] || { printf 'raised again: %s\\n' "$alarms" >&2; exit 1; }
                """, seconds: 60)
    }
}
