/// How the build host reaches the hosts of a deployment by SSH.
package struct ConnectionSettings: Hashable, Sendable {
    /// Private key; nil leaves it to ssh's own configuration and agent.
    package var keyFile: String?
    /// The file of known host keys: new hosts are added to it, changed keys are refused.
    package var knownHostsFile: String
    /// A directory that only this user can read, for the connections that are shared between commands.
    package var controlDirectory: String
    /// The network namespace of this machine from which the hosts are reached, such as a lab's.
    package var networkNamespace: String?
    /// Seconds until a host that does not answer counts as unreachable.
    package var connectTimeout = 10

    package init(
        keyFile: String? = nil, knownHostsFile: String, controlDirectory: String, networkNamespace: String? = nil
    ) {
        self.keyFile = keyFile
        self.knownHostsFile = knownHostsFile
        self.controlDirectory = controlDirectory
        self.networkNamespace = networkNamespace
    }
}
