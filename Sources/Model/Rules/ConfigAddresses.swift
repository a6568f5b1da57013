import Addressing
import JSON

/// `ip-alloc` and `ip-free` of a virtual-network: addresses without an object of their own (vnc-api.md, 1.7). They are
/// held by the network itself.
enum ConfigAddresses {
    /// Of addresses in one request: each is a key of its transaction, which other requests wait for.
    private static let maximumCount = 1000

    static func allocate(_ text: String, _ body: JSONValue, _ edit: inout GraphEdit) throws(ConfigFault) -> APIAnswer {
        let network = try find(text, edit)
        let subnetID = body["subnet"]?.stringValue.flatMap { ObjectID($0) }
        if let given = body["subnet"], !given.isFalsy, !network.subnets.contains(where: { $0.id == subnetID }) {
            throw ConfigFault(404, "Subnet \(given.pythonText) not found")
        }
        let family: IPAddress.Family? =
            switch body["family"]?.stringValue {
            case "v4": .v4
            case "v6": .v6
            default: nil
            }
        let count = body["count"]?.integerValue ?? 1
        guard (1...maximumCount).contains(count) else {
            throw ConfigFault(400, "count must be between 1 and \(maximumCount)")
        }
        // The network must still be there when the addresses are committed.
        edit.rely(on: network.id)
        var addresses: [JSONValue] = []
        for _ in 0..<count {
            do {
                let taken = try edit.takeFreeAddress(
                    network: network, subnetID: subnetID, family: family, holder: network.id)
                addresses.append(.string(taken.address.description))
            } catch {
                // Contrail keeps what it got, unless it got nothing.
                guard error.code == .exhausted, !addresses.isEmpty else { throw ConfigFault(error) }
                break
            }
        }
        return .json(["ip_addr": .array(addresses)])
    }

    static func free(_ text: String, _ body: JSONValue, _ edit: inout GraphEdit) throws(ConfigFault) -> APIAnswer {
        let network = try find(text, edit)
        let listed = body["ip_addr"]?.arrayValue ?? body["ip_addr"].map { [$0] } ?? []
        guard listed.count <= maximumCount else {
            throw ConfigFault(400, "ip_addr must list at most \(maximumCount) addresses, not \(listed.count)")
        }
        for address in listed.compactMap({ $0.stringValue.flatMap { IPAddress($0) } }) {
            edit.release(.address(network: network.id, address: address), of: network.id)
        }
        return .empty
    }

    private static func find(_ text: String, _ edit: GraphEdit) throws(ConfigFault) -> ConfigObject {
        guard let network = ObjectID(text).flatMap({ edit.object($0, type: "virtual-network") }) else {
            throw ConfigFault(404, "Virtual Network \(text) not found!")
        }
        return network
    }
}
