import ArgumentParser
import Blueprint
import Deploy
import Drill
import Foundation
import Glibc
import Lab
import Remote
import Testbed

/// Where a drill takes place, as the command line says it.
struct DrillPlace: ParsableArguments {
    @Argument(help: "The testbed file of the installation.")
    var testbed: String

    @Option(help: "The lab that the installation is in; found by itself from the testbed.")
    var lab: String?

    /// How faults are injected in a lab: from the machine below it, or over SSH as in any other installation.
    @Option(help: .hidden)
    var injector: String?

    /// Finds the installation and the way to its hosts. In a lab, the process begins again inside the lab's networks.
    ///
    /// - Throws: ``DrillError``, ``LabError`` or a `ValidationError`.
    func open() throws -> DrillSite {
        let parsed = try TestbedFile.load(path: testbed)
        let installation = try Installation(testbed: parsed)
        guard let name = try labName(parsed) else {
            let directory = DeploymentDirectory(testbed: testbed)
            return site(parsed, installation, directory, state: directory.path + "/drill")
        }
        let lab = try Lab.open(name)
        try Self.enter(lab.fabric)
        let state = "\(lab.paths.state)/drill"
        let directory = DeploymentDirectory(testbed: testbed, path: "\(lab.paths.state)/deployment")
        if injector == "ssh" {
            var site = site(parsed, installation, directory, state: state)
            site.needsConsent = false
            return site
        }
        let upgrade = DrillUpgrade(testbed: testbed, lab: lab, installation: installation, state: state).upgrade
        return DrillSite(
            installation: installation,
            injector: LabFaultInjector(lab: lab, installation: installation, upgrade: upgrade),
            journal: FaultJournal(directory: state), directory: directory, arguments: [testbed, "--lab", name.text],
            needsConsent: false)
    }

    private func labName(_ parsed: Testbed) throws -> LabName? {
        guard let lab else { return DeploymentArguments.lab(of: parsed) }
        guard let name = LabName(lab) else { throw ValidationError("'\(lab)' is no name of a lab") }
        return name
    }

    private func site(
        _ parsed: Testbed, _ installation: Installation, _ directory: DeploymentDirectory, state: String
    ) -> DrillSite {
        // Socket paths are limited to about 100 bytes, so these do not go beside the testbed.
        let control = "/tmp/skein-drill-\(getpid())"
        mkdir(control, 0o700)
        var settings = ConnectionSettings(
            keyFile: parsed.keyFile, knownHostsFile: directory.knownHosts, controlDirectory: control)
        settings.connectTimeout = 3
        let hosts = parsed.hosts(in: .cfgm).map { host in
            RemoteHost(
                name: host.name, user: host.user, address: host.address,
                password: parsed.keyFile == nil ? host.password : nil, settings: settings)
        }
        return DrillSite(
            installation: installation, injector: SSHFaultInjector(installation: installation, hosts: hosts),
            journal: FaultJournal(directory: state), directory: directory,
            arguments: [testbed] + (lab.map { ["--lab", $0] } ?? []) + (injector.map { ["--injector", $0] } ?? []),
            needsConsent: true, temporary: control)
    }

    /// The lab's addresses are reached from its fabric only: the command starts itself again in there, once.
    private static func enter(_ fabric: LabFabric) throws {
        let mark = "SKEIN_DRILL_NAMESPACE"
        guard ProcessInfo.processInfo.environment[mark] != fabric.namespacePath else { return }
        setenv(mark, fabric.namespacePath, 1)
        let arguments =
            ["nsenter", "--net=\(fabric.namespacePath)", "--"]
            + [CommandLine.executablePath] + CommandLine.arguments.dropFirst()
        var pointers = arguments.map { strdup($0) } + [nil]
        execvp("nsenter", &pointers)
        throw ValidationError("nsenter could not be started: \(String(cString: strerror(errno)))")
    }
}

