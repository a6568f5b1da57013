import Addressing

/// What a host was found to have before anything was changed on it.
package struct HostFacts: Hashable, Sendable {
    /// ``Testbed/Testbed/Host/name``.
    package var host: String
    /// `ID` and `VERSION_ID` of `/etc/os-release`, such as `debian` and `12`.
    package var distribution: String
    package var distributionVersion: String
    package var interfaces: [Interface]
    /// Versions of the packages that Skein relies on, by name (`rabbitmq-server` → `3.10.8-1.1`): the installed one's, or
    /// the one's that would be installed. The broker's decides whether classic queues can be mirrored.
    package var packageVersions: [String: String]
    /// Free space of `/var/lib`, in bytes.
    package var freeBytes: Int
    /// The host's clock minus the build host's, in seconds.
    package var clockOffset: Double
    /// The address of the host that the build host's connection arrived at; nil when it is not known.
    package var loginAddress: IPAddress?
    /// Nobody looked at the host: what stands here is assumed (``assumed(of:beside:)``). The others name such a host as
    /// before; it gets nothing itself.
    package var isAssumed = false

    /// A network interface and its addresses.
    package struct Interface: Hashable, Sendable {
        package var name: String
        package var addresses: [Address]

        package init(name: String, addresses: [Address]) {
            self.name = name
            self.addresses = addresses
        }
    }

    /// An address with its prefix length.
    package struct Address: Hashable, Sendable {
        package var address: IPAddress
        package var prefixLength: Int

        package init(address: IPAddress, prefixLength: Int) {
            self.address = address
            self.prefixLength = prefixLength
        }
    }

    package init(
        host: String, distribution: String, distributionVersion: String, interfaces: [Interface],
        packageVersions: [String: String], freeBytes: Int, clockOffset: Double, loginAddress: IPAddress? = nil
    ) {
        self.host = host
        self.distribution = distribution
        self.distributionVersion = distributionVersion
        self.interfaces = interfaces
        self.packageVersions = packageVersions
        self.freeBytes = freeBytes
        self.clockOffset = clockOffset
        self.loginAddress = loginAddress
    }
}
