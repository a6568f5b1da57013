import Addressing
import JSON
import Model

/// A port's allowed address pairs as they are stored: the structs AllowedAddressPair, and the texts of those addresses
/// that the structs do not keep as they were said.
struct StoredPairs {
    /// The value of ``property``; nil for no pairs.
    let property: JSONValue?
    /// What is kept under ``textsName``: for each pair its address as it was said, null where the struct tells it; nil
    /// when all structs do.
    let texts: JSONValue?

    /// The property of a virtual-machine-interface that holds them.
    static let property = "virtual_machine_interface_allowed_address_pairs"
    /// The name of the texts among a port's extras.
    static let textsName = "address_pair_texts"

    /// - Parameters:
    ///   - pairs: as a client gave them.
    ///   - properties: the port's as they are. A pair that they hold already stays as it is there: it may follow the
    ///     port's MAC address, or have a mode that only Contrail's clients know.
    ///   - mac: the port's address.
    init(_ pairs: [JSONValue], over properties: JSONObject, _ extras: Extras, mac: MACAddress?) {
        let before = mac.map { Self.shown(properties, extras, mac: $0) } ?? []
        let stored = pairs.map { pair in
            before.first {
                .string($0.pair.address) == pair["ip_address"] && .string($0.pair.mac) == pair["mac_address"]
            }?.stored ?? Self.structure(pair)
        }
        property = stored.isEmpty ? .none : ["allowed_address_pair": .array(stored)]
        let said = zip(pairs, stored).map { pair, stored in
            pair["ip_address"] == Self.address(stored).map { .string($0) } ? .null : pair["ip_address"] ?? .null
        }
        texts = said.allSatisfy(\.isNull) ? .none : .array(said)
    }

    /// The pairs that the properties hold, as Neutron shows them, each with its struct. A pair without a MAC address
    /// follows the port's.
    static func shown(
        _ properties: JSONObject, _ extras: Extras, mac: MACAddress
    ) -> [(pair: NeutronPort.AddressPair, stored: JSONValue)] {
        let texts = extras[textsName]?.arrayValue ?? []
        return (properties[property]?["allowed_address_pair"]?.arrayValue ?? []).enumerated().compactMap {
            index, stored in
            guard let plain = address(stored) else { return nil }
            // The config API may have changed the list: a text counts only where it means what the struct says.
            let said = texts.indices.contains(index) ? texts[index].stringValue : nil
            let text = said.flatMap { block($0) == block(plain) ? $0 : nil } ?? plain
            let own = stored["mac"]?.stringValue ?? ""
            return (NeutronPort.AddressPair(address: text, mac: own.isEmpty ? mac.description : own), stored)
        }
    }

    /// The struct's address, without a prefix length when it is a single one.
    private static func address(_ stored: JSONValue) -> String? {
        guard let prefix = stored["ip"]?["ip_prefix"]?.stringValue else { return nil }
        let width = prefix.contains(":") ? 128 : 32
        let length = stored["ip"]?["ip_prefix_len"]?.integerValue ?? width
        return length == width ? prefix : "\(prefix)/\(length)"
    }

    private static func block(_ text: String) -> CIDR? {
        CIDR(text) ?? IPAddress(text).flatMap { CIDR($0, prefixLength: $0.family.bitWidth) }
    }

    /// Active-standby, as Contrail's own plugin has it, but for blocks that the config API takes only as active-active:
    /// those of more than 256 addresses (vnc-api.md, 1.8).
    private static func structure(_ pair: JSONValue) -> JSONValue {
        let block = pair["ip_address"]?.stringValue.flatMap(block)
        let hostBits = block.map { $0.family.bitWidth - $0.prefixLength } ?? 0
        return [
            "ip": block?.subnetType ?? .null, "mac": pair["mac_address"] ?? "",
            "address_mode": hostBits > 8 ? "active-active" : "active-standby",
        ]
    }
}
