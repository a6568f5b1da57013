/// What an installation may be told besides its testbed: timers, limits, and what was found out before.
package struct DeploymentSettings: Hashable, Sendable {
    package var timing = TimingBudget()
    package var ports = InstallationPorts()
    /// etcd's limit of its database, in bytes. 8 GiB is the largest that etcd recommends; it is a limit, not a
    /// reservation, and reaching it stops all writes, so there is no reason for less.
    package var storeQuotaBytes = 8 << 30
    /// Most operations in one transaction: a bulk create of Neutron becomes one transaction.
    package var storeTransactionOperations = 10_000
    /// How much of the store's history is kept, as etcd writes durations; a controller that was away longer reads
    /// everything again, which is quick. A member reads all of the history when it starts, which is not: with ten minutes of
    /// 200 requests a second (590 MB) it took 38 s.
    package var storeHistory = "1m"
    /// Connections that one proxy serves at once; it needs two file descriptors for each.
    package var proxyConnections = 8_000
    /// Requests that one API gets at once; more wait in the proxy. Far fewer than a backend could hold: those that wait in
    /// it run into the time after which the proxy sends them to another one as well, and a controller that is short of CPU
    /// would get the more to do the longer it takes. More than what one project may have in a controller, running
    /// and waiting (`RequestGate`), so that there is always room for others; administrators, who are OpenStack's services,
    /// may have all of it.
    package var backendConnections = 128
    /// Connections of browsers to one console, event streams among them.
    package var consoleConnections = 1_000
    /// The URL that Keystone answers at, without a path; nil takes the testbed's protocol, address and port as they are.
    package var keystoneURL: String?
    /// The content (PEM) of the testbed's `cafile`, for the controllers.
    package var keystoneAuthority: String?

    package init() {}
}
