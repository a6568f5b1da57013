import Glibc

/// The machine that the lab runs on: what it has, what must be installed on it, where it gets Debian packages from.
enum Machine {
    /// The programs that a lab needs beyond a minimal Debian, and the package of each.
    static let programs: [(program: String, package: String)] = [
        ("mmdebstrap", "mmdebstrap"), ("systemd-nspawn", "systemd-container"), ("ip", "iproute2"), ("nft", "nftables"),
        ("ssh", "openssh-client"), ("dpkg-scanpackages", "dpkg-dev"),
    ]

    /// Throws `unsupportedMachine` unless this process may make namespaces and mounts.
    static func requireRoot(for what: String) throws(LabError) {
        guard geteuid() == 0 else {
            throw LabError(.unsupportedMachine, "\(what) must be run as root: it makes namespaces and mounts; use sudo")
        }
    }

    /// Throws `unsupportedMachine` when the file system of a directory has less room than that.
    static func requireSpace(megabytes: UInt64, at directory: String) throws(LabError) {
        var status = statvfs()
        guard statvfs(directory, &status) == 0 else { return }
        let free = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue >> 20
        guard free >= megabytes else {
            throw LabError(
                .unsupportedMachine,
                "\(directory) has \(free) MB free; a lab needs \(megabytes) MB for images and hosts")
        }
    }

    /// Installs what is missing, with the machine's own package manager.
    static func installPrograms(_ report: (String) -> Void) async throws {
        guard LabFiles.exists("/etc/debian_version") else {
            throw LabError(.unsupportedMachine, "a lab needs a Debian machine (tried on 12); this one is none")
        }
        let missing = programs.filter { program in
            !["/usr/bin", "/usr/sbin", "/bin", "/sbin"].contains { LabFiles.exists("\($0)/\(program.program)") }
        }.map(\.package)
        guard !missing.isEmpty else { return }
        report("installing \(missing.joined(separator: ", ")) on this machine")
        let install = ["apt-get", "-q", "-y", "--no-install-recommends", "install"] + missing
        // The package lists may be there and new enough; fetching them takes longer than trying.
        if try await Command.result(install).succeeded { return }
        try await Command.output(["apt-get", "-q", "update"])
        try await Command.output(install)
    }

    /// The code name of the machine's Debian release, which the hosts get too.
    static func suite() async throws -> String {
        for line in (LabFiles.text("/etc/os-release") ?? "").split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2, parts[0] == "VERSION_CODENAME" { return parts[1].filter { $0 != "\"" } }
        }
        throw LabError(.unsupportedMachine, "/etc/os-release names no VERSION_CODENAME: a lab needs a Debian machine")
    }

    /// The Debian repositories that the machine uses, as lines of `sources.list`.
    static func packageSources() async throws -> [String] {
        var sources = try await debianIndexes()
        if sources.isEmpty {
            try await Command.output(["apt-get", "-q", "update"])
            sources = try await debianIndexes()
        }
        guard !sources.isEmpty else {
            throw LabError(
                .unsupportedMachine,
                "apt on this machine has no Debian repository; the lab takes its packages from there")
        }
        return sources
    }

    private static func debianIndexes() async throws -> [String] {
        let format = "$(ORIGIN)|$(COMPONENT)|$(REPO_URI)|$(CODENAME)"
        let lines = try await Command.output(["apt-get", "indextargets", "--format", format, "Created-By: Packages"])
        return sources(indexTargets: lines)
    }

    /// Reads what `apt-get indextargets` printed, in the format `ORIGIN|COMPONENT|REPO_URI|CODENAME`.
    static func sources(indexTargets text: String) -> [String] {
        var sources: [String] = []
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: "|", omittingEmptySubsequences: false)
            guard fields.count == 4, fields[0] == "Debian", fields[1] == "main" else { continue }
            let source = "deb \(fields[2]) \(fields[3]) main"
            if !sources.contains(source) { sources.append(source) }
        }
        return sources
    }
}
