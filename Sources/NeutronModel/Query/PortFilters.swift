import Addressing
import JSON

// The filters of ports that look into lists.
extension NeutronPort {
    /// Most values of `ip_address_substr`: the addresses of every port are searched for each of them.
    static let substringCount = 16

    static func filterBySecurityGroups(_ values: [String]) -> Filter<NeutronPort> {
        let ids = Set(values.compactMap(ObjectID.init))
        return Filter(lookup: .keys(ids.map { .securityGroup($0) })) { port in
            port.securityGroupIDs.contains { ids.contains($0) }
        }
    }

    /// `ip_address=`, `subnet_id=` and `ip_address_substr=`: one address of the port must satisfy all of them.
    static func filterByFixedIPs(_ values: [String]) throws(NeutronError) -> Filter<NeutronPort> {
        var wanted: [String: [String]] = [:]
        for value in values {
            let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                .map { $0.trimmingSpaces }
            guard parts.count == 2, !parts[0].isEmpty else {
                throw .invalidInput("'\(value)' is not of the form <key>=[value]")
            }
            wanted[parts[0], default: []].append(parts[1])
        }
        let addresses = wanted["ip_address"].map { Set($0.compactMap(IPAddress.init)) }
        let subnets = wanted["subnet_id"].map { Set($0.compactMap(ObjectID.init)) }
        let parts = wanted["ip_address_substr"].map { Set($0) }
        guard parts?.count ?? 0 <= substringCount else {
            throw .invalidInput("fixed_ips has more than \(substringCount) values of ip_address_substr")
        }
        let lookup: Filter<NeutronPort>.Lookup =
            if let addresses {
                .keys(addresses.map { .address($0) })
            } else if let subnets {
                .keys(subnets.map { .subnet($0) })
            } else {
                .everything
            }
        return Filter(lookup: lookup) { port in
            port.fixedAddresses.contains { fixed in
                if let addresses, !addresses.contains(fixed.address) { return false }
                if let subnets, !(fixed.subnetID.map(subnets.contains) ?? false) { return false }
                guard let parts else { return true }
                let text = fixed.address.description
                return parts.contains { text.contains($0) }
            }
        }
    }
}

extension Substring {
    fileprivate var trimmingSpaces: String {
        var rest = self
        while rest.first?.isWhitespace ?? false { rest.removeFirst() }
        while rest.last?.isWhitespace ?? false { rest.removeLast() }
        return String(rest)
    }
}
