/// The text of a systemd unit or drop-in.
struct SystemdUnit {
    var unit: [String] = []
    var service: [String] = []
    var socket: [String] = []
    var timer: [String] = []
    /// `multi-user.target` or the like; nil for a drop-in and for what others start.
    var wantedBy: String?

    /// The lines of a service that is to come before others when the CPUs are busy, or after them.
    ///
    /// `Nice=` alone does nothing between services where the kernel shares the CPUs among sessions first
    /// (`sched_autogroup_enabled`, Debian's default): each service is a session, and its niceness counts within it only.
    ///
    /// - Parameter niceness: -20, before all others, to 19.
    static func priority(_ niceness: Int) -> [String] {
        let group = "/proc/${MAINPID}/autogroup"
        return ["Nice=\(niceness)", "ExecStartPost=-+/bin/sh -c '[ ! -e \(group) ] || echo \(niceness) >\(group)'"]
    }

    var text: String {
        var sections: [(String, [String])] = [
            ("Unit", unit), ("Service", service), ("Socket", socket), ("Timer", timer),
        ]
        if let wantedBy { sections.append(("Install", ["WantedBy=\(wantedBy)"])) }
        let body = sections.filter { !$0.1.isEmpty }.map { "[\($0.0)]\n" + $0.1.joined(separator: "\n") + "\n" }
        return "# Made by skein; `skein up` puts it back.\n" + body.joined(separator: "\n")
    }
}
