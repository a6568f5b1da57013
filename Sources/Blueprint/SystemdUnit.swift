/// The text of a systemd unit or drop-in.
struct SystemdUnit {
    var unit: [String] = []
    var service: [String] = []
    var socket: [String] = []
    var timer: [String] = []
    /// `multi-user.target` or the like; nil for a drop-in and for what others start.
    var wantedBy: String?

    var text: String {
        var sections: [(String, [String])] = [
            ("Unit", unit), ("Service", service), ("Socket", socket), ("Timer", timer),
        ]
        if let wantedBy { sections.append(("Install", ["WantedBy=\(wantedBy)"])) }
        let body = sections.filter { !$0.1.isEmpty }.map { "[\($0.0)]\n" + $0.1.joined(separator: "\n") + "\n" }
        return "# Made by skein; `skein up` puts it back.\n" + body.joined(separator: "\n")
    }
}
