/// How a host's systemd-nspawn is started.
enum BootCommand {
    /// Everything that the command line depends on.
    struct Parameters: Hashable, Sendable {
        var host: LabPlan.Host
        var name: LabName
        var paths: LabPaths
        /// The read-only layers of the root, the topmost first.
        var layers: [String]
        /// The directory with the Debian packages; nil when the host has none.
        var packages: String?
        /// The control groups the host lives in.
        var controlGroups: [String]
    }

    /// Capabilities beyond nspawn's default: VRRP and packet sockets, real-time scheduling, locked memory, eBPF.
    static let capabilities = "CAP_NET_ADMIN,CAP_NET_RAW,CAP_SYS_NICE,CAP_IPC_LOCK,CAP_BPF,CAP_PERFMON"

    /// Where the Debian packages are inside a host.
    static let packageDirectory = "/srv/packages"

    /// The arguments of systemd-nspawn.
    static func nspawn(_ parameters: Parameters) -> [String] {
        var arguments = [
            "systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit",
            "--machine=\(parameters.name.machine(ofHost: parameters.host.name))", "--hostname=\(parameters.host.name)",
            "--directory=\(parameters.paths.root(parameters.host.name))",
            "--network-namespace-path=/run/netns/\(parameters.name.namespace(ofHost: parameters.host.name))",
            // tzdata cannot be installed over a bind-mounted /etc/localtime; the lab has no name server.
            "--timezone=off", "--resolv-conf=off", "--link-journal=no", "--capability=\(capabilities)",
            "--system-call-filter=bpf perf_event_open", "--console=pipe",
        ]
        if let packages = parameters.packages {
            arguments.append("--bind-ro=\(packages):\(packageDirectory)")
        }
        return arguments
    }

    /// A command that starts the host in a session of its own and returns at once.
    ///
    /// The root is mounted in a mount namespace that nspawn alone is in: it vanishes with the host, so no mount of a lab
    /// is ever left behind. The process joins its control groups before it does anything else: without a systemd
    /// outside, all nspawns would share one.
    static func detached(_ parameters: Parameters) -> [String] {
        let name = parameters.host.name
        let paths = parameters.paths
        let mount = [
            "mount", "-t", "overlay", "overlay", "-o",
            "lowerdir=\(parameters.layers.joined(separator: ":")),upperdir=\(paths.upper(name)),workdir=\(paths.work(name))",
            paths.root(name),
        ]
        let inner = "\(ShellText.command(mount)) && exec \(ShellText.command(nspawn(parameters)))"
        let joins = parameters.controlGroups.map { "echo $$ > \(ShellText.quoted($0 + "/cgroup.procs"))" }
        let script =
            (["exec </dev/null >\(ShellText.quoted(paths.console(name))) 2>&1"]
            + ["echo $$ > \(ShellText.quoted(paths.processID(name)))"] + joins
            + [
                "exec env SYSTEMD_NSPAWN_TMPFS_TMP=0 SYSTEMD_NSPAWN_API_VFS_WRITABLE=network unshare --mount --propagation private sh -c \(ShellText.quoted(inner))"
            ]).joined(separator: " && ")
        return ["setsid", "--fork", "sh", "-c", script]
    }
}
