import Glibc

/// Removing a lab, whatever state it is in.
package enum LabDown {
    /// Removes every process, namespace, control group and file of a lab; with `wipe` the cached images too.
    ///
    /// Finds them by their names, not by the lab's record: it works after a crash half way, and again on what is gone
    /// already. Throws `leftovers` when something could not be removed. Returns whether there was anything to remove.
    package static func run(_ name: LabName, wipe: Bool) async throws -> Bool {
        try Machine.requireRoot(for: "skein lab down")
        let lock = try LabLock.lab(name)
        let found = try await remove(name)
        lock.removeFile()
        lock.release()
        if wipe { try LabImages.wipe() }
        return found
    }

    /// Does the work; the caller holds the lab's lock.
    static func remove(_ name: LabName) async throws -> Bool {
        let found = !leftovers(name).isEmpty
        // Ports first: while its namespace lives, a host's kernel answers for its addresses.
        let groups = ControlGroups.groups(prefix: name.controlGroupPrefix)
        for group in groups { try? ControlGroups.freeze(group, false) }
        try await withThrowingTaskGroup { tasks in
            for group in groups { tasks.addTask { try await ControlGroups.remove(group) } }
            try await tasks.waitForAll()
        }
        try await endProcesses(inNamespace: name.fabricNamespace)
        for namespace in namespaces(name) { try await LabFabric.delete(namespace: namespace) }
        if let record = try? LabFiles.value(LabRecord.self, at: LabPaths(name).record) {
            for file in record.files where LabFiles.text(file)?.hasPrefix(ClientFiles.marker(name)) == true {
                try LabFiles.remove(file)
            }
            for file in record.files where file.hasSuffix("/.lab/testbed.py") { rmdir(String(file.dropLast(11))) }
        }
        try LabFiles.remove(LabPaths(name).state)
        rmdir(LabPaths.stateRoot)
        let left = leftovers(name)
        guard left.isEmpty else {
            throw LabError(
                .leftovers,
                "not everything of lab '\(name)' could be removed: \(left.joined(separator: ", "));"
                    + " run `skein lab down` again, or end what uses them")
        }
        return found
    }

    /// What there is of a lab on this machine, in words.
    package static func leftovers(_ name: LabName) -> [String] {
        var left = ControlGroups.groups(prefix: name.controlGroupPrefix).map { "control group \($0)" }
        left += namespaces(name).map { "network namespace \($0)" }
        let state = LabPaths(name).state
        let mounts = (LabFiles.text("/proc/self/mountinfo") ?? "").split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            return fields.count > 4 && (fields[4] == state || fields[4].hasPrefix(state + "/")) ? fields[4] : nil
        }
        left += mounts.map { "mount \($0)" }
        if LabFiles.exists(state) { left.append("directory \(state)") }
        return left
    }

    private static func namespaces(_ name: LabName) -> [String] {
        LabFiles.names(in: "/run/netns").filter {
            $0 == name.fabricNamespace || $0.hasPrefix(name.namespace(ofHost: ""))
        }
    }

    /// Ends what users run in the fabric (a client, `skein up`): it would keep the namespace alive without a name.
    private static func endProcesses(inNamespace namespace: String) async throws {
        let own = getpid()
        try await Poll.until("the processes in \(namespace) to end", within: .seconds(10)) {
            let result = try await Command.result(["ip", "netns", "pids", namespace])
            let processes = result.output.split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
                .filter { $0 != own && $0 != getppid() }
            for process in processes { kill(process, SIGKILL) }
            return processes.isEmpty
        }
    }
}
