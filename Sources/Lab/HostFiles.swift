/// The files of a host that are not in its image, written into the upper layer of its root before its first start.
enum HostFiles {
    /// A file of a host: its path from the host's root, and its mode.
    struct File: Hashable, Sendable {
        var path: String
        var text: String
        var mode: UInt32 = 0o644
    }

    /// What the files are.
    static func files(_ host: LabPlan.Host, plan: LabPlan, authorizedKey: String, adminPassword: String) -> [File] {
        var files = [
            File(path: "etc/hostname", text: host.name + "\n"),
            File(
                path: "etc/hosts",
                text: "127.0.0.1 localhost\n"
                    + plan.hosts.map { "\($0.address(on: .management)) \($0.name)\n" }.joined()),
            // There is no name server in the lab: without one, look-ups fail at once.
            File(path: "etc/resolv.conf", text: ""),
            File(path: "etc/apt/sources.list", text: "deb [trusted=yes] file:\(BootCommand.packageDirectory) ./\n"),
            File(path: "root/.ssh/authorized_keys", text: authorizedKey, mode: 0o600),
        ]
        switch host.kind {
        case .controller, .compute: break
        case .openstack:
            files.append(
                File(
                    path: String(KeystoneSetup.environmentFile.dropFirst()),
                    text: KeystoneSetup.environment(adminPassword: adminPassword), mode: 0o600))
            // Enabled here and not in the image: the client has the same image.
            files.append(
                File(
                    path: "etc/systemd/system/multi-user.target.d/keystone.conf",
                    text: "[Unit]\nWants=keystone.service\n"))
        case .client:
            let clouds = ClientFiles.cloudsYAML(plan, adminPassword: adminPassword, forwards: [])
            files.append(File(path: "etc/openstack/clouds.yaml", text: clouds, mode: 0o600))
            files.append(
                File(path: "root/openrc", text: ClientFiles.openrc(plan, adminPassword: adminPassword), mode: 0o600))
        }
        return files
    }

    /// Makes the directories of a host and writes its files.
    static func write(_ host: LabPlan.Host, of lab: Lab) throws(LabError) {
        let paths = lab.paths
        for directory in [paths.upper(host.name), paths.work(host.name), paths.root(host.name)] {
            try LabFiles.makeDirectory(directory)
        }
        let upper = paths.upper(host.name)
        try LabFiles.makeDirectory("\(upper)/root", mode: 0o700)
        guard let key = LabFiles.text(paths.publicKey) else {
            throw LabError(.fileSystem, "cannot read \(paths.publicKey)")
        }
        for file in files(host, plan: lab.plan, authorizedKey: key, adminPassword: lab.adminPassword) {
            let path = "\(upper)/\(file.path)"
            if let slash = path.lastIndex(of: "/") { try LabFiles.makeDirectory(String(path[..<slash])) }
            try LabFiles.write(file.text, to: path, mode: file.mode)
        }
    }
}
