/// A block of addresses: a network address and a prefix length.
package struct CIDR: Hashable, Sendable, CustomStringConvertible {
    /// The network address; its host bits are zero.
    package let address: IPAddress
    /// 0 to 32, or 0 to 128.
    package let prefixLength: Int

    /// Clears the host bits. Nil when the prefix length does not fit the family.
    package init?(_ address: IPAddress, prefixLength: Int) {
        guard (0...address.family.bitWidth).contains(prefixLength) else { return nil }
        let hostBits = address.family.bitWidth - prefixLength
        let mask: UInt128 = hostBits == 128 ? 0 : UInt128.max << UInt128(hostBits)
        self.address = IPAddress(family: address.family, bits: address.bits & mask)
        self.prefixLength = prefixLength
    }

    /// Reads `address/length`; host bits may be set and are cleared. Nil for everything else.
    package init?(_ text: some StringProtocol) {
        let parts = Substring(text).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(parts[0]), (1...3).contains(parts[1].utf8.count),
            parts[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let length = Int(parts[1])
        else { return nil }
        self.init(address, prefixLength: length)
    }

    package var family: IPAddress.Family { address.family }
    /// The lowest address: the network address.
    package var first: IPAddress { address }
    /// The highest address: IPv4's broadcast address.
    package var last: IPAddress {
        let hostBits = family.bitWidth - prefixLength
        let hosts: UInt128 = hostBits == 128 ? .max : (1 << UInt128(hostBits)) - 1
        return IPAddress(family: family, bits: address.bits | hosts)
    }

    package var description: String { "\(address)/\(prefixLength)" }

    package func contains(_ other: IPAddress) -> Bool {
        other.family == family && first <= other && other <= last
    }

    package func contains(_ other: CIDR) -> Bool {
        other.prefixLength >= prefixLength && contains(other.address)
    }

    package func overlaps(_ other: CIDR) -> Bool {
        contains(other.address) || other.contains(address)
    }
}
