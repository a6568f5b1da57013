import Addressing

/// What a host was found to have before anything was changed on it.
package struct HostFacts: Hashable, Sendable {
    /// ``Testbed/Testbed/Host/name``.
    package var host: String
    /// `ID` and `VERSION_ID` of `/etc/os-release`, such as `debian` and `12`.
    package var distribution: String
    package var distributionVersion: String
    package var interfaces: [Interface]
    /// Candidate versions of the packages Skein installs, by name (`rabbitmq-server` → `3.10.8-1.1`): the broker's
    /// decides whether classic queues can be mirrored.
    package var packageVersions: [String: String]
    /// Free space of `/var/lib`, in bytes.
    package var freeBytes: Int
    /// The host's clock minus the build host's, in seconds.
    package var clockOffset: Double
    /// The address of the host that the build host's connection arrived at; nil when it is not known.
    package var loginAddress: IPAddress?

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

    /// The interface, and its prefix length, that reaches an address directly; nil when none does.
    package func interface(reaching address: IPAddress) -> (name: String, prefixLength: Int)? {
        for interface in interfaces {
            for own in interface.addresses {
                if let network = CIDR(own.address, prefixLength: own.prefixLength), network.contains(address) {
                    return (interface.name, own.prefixLength)
                }
            }
        }
        return nil
    }
}