/// An installation and what is needed to drill it.
struct DrillSite: Sendable {
    let installation: Installation
    let injector: any FaultInjector
    let journal: FaultJournal
    /// What the deployment keeps on this machine.
    let directory: DeploymentDirectory
    /// The arguments by which another process finds the same place.
    let arguments: [String]
    /// Whether somebody must say that faults may be injected here.
    var needsConsent: Bool
    /// A directory that goes with the drill.
    var temporary: String?

    /// Removes what the drill needed on this machine.
    func close() {
        if let temporary { try? FileManager.default.removeItem(atPath: temporary) }
    }

    /// Why a scenario cannot be run here, in words; nil when it can.
    func obstacle(to scenario: Scenario) -> String? {
        if scenario.workload == .messages, !FileManager.default.fileExists(atPath: directory.secrets) {
            return "\(directory.secrets), which has the brokers' password, is not on this machine"
        }
        return scenario.faults.compactMap { injector.obstacle(to: $0.fault) }.first
    }

    /// How the brokers are logged in to, with the authority's certificate in a file of its own.
    ///
    /// - Throws: ``DeployError`` or ``DrillError`` when this machine does not know.
    func brokerAccess() throws -> BrokerAccess {
        guard let login = try directory.readBrokerLogin() else {
            throw DrillError("\(directory.secrets) is gone")
        }
        let authority = directory.path + "/ca.pem"
        try Data(login.authorities.utf8).write(to: URL(filePath: authority), options: .atomic)
        return BrokerAccess(
            user: login.user, password: login.password, authorityFile: authority)
    }

    /// The command line of the drill's guard.
    func guardArguments() throws -> [String] { [CommandLine.executablePath, "drill-guard"] + arguments }
}

/// Upgrades an installation under load: with `skein up` and the executable that it has, made another one by a few bytes
/// at its end, which nothing ever reads.
struct DrillUpgrade: Sendable {
    let testbed: String
    let lab: Lab
    let installation: Installation
    let state: String

    var upgrade: Upgrade {
        Upgrade {
            guard let first = installation.controllers.first else { return }
            try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
            let fetch = try lab.host(first.name).inside(["cat", "/usr/local/bin/skein"])
            try await Self.run(fetch, output: before + ".new")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: before + ".new")
            try? FileManager.default.removeItem(atPath: after)
            try FileManager.default.copyItem(atPath: before + ".new", toPath: after)
            let handle = try FileHandle(forWritingTo: URL(filePath: after))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data("skein drill \(Date().timeIntervalSince1970)".utf8))
            try handle.close()
            // Its name says that there is something to bring back.
            guard rename(before + ".new", before) == 0 else { throw DrillError("\(before) cannot be written") }
            try await up(after)
        } changeBack: {
            guard FileManager.default.fileExists(atPath: before) else { return }
            try await up(before)
            try FileManager.default.removeItem(atPath: before)
            try? FileManager.default.removeItem(atPath: after)
        }
    }

    private var before: String { "\(state)/skein-before" }
    private var after: String { "\(state)/skein-after" }

    private func up(_ executable: String) async throws {
        try await Self.run(
            [CommandLine.executablePath, "up", testbed, "--yes", "--executable", executable], output: "\(state)/up.log")
    }

    /// Runs a program to its end with its output in a file.
    private static func run(_ arguments: [String], output: String) async throws {
        guard FileManager.default.createFile(atPath: output, contents: nil) else {
            throw DrillError("\(output) cannot be written")
        }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        let file = try FileHandle(forWritingTo: URL(filePath: output))
        process.standardOutput = file
        process.standardInput = FileHandle.nullDevice
        let status = try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        try? file.close()
        guard status == 0 else {
            throw DrillError("\(arguments.prefix(2).joined(separator: " ")) ended with \(status); see \(output)")
        }
    }
}

extension CommandLine {
    /// The path of the running executable.
    static var executablePath: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? arguments.first ?? "skein"
    }
}
