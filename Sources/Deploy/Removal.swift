import Addressing
import Blueprint
import Remote
import Testbed

/// Taking an installation away again.
extension Deployment {
    /// What is kept when an installation is removed.
    package struct RemovalOptions: Hashable, Sendable {
        /// The store's and the broker's data stay.
        package var keepsData: Bool
        /// The Debian packages go, too.
        package var purgesPackages: Bool

        package init(keepsData: Bool = false, purgesPackages: Bool = false) {
            self.keepsData = keepsData
            self.purgesPackages = purgesPackages
        }
    }

    /// Removes what `up` has made, from all hosts at once. Keystone is not touched; and since its user `neutron` stays, the
    /// deployment's secrets stay on the build host, too.
    ///
    /// - Throws: ``DeployError`` `stepFailed` with one reason for each host that it failed on; the others are done.
    package func remove(
        _ options: RemovalOptions, _ progress: some ProgressReporter
    ) async throws(DeployError) {
        let script = Self.removalScript(
            options, virtualIPs: [testbed.internalVIP, testbed.externalVIP].compactMap { $0 })
        try await awaitQuiet(on: Set(hostNames), progress)
        await progress.report(.stage(title: "Removing the installation", steps: hosts.count, hosts: hosts.count))
        let failures = await concurrently(hosts) { host async -> String? in
            let action = "stop and remove everything that skein made"
            let begin = ContinuousClock.now
            await progress.report(.started(host: host.name, action: action))
            let failure: String?
            do throws(RemoteError) {
                let output = try await host.run(script, seconds: 300, changes: true)
                failure = output.succeeded ? nil : output.lastLines(6)
            } catch {
                failure =
                    error.message
                    + "; everything of the installation is still there: run `skein down` again when the host "
                    + "is back, before it can serve or announce a virtual IP"
            }
            let seconds = Double((ContinuousClock.now - begin) / .milliseconds(1)) / 1_000
            if let failure {
                await progress.report(.failed(host: host.name, action: action, seconds: seconds, reason: failure))
                return "\(host.name): \(failure)"
            }
            await progress.report(.finished(host: host.name, action: action, seconds: seconds))
            return nil
        }.compactMap { $0 }
        guard failures.isEmpty else { throw DeployError(.stepFailed, failures) }
    }

    /// The order is the reverse of the stages': first the addresses, last the store.
    static func removalScript(_ options: RemovalOptions, virtualIPs: [Testbed.VirtualIP]) -> String {
        let units =
            DeploymentUnit.brokerWatch + [
                DeploymentUnit.vip, DeploymentUnit.vipHealth, DeploymentUnit.proxy, DeploymentUnit.controller,
                DeploymentUnit.broker, DeploymentUnit.portMapperSocket, DeploymentUnit.portMapper, DeploymentUnit.store,
            ]
        let files = units.map(DeploymentPath.unit) + DeploymentPath.brokerTools + [DeploymentPath.executable]
        // The list of packages is of use for as long as they are there.
        let data = """
            find \(DeploymentPath.state) -mindepth 1 -maxdepth 1 ! -name 'packages*' -exec rm -rf {} + 2>/dev/null || true
            rm -rf \(DeploymentPath.logs)
            find /var/lib/rabbitmq/mnesia -maxdepth 1 -lname '\(DeploymentPath.brokerData)/*' -delete 2>/dev/null || true
            """
        return """
            installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
            for unit in \(units.joined(separator: " ")); do
                systemctl disable --now --quiet "$unit" 2>/dev/null || true
                systemctl reset-failed "$unit" 2>/dev/null || true
            done
            \(FormerUnit.all.map(\.retireWhereItIs).joined(separator: "\n"))
            for address in \(virtualIPs.map(\.address.description).joined(separator: " ")); do
                ip -o address show to "$address" | while read -r _ device _; do
                    ip address flush dev "$device" to "$address" || true
                done
            done
            rm -f \(files.joined(separator: " "))
            systemctl daemon-reload
            rm -rf \(DeploymentPath.configuration) \(DeploymentPath.programs) /run/skein /run/skein-broker-watch
            \(options.keepsData ? "rm -rf \(DeploymentPath.state)/applied" : data)
            rm -rf \(UpgradeScript.versions)
            \(options.purgesPackages ? purge : "")
            rmdir \(DeploymentPath.state) 2>/dev/null || true
            if id -u skein >/dev/null 2>&1; then userdel skein; fi
            """
    }

    /// Only what Skein installed, and only what is Skein's reason to be there: libraries and tools may serve others. A package
    /// whose own service has been taken into use since is not Skein's any more.
    private static let purge: String = {
        let packages = PackagedUnits.all.filter { $0.package != "erlang-base" }
        let inUse = packages.map { "\($0.package)) units='\($0.units.joined(separator: " "))' ;;" }
        return """
            export DEBIAN_FRONTEND=noninteractive
            for package in \(packages.map(\.package).joined(separator: " ")) etcd-client; do
                installed "$package" && grep -qxF "$package" \(DeploymentPath.installedPackages) 2>/dev/null || continue
                case "$package" in
                \(inUse.joined(separator: "\n    "))
                *) units= ;;
                esac
                used=
                for unit in $units; do
                    if systemctl -q is-active "$unit" || systemctl -q is-enabled "$unit" 2>/dev/null; then used=yes; fi
                done
                [ -n "$used" ] || apt-get -q -y -o DPkg::Lock::Timeout=300 purge "$package"
            done
            rm -f \(DeploymentPath.installedPackages)*
            """
    }()
}
