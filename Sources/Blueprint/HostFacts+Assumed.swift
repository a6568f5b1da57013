import Addressing
import Testbed

extension HostFacts {
    /// What can be said of a host that does not answer, so that the files of the others go on naming it: its addresses are
    /// the testbed's, their networks those of the hosts that answer.
    ///
    /// - Parameters:
    ///   - host: the one that does not answer.
    ///   - others: facts of those that do.
    package static func assumed(of host: Testbed.Host, beside others: [HostFacts]) -> HostFacts {
        let known = others.flatMap(\.interfaces).flatMap(\.addresses)
        let own = [IPAddress(host.address), host.control?.address].compactMap { $0 }
        let addresses = own.map { address in
            let neighbour = known.first { neighbour in
                CIDR(neighbour.address, prefixLength: neighbour.prefixLength)?.contains(address) ?? false
            }
            return Address(
                address: address, prefixLength: neighbour?.prefixLength ?? (address.family == .v4 ? 32 : 128))
        }
        var facts = HostFacts(
            host: host.name, distribution: "", distributionVersion: "",
            interfaces: [Interface(name: "unknown", addresses: addresses)], packageVersions: [:], freeBytes: 0,
            clockOffset: 0)
        facts.isAssumed = true
        return facts
    }
}
