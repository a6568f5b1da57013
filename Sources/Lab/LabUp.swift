import FoundationEssentials
import Glibc

/// Making a lab.
package enum LabUp {
    /// What the user asked for.
    package struct Options: Sendable {
        /// The lab to make.
        package var plan: LabPlan
        /// The directory in which `openrc`, `clouds.yaml` and `.lab/testbed.py` are written; absolute.
        package var directory: String
        /// Where else the testbed file is written; absolute.
        package var testbed: String?
        /// The Debian packages that the hosts can install, besides what these need.
        package var packages: [String]
        /// The path of this executable, which the forwarder is started from.
        package var executable: String

        package init(
            plan: LabPlan, directory: String, testbed: String? = nil, packages: [String] = defaultPackages,
            executable: String
        ) {
            self.plan = plan
            self.directory = directory
            self.testbed = testbed
            self.packages = packages
            self.executable = executable
        }
    }

    /// The Debian packages that `skein up` installs on hosts.
    package static var defaultPackages: [String] { ImageRecipe.hostPackages }

    /// Makes the lab, or brings an existing one of the same shape whole again: hosts that are off are started.
    ///
    /// What was begun is removed again when it fails or the task is cancelled. Throws `wrongState` when there is a lab of
    /// that name with another shape, `busy` when another command works on it.
    package static func run(_ options: Options, _ report: @escaping @Sendable (String) -> Void) async throws -> Lab {
        try Machine.requireRoot(for: "skein lab up")
        let name = options.plan.name
        let lock = try LabLock.lab(name)
        let paths = LabPaths(name)
        if let record = try? LabFiles.value(LabRecord.self, at: paths.record), record.phase == .up {
            guard record.plan == options.plan else {
                throw LabError(
                    .wrongState,
                    "lab '\(name)' is up with \(record.plan.hosts.map(\.name).joined(separator: ", "));"
                        + " take it down first, or use another --name")
            }
            let lab = try await complete(Lab(record: record), options, report)
            lock.release()
            return lab
        }
        let removed = try await LabDown.remove(name)
        if removed { report("removed what an interrupted `skein lab up` had left") }
        let lab: Lab
        do {
            try await Machine.installPrograms(report)
            let images = try await LabImages.prepare(options.plan, packages: options.packages, report)
            lab = try await make(options, images, report)
        } catch {
            // The clean-up must run although this task may be cancelled.
            let cleaning = Task.detached { try await LabDown.remove(name) }
            do {
                if try await cleaning.value { report("removed what was begun") }
            } catch let leftover as LabError {
                report("could not remove all that was begun: \(leftover.message)")
            }
            lock.removeFile()
            throw error
        }
        lock.release()
        return lab
    }

    private static func make(_ options: Options, _ images: LabImages, _ report: @escaping @Sendable (String) -> Void)
        async throws -> Lab
    {
        let plan = options.plan
        let paths = LabPaths(plan.name)
        try LabFiles.makeDirectory(LabPaths.stateRoot)
        try LabFiles.makeDirectory(paths.state, mode: 0o700)
        let record = LabRecord(
            plan: plan, phase: .starting, adminPassword: password(), base: images.base, openstack: images.openstack,
            packages: images.packages, files: [])
        try LabFiles.write(record, to: paths.record, mode: 0o600)
        try await Command.output([
            "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "skein-lab-\(plan.name)", "-f", paths.key,
        ])
        let lab = Lab(record: record)
        for host in plan.hosts { try HostFiles.write(host, of: lab) }
        try await lab.fabric.make()
        report(
            "made the networks \(LabPlan.Network.allCases.map { "\($0.rawValue) \($0.gateway)/24" }.joined(separator: ", "))"
        )
        try await withThrowingTaskGroup { group in
            for host in lab.hosts {
                group.addTask {
                    try await host.boot()
                    try await host.waitForSSH()
                }
            }
            try await group.waitForAll()
        }
        report("booted \(plan.hosts.map(\.name).joined(separator: ", "))")
        return try await complete(lab, options, report)
    }

    /// Brings everything of a lab into its normal state and writes its files.
    private static func complete(_ lab: Lab, _ options: Options, _ report: @escaping @Sendable (String) -> Void)
        async throws -> Lab
    {
        for host in lab.hosts where !host.isOn {
            try await host.powerOn()
            report("started \(host.name) again")
        }
        try await startForwarder(lab, executable: options.executable)
        try await waitForKeystone(lab, report)
        var record = lab.record
        let files = files(lab, options)
        // An earlier `up` may have written elsewhere: `down` removes those files too. Recorded before they are written,
        // so that none is forgotten when this process dies in between.
        record.files = Set(record.files).union(files.map(\.path)).sorted()
        try LabFiles.write(record, to: lab.paths.record, mode: 0o600)
        try LabFiles.makeDirectory("\(options.directory)/.lab")
        for (path, text) in files { try LabFiles.write(text, to: path, mode: 0o600) }
        record.phase = .up
        try LabFiles.write(record, to: lab.paths.record, mode: 0o600)
        return Lab(record: record)
    }

    private static func startForwarder(_ lab: Lab, executable: String) async throws {
        guard lab.forwards.isEmpty else { return }
        let group = lab.name.forwarderControlGroup
        try ControlGroups.make(group)
        try LabFiles.remove(lab.paths.forwards)
        let joins = ControlGroups.directories(group).map { "echo $$ > \(ShellText.quoted($0 + "/cgroup.procs"))" }
        let script =
            (["exec </dev/null >\(ShellText.quoted(lab.paths.forwarderLog)) 2>&1"] + joins
            + ["exec \(ShellText.command([executable, "lab", "forward", "--name", lab.name.text]))"])
            .joined(separator: " && ")
        try await Command.output(["setsid", "--fork", "sh", "-c", script])
        try await Poll.until("the forwarder to listen (its log: \(lab.paths.forwarderLog))", within: .seconds(20)) {
            LabFiles.exists(lab.paths.forwards)
        }
    }

    private static func waitForKeystone(_ lab: Lab, _ report: (String) -> Void) async throws {
        guard let url = lab.plan.keystoneURL else { return }
        try await Poll.until("Keystone at \(url)", within: .seconds(300), every: .milliseconds(200)) {
            try await Command.result(
                lab.fabric.inside(["curl", "--silent", "--fail", "--max-time", "5", "--output", "/dev/null", url])
            ).succeeded
        }
        report("Keystone answers at \(url)")
    }

    /// The files outside of the state directory.
    private static func files(_ lab: Lab, _ options: Options) -> [(path: String, text: String)] {
        let password = lab.adminPassword
        let testbed = LabTestbed.render(lab.plan, adminPassword: password, keyFile: lab.paths.key)
        let directory = options.directory
        var files = [(path: "\(directory)/.lab/testbed.py", text: testbed)]
        if let path = options.testbed { files.append((path, testbed)) }
        if lab.plan.keystoneURL != nil {
            let clouds = ClientFiles.cloudsYAML(lab.plan, adminPassword: password, forwards: lab.forwards)
            files.append(("\(directory)/openrc", ClientFiles.openrc(lab.plan, adminPassword: password)))
            files.append(("\(directory)/clouds.yaml", clouds))
        }
        return files
    }

    /// 24 characters, 142 bits, from the kernel's generator.
    private static func password() -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        var generator = SystemRandomNumberGenerator()
        return String((0..<24).compactMap { _ in alphabet.randomElement(using: &generator) })
    }
}
