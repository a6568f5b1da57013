import Glibc

/// The control groups of the lab's hosts: what a whole host is frozen by, and how every process of a lab is found.
///
/// One group per host in each hierarchy that matters: the named `systemd` one, the unified one and the freezer of the
/// old layout, or the unified one alone.
enum ControlGroups {
    private static let mount = "/sys/fs/cgroup"

    /// Whether the machine has only the unified hierarchy (version 2).
    private static var isUnified: Bool { LabFiles.exists("\(mount)/cgroup.controllers") }

    /// The roots of the hierarchies in which hosts have groups.
    static var roots: [String] {
        isUnified ? [mount] : ["systemd", "unified", "freezer"].map { "\(mount)/\($0)" }.filter(LabFiles.exists)
    }

    /// The group's directory in each hierarchy.
    static func directories(_ group: String) -> [String] { roots.map { "\($0)/\(group)" } }

    static func make(_ group: String) throws(LabError) {
        for directory in directories(group) { try LabFiles.makeDirectory(directory) }
    }

    /// The groups whose names begin with a prefix.
    static func groups(prefix: String) -> [String] {
        Set(roots.flatMap { LabFiles.names(in: $0) }.filter { $0.hasPrefix(prefix) }).sorted()
    }

    /// Every process in the group and below it.
    static func processes(_ group: String) -> Set<Int32> {
        Set(directories(group).flatMap { tree($0) }.flatMap { LabFiles.numbers("\($0)/cgroup.procs") })
    }

    /// The processes of a systemd unit in a host, by their ids on the machine.
    static func processes(_ group: String, ofUnit unit: String) -> Set<Int32> {
        let trees = directories(group).flatMap { tree($0) }
        let names = trees.filter { $0.split(separator: "/").contains(Substring(unit)) }
        return Set(names.flatMap { LabFiles.numbers("\($0)/cgroup.procs") })
    }

    /// Stops or resumes every process of the group at once, as a hypervisor pauses a machine.
    static func freeze(_ group: String, _ frozen: Bool) throws(LabError) {
        if isUnified {
            try LabFiles.set(frozen ? "1" : "0", at: "\(mount)/\(group)/cgroup.freeze")
        } else {
            try LabFiles.set(frozen ? "FROZEN" : "THAWED", at: "\(mount)/freezer/\(group)/freezer.state")
        }
    }

    static func isFrozen(_ group: String) -> Bool {
        let state = LabFiles.text(
            isUnified ? "\(mount)/\(group)/cgroup.freeze" : "\(mount)/freezer/\(group)/freezer.state")
        return state?.hasPrefix("1") == true || state?.hasPrefix("FR") == true
    }

    /// Kills every process of the group until none is left, then removes it.
    static func remove(_ group: String) async throws {
        let present = directories(group).filter(LabFiles.exists)
        guard !present.isEmpty else { return }
        // A frozen process of the old layout dies only when it is thawed.
        try? freeze(group, false)
        try await Poll.until("the processes of \(group) to end", within: .seconds(20), every: .milliseconds(10)) {
            let processes = processes(group)
            for process in processes { kill(process, SIGKILL) }
            return processes.isEmpty
        }
        // Removing a group fails for a moment after its last process ended.
        try await Poll.until("control group \(group) to go", within: .seconds(10), every: .milliseconds(10)) {
            for directory in present { for path in tree(directory).reversed() { rmdir(path) } }
            return !present.contains(where: LabFiles.exists)
        }
    }

    /// The directory and all below it, parents first.
    private static func tree(_ directory: String) -> [String] {
        guard LabFiles.exists(directory) else { return [] }
        var found = [directory]
        var next = 0
        while next < found.count {
            let parent = found[next]
            next += 1
            for name in LabFiles.names(in: parent) {
                var status = stat()
                if lstat("\(parent)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
                    found.append("\(parent)/\(name)")
                }
            }
        }
        return found
    }
}
