/// The networks of a lab: a namespace with the two bridges, into which hosts are plugged.
///
/// Nothing in it is connected to the machine's own networks. Programs that are to act as a client or as the machine from
/// which an operator deploys run inside it.
package struct LabFabric: Sendable {
    /// The lab whose networks these are.
    package let name: LabName

    package init(_ name: LabName) { self.name = name }

    /// The path by which the namespace is entered.
    package var namespacePath: String { "/run/netns/\(name.fabricNamespace)" }

    /// The arguments that run a command inside the fabric.
    package func inside(_ arguments: [String]) -> [String] {
        ["ip", "netns", "exec", name.fabricNamespace] + arguments
    }

    func make() async throws {
        try await Command.output(["ip", "netns", "add", name.fabricNamespace])
        try await batch(FabricCommands.bridges())
    }

    /// Makes a host's namespace and plugs it into both bridges.
    func plug(_ host: LabPlan.Host) async throws {
        let namespace = name.namespace(ofHost: host.name)
        try await Command.output(["ip", "netns", "add", namespace])
        try await batch(FabricCommands.plug(host, namespace: namespace))
        try await batch(FabricCommands.configure(host), namespace: namespace)
    }

    /// Removes a host's ports and namespace; what is not there is no error.
    func unplug(_ host: LabPlan.Host) async throws {
        for network in LabPlan.Network.allCases {
            // Deleting the port here, not with the namespace: that is done later, by the kernel, in its own time.
            _ = try await Command.result([
                "ip", "-n", name.fabricNamespace, "link", "delete", host.port(on: network),
            ])
        }
        try await Self.delete(namespace: name.namespace(ofHost: host.name))
    }

    static func delete(namespace: String) async throws {
        guard LabFiles.exists("/run/netns/\(namespace)") else { return }
        _ = try await Command.result(["ip", "netns", "delete", namespace])
        // The file of a namespace that was made in another mount namespace is only a file here.
        try LabFiles.remove("/run/netns/\(namespace)")
    }

    /// Runs commands of `ip`, all in one process.
    func batch(_ commands: [String], namespace: String? = nil) async throws {
        try await Command.output(
            ["ip", "-n", namespace ?? name.fabricNamespace, "-batch", "-"],
            input: commands.joined(separator: "\n") + "\n")
    }

    /// Runs commands of `bridge`, all in one process.
    func bridge(_ commands: [String]) async throws {
        try await Command.output(
            ["bridge", "-n", name.fabricNamespace, "-batch", "-"], input: commands.joined(separator: "\n") + "\n")
    }
}
