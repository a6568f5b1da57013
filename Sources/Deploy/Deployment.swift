import Addressing
import Blueprint
import FoundationEssentials
import Glibc
import JSON
import Remote
import Testbed

/// A testbed and the way to its hosts: what `skein plan`, `up`, `down` and `status` work on.
package struct Deployment: Sendable {
    /// What the command line says besides the testbed.
    package struct Options: Hashable, Sendable {
        /// The executable that is copied to the hosts.
        package var executable: String
        /// The network namespace from which the hosts are reached.
        package var networkNamespace: String?
        /// Where the deployment's own files are kept; nil for a directory beside the testbed.
        package var directory: String?

        package init(executable: String, networkNamespace: String? = nil, directory: String? = nil) {
            self.executable = executable
            self.networkNamespace = networkNamespace
            self.directory = directory
        }
    }

    package let testbed: Testbed
    package let directory: DeploymentDirectory
    let options: Options
    /// The managed hosts, in the testbed's order; after a look at them those that a run does not leave out.
    private(set) var hosts: [RemoteHost]
    /// Hosts that earlier runs of `up` have worked on.
    let recorded: [HostRecord]
    /// Hosts that an earlier testbed named and this one does not; on them there may be something to take away.
    let departed: [(host: HostRecord, remote: RemoteHost)]
    private let controlDirectory: String

    /// - Parameters:
    ///   - path: the testbed's file; the deployment's own files are kept beside it.
    /// - Throws: ``DeployError`` `localState`
    package init(testbed: Testbed, path: String, options: Options) throws(DeployError) {
        self.testbed = testbed
        self.options = options
        directory = DeploymentDirectory(testbed: path, path: options.directory)
        try directory.create()
        // Socket paths are limited to about 100 bytes, so these do not go beside the testbed.
        controlDirectory = try Self.temporaryDirectory()
        let settings = ConnectionSettings(
            keyFile: testbed.keyFile, knownHostsFile: directory.knownHosts, controlDirectory: controlDirectory,
            networkNamespace: options.networkNamespace)
        hosts = testbed.hosts.filter(\.isManaged).map { host in
            RemoteHost(
                name: host.name, user: host.user, address: host.address,
                password: testbed.keyFile == nil ? host.password : nil, settings: settings)
        }
        recorded = try directory.readHosts()
        departed = HostRecord.departed(recorded, from: testbed).map { host in
            (host, RemoteHost(name: host.name, user: host.user, address: host.address, settings: settings))
        }
    }

    /// Everything that can be reached, by name.
    func remote(_ name: String) -> RemoteHost? {
        hosts.first { $0.name == name } ?? departed.first { $0.host.name == name }?.remote
    }

    /// The managed hosts' names, in the testbed's order.
    package var hostNames: [String] { hosts.map(\.name) }

    /// Ends all connections. To be called once, at the end.
    package func close() async {
        await withTaskGroup { group in
            for host in hosts + departed.map(\.remote) { group.addTask { await host.disconnect() } }
        }
        try? FileManager.default.removeItem(atPath: controlDirectory)
    }

    /// Looks at every host, judges whether it is fit, and compares it with the blueprint. Changes nothing on the hosts.
    ///
    /// Hosts that do not answer do not hold up the others, as far as ``AbsenceRule`` allows.
    ///
    /// - Parameter savesSecrets: whether secrets that had to be made are kept; a plan only shows.
    /// - Throws: ``DeployError`` with every reason on every host.
    package func prepare(
        savesSecrets: Bool, _ progress: some ProgressReporter
    ) async throws(DeployError) -> PreparedDeployment {
        async let elsewhere = departedAddresses()
        let (found, failures) = await survey()
        var surveys = found
        // A virtual IP that a host holds which is about to leave is nobody else's.
        let held = await elsewhere
        for index in surveys.indices { surveys[index].strangers.removeAll(where: held.contains) }
        let absence = AbsenceRule(testbed: testbed, surveys: surveys, failures: failures)
        let preflight = Preflight(testbed: testbed, surveys: surveys)
        for warning in preflight.warnings { await progress.report(.notice(warning)) }
        let errors = absence.refusals + preflight.errors
        guard errors.isEmpty else { throw DeployError(.unfit, errors) }
        let leftOut = absence.leftOut + preflight.leftOut
        var present = self
        present.hosts.removeAll { host in leftOut.contains { $0.host == host.name } }
        return try await present.prepare(
            surveys.map(\.facts).filter { facts in !leftOut.contains { $0.host == facts.host } },
            leftOut: leftOut, preflight: preflight, savesSecrets: savesSecrets)
    }

    /// - Parameter known: facts of the hosts that are not left out.
    private func prepare(
        _ known: [HostFacts], leftOut: [LeftOutHost], preflight: Preflight, savesSecrets: Bool
    ) async throws(DeployError) -> PreparedDeployment {
        let facts = testbed.hosts.filter(\.isManaged).map { host in
            known.first { $0.host == host.name } ?? .assumed(of: host, beside: known)
        }
        var settings = DeploymentSettings()
        settings.keystoneURL = preflight.keystoneURL
        settings.ports = preflight.coexistence.ports
        settings.keystoneAuthority = try keystoneAuthority()
        let secrets = try await secrets(for: facts, saves: savesSecrets)
        let blueprint: Blueprint
        do {
            blueprint = try Blueprint(
                testbed: preflight.coexistence.applied(to: testbed), facts: facts, secrets: secrets, settings: settings)
        } catch {
            throw DeployError(.impossible, error.problems.map { BlueprintError(problems: [$0]).description })
        }
        let digest = try fileDigest(options.executable)
        async let members = memberSurveys()
        let states = try await probe(blueprint, digest: digest)
        let membership = MembershipRule(
            testbed: testbed, storeCluster: blueprint.storeCluster,
            storeToken: "skein-" + String(UInt64.random(in: .min ... .max), radix: 16),
            departed: departed.map { MemberHost($0.host) },
            recorded: Set(recorded.map(\.controlAddress)), surveys: await members)
        var changes = ChangeSet(blueprint: blueprint, states: states, leftOut: leftOut)
        changes.include(membership, blueprint: blueprint)
        return PreparedDeployment(
            deployment: self, blueprint: blueprint, digest: digest, changes: changes, membership: membership,
            keystoneURL: preflight.keystoneURL, neutronPassword: secrets.neutronPassword,
            secretsDigest: secrets.configurationDigest)
    }

    /// What the hosts say of themselves, and why some do not.
    private func survey() async -> ([HostSurvey], [AbsenceRule.Failure]) {
        let virtualIPs = [testbed.internalVIP, testbed.externalVIP].compactMap { $0?.address }
        let keystone = testbed.keystone.map { ($0.address, Preflight.keystonePorts($0)) }
        let script = HostSurvey.script(virtualIPs: virtualIPs, keystone: keystone)
        let results = await concurrently(hosts) { host async -> Result<HostSurvey, AbsenceRule.Failure> in
            do throws(RemoteError) {
                let output = try await host.run(script, seconds: 60)
                let before = Date().timeIntervalSince1970
                let clock = try await host.run("date +%s.%N", seconds: 30)
                let middle = (before + Date().timeIntervalSince1970) / 2
                let time = Double(clock.output.filter { !$0.isWhitespace }) ?? middle
                guard output.succeeded,
                    let survey = HostSurvey(host: host.name, output: output.output, clockOffset: time - middle)
                else {
                    let reason = "\(host.name): it cannot be looked at: \(output.lastLines(4))"
                    return .failure(.init(host: host.name, reason: reason, isSilent: false))
                }
                return .success(survey)
            } catch {
                let isSilent = [.unreachable, .timedOut].contains(error.code)
                return .failure(.init(host: host.name, reason: error.description, isSilent: isSilent))
            }
        }
        var surveys: [HostSurvey] = []
        var failures: [AbsenceRule.Failure] = []
        for result in results {
            switch result {
            case .success(let survey): surveys.append(survey)
            case .failure(let failure): failures.append(failure)
            }
        }
        return (surveys, failures)
    }

    /// The states of every host's resources, in the blueprint's order.
    func probe(_ blueprint: Blueprint, digest: String) async throws(DeployError) -> [String: [ResourceState]] {
        let results = await concurrently(hosts) { host async -> Result<(String, [ResourceState]), DeployError> in
            let resources = blueprint.stages.flatMap { stage in
                stage.hosts.first { $0.host == host.name }?.resources ?? []
            }
            return await probe(resources, on: host, digest: digest).map { (host.name, $0) }
        }
        return Dictionary(uniqueKeysWithValues: try Self.all(results, .stepFailed))
    }

    private func probe(
        _ resources: [Resource], on host: RemoteHost, digest: String
    ) async -> Result<[ResourceState], DeployError> {
        guard !resources.isEmpty else { return .success([]) }
        do throws(RemoteError) {
            let output = try await host.run(ResourceProbe.script(resources, executable: digest), seconds: 300)
            guard let states = ResourceProbe.states(output.output, count: resources.count) else {
                return .failure(
                    DeployError(.stepFailed, "\(host.name): its state cannot be read: \(output.lastLines(4))"))
            }
            return .success(states)
        } catch {
            return .failure(DeployError(.stepFailed, error.description))
        }
    }

    /// The deployment's secrets with every host's certificate, once it is known that the hosts are the ones they are of.
    ///
    /// - Throws: ``DeployError`` `foreignTrust`, `localState`
    private func secrets(for facts: [HostFacts], saves: Bool) async throws(DeployError) -> DeploymentSecrets {
        let trusts = await trusts()
        let existing = try directory.readSecretsFile()
        let rule = TrustRule(
            folder: existing?.trustFolder(directory.path) ?? .init(path: directory.path, authorities: nil),
            hosts: trusts)
        guard rule.refusals.isEmpty else { throw DeployError(.foreignTrust, rule.refusals) }
        do {
            let now = Date()
            let file = try existing ?? SecretsFile.made(name: directory.name, now: now)
            if existing == nil, saves { try directory.writeSecrets(file) }
            return try file.secrets(testbed: testbed, facts: facts, trusts: trusts, now: now)
        } catch let error as DeployError {
            throw error
        } catch {
            throw DeployError(.localState, "\(directory.secrets): \(error)")
        }
    }

    private func keystoneAuthority() throws(DeployError) -> String? {
        guard let path = testbed.keystone?.caFile else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw DeployError(.localState, "\(path), the cafile of env.keystone, cannot be read")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// All values, or one error with every reason.
    static func all<Value>(
        _ results: [Result<Value, DeployError>], _ code: DeployError.Code
    ) throws(DeployError) -> [Value] {
        var values: [Value] = []
        var reasons: [String] = []
        for result in results {
            switch result {
            case .success(let value): values.append(value)
            case .failure(let error): reasons += error.reasons
            }
        }
        guard reasons.isEmpty else { throw DeployError(code, reasons) }
        return values
    }

    private static func temporaryDirectory() throws(DeployError) -> String {
        // The six last letters are mkdtemp(3)'s to replace, by which no two runs share a directory; it wants a C string that
        // it may write into, which a copy in an array is, its final zero included. That zero is dropped again below.
        var template = Array("/tmp/skein-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw DeployError(.localState, "no directory can be made in /tmp") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Does something with every element at once; results in the elements' order.
func concurrently<Element: Sendable, Value: Sendable>(
    _ elements: [Element], _ body: @escaping @Sendable (Element) async -> Value
) async -> [Value] {
    await withTaskGroup(of: (Int, Value).self) { group in
        for (index, element) in elements.enumerated() {
            group.addTask { (index, await body(element)) }
        }
        var results: [(Int, Value)] = []
        for await result in group { results.append(result) }
        return results.sorted { $0.0 < $1.0 }.map(\.1)
    }
}
