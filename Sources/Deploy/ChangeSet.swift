import Blueprint

/// Everything that a deployment would do, found by comparing a blueprint with the hosts.
package struct ChangeSet: Sendable {
    /// A host's steps in a stage.
    struct HostChanges: Hashable {
        var host: String
        var changes: [PlannedChange]
    }

    struct Stage: Hashable {
        var name: String
        var title: String
        var hosts: [HostChanges]
    }

    /// Only stages and hosts with something to do.
    var stages: [Stage]
    /// What the operator should know before agreeing.
    package var notes: [String]
    /// Hosts that are as they were; the next run looks at them again.
    package var leftOut: [LeftOutHost]

    package var isEmpty: Bool { stages.isEmpty }
    package var count: Int { stages.flatMap(\.hosts).reduce(0) { $0 + $1.changes.count } }

    /// - Parameter states: for each host, the states of all of its resources in the blueprint's order.
    init(blueprint: Blueprint, states: [String: [ResourceState]], leftOut: [LeftOutHost] = []) {
        self.leftOut = leftOut
        var changedPaths: [String: Set<String>] = [:]
        var position: [String: Int] = [:]
        stages = blueprint.stages.map { stage in
            let hosts = stage.hosts.map { host in
                let begin = position[host.host, default: 0]
                position[host.host] = begin + host.resources.count
                return HostChanges(
                    host: host.host,
                    changes: PlannedChange.changes(
                        host.resources, states: Array((states[host.host] ?? []).dropFirst(begin)),
                        changedPaths: &changedPaths[host.host, default: []]))
            }
            return Stage(name: stage.name, title: stage.title, hosts: hosts.filter { !$0.changes.isEmpty })
        }.filter { !$0.hosts.isEmpty }
        notes = blueprint.notes
    }

    /// The plan for people: one block a stage; hosts that do the same share their lines.
    package var text: String {
        guard !isEmpty else {
            return "No change: every host\(leftOut.isEmpty ? "" : " that answers") is as the testbed says.\n"
        }
        var lines: [String] = []
        for stage in stages {
            lines.append("\(stage.title):")
            var groups: [(hosts: [String], actions: [String])] = []
            for host in stage.hosts {
                let actions = host.changes.map(\.action)
                if let index = groups.firstIndex(where: { $0.actions == actions }) {
                    groups[index].hosts.append(host.host)
                } else {
                    groups.append(([host.host], actions))
                }
            }
            for group in groups {
                lines.append("  \(group.hosts.joined(separator: ", "))")
                lines += group.actions.map { "    \($0)" }
            }
        }
        let hosts = Set(stages.flatMap { $0.hosts.map(\.host) }).count
        lines.append("\(count) step\(count == 1 ? "" : "s") on \(hosts) host\(hosts == 1 ? "" : "s").")
        return lines.joined(separator: "\n") + "\n"
    }

    /// The hosts that are left out, for people: one line each, and what to do; empty when there are none.
    package var leftOutText: String {
        guard !leftOut.isEmpty else { return "" }
        let lines = leftOut.map { "Left out: \($0.reason)\n" }
        return lines.joined() + "`skein up` again, once that is mended, does what is missing there.\n"
    }
}
