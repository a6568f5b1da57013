import ArgumentParser
import Deploy
import Glibc
import JSON

/// `skein upgrade`: another build of Skein on a running installation, and back.
struct UpgradeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upgrade", abstract: "Install another build of Skein, host by host, with the way back.",
        discussion: """
            The executable (--executable; this one unless given) is put beside the old one on every controller. Then one \
            host after the other is switched and checked end to end. When one does not come up well, all that were \
            switched get back what they ran, with its configuration. --to brings back a version that the hosts have kept; \
            --list shows which.
            """)

    @OptionGroup var arguments: DeploymentArguments

    @Option(help: ArgumentHelp("Go back to a version that was kept.", valueName: "version or digest"))
    var to: String?

    @Flag(help: "Show what each host runs and has kept.")
    var list = false

    @Option(help: "With --list: text or json.")
    var format: ListFormat = .text

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    enum ListFormat: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    func validate() throws {
        if list, to != nil { throw ValidationError("--list and --to do not go together") }
    }

    func run() async throws {
        if list {
            try await arguments.withDeployment { show(try await $0.versions()) }
            return
        }
        let leftOut = try await arguments.withLockedDeployment("skein upgrade") { deployment in
            let progress = DeploymentProgress()
            do {
                let leftOut = try await change(deployment, progress)
                await progress.finish()
                return leftOut
            } catch {
                await progress.finish()
                throw error
            }
        }
        if !leftOut.isEmpty {
            StandardStream.write(leftOut, to: STDOUT_FILENO)
            throw ExitCode(2)
        }
    }

    /// - Returns: which hosts were left out, for people.
    private func change(_ deployment: Deployment, _ progress: DeploymentProgress) async throws -> String {
        let question = "The hosts take their turns one by one, and go on serving."
        if let to {
            let downgrade = try await deployment.downgrade(to: to, progress)
            await progress.finish()
            StandardStream.write(downgrade.text, to: STDOUT_FILENO)
            guard !downgrade.isEmpty else { return "" }
            try DeploymentArguments.confirm(question, yes: yes, command: "skein upgrade")
            try await downgrade.apply(progress)
            return ""
        }
        let upgrade = try await deployment.upgrade(progress)
        await progress.finish()
        StandardStream.write(upgrade.text, to: STDOUT_FILENO)
        if !upgrade.isEmpty {
            try DeploymentArguments.confirm(question, yes: yes, command: "skein upgrade")
            try await upgrade.apply(progress)
        }
        return upgrade.leftOutText
    }

    private func show(_ hosts: [HostVersions]) {
        switch format {
        case .text:
            let lines = hosts.map { host in
                let kept = host.kept.map(\.title).joined(separator: ", ")
                return "\(host.host): runs \(host.running?.title ?? "nothing"); "
                    + (kept.isEmpty ? "has kept none" : "has kept \(kept)") + "\n"
            }
            StandardStream.write(lines.joined(), to: STDOUT_FILENO)
        case .json:
            let value = JSONValue.array(hosts.map(\.json))
            StandardStream.write(value.prettyText() + "\n", to: STDOUT_FILENO)
        }
    }
}
