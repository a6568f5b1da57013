import Addressing

/// Where everything is in the store. One object, one fact or one allocation is one key.
package enum StoreKey: Hashable, Sendable {
    /// The object itself, as JSON.
    case object(type: String, id: ObjectID)
    /// The holder of a full name in a type; its value is the id.
    case name(type: String, fqName: [String])
    /// That `source` refers to `target`, or is its child; its value is the source's type. What makes a delete wait.
    case reference(target: ObjectID, source: ObjectID)
    /// An address handed out in a network; its value is the id of the holder. The paths of a network's addresses are in
    /// the order of the addresses, so that a block of addresses is a range of keys.
    case address(network: ObjectID, address: IPAddress)
    /// A MAC address used in a network; its value is the id of the port.
    case mac(network: ObjectID, address: MACAddress)
    /// A number from one of the ranges of ``NumberRange``; its value is the id of the holder.
    case number(NumberRange, Int)
    /// A notice that waits for the broker.
    case outbox(String)
    /// What was answered to a request; see invariant 1 of docs/architecture.md.
    case request(String)
    /// Who holds a leader's lease, by the task's name.
    case leader(String)
    /// A small value of a client's own (Contrail's `useragent-kv`).
    case userAgentValue(String)

    /// Everything of Skein's is below this prefix.
    package static let root = "/"

    package var path: String {
        switch self {
        case .object(let type, let id): "/objects/\(type)/\(id)"
        case .name(let type, let fqName): "/names/\(type)/\(Self.escaped(fqName))"
        case .reference(let target, let source): "/references/\(target)/\(source)"
        case .address(let network, let address): "/addresses/\(network)/\(Self.ordered(address))"
        case .mac(let network, let address): "/macs/\(network)/\(address)"
        case .number(let range, let number): "/numbers/\(range.rawValue)/\(number)"
        case .outbox(let id): "/outbox/\(id)"
        case .request(let id): "/requests/\(id)"
        case .leader(let name): "/leaders/\(name)"
        case .userAgentValue(let key): "/user-agent-values/\(key)"
        }
    }

    /// The prefix of all references to an object.
    package static func references(to target: ObjectID) -> String { "/references/\(target)/" }

    /// Whether a path is one of those that say again what objects say of themselves, names and references: they are there
    /// for the preconditions of others, and two of three keys of a change are such.
    static func isDerived(_ path: String) -> Bool {
        path.hasPrefix("/references/") || path.hasPrefix("/names/")
    }

    /// Reads a path; nil for a key that is not of this layout.
    package init?(path: String) {
        // By bytes: every entry of every listing and watch is read here, and characters cost many times as much.
        let bytes = path.utf8
        let separator = UInt8(ascii: "/")
        guard bytes.first == separator else { return nil }
        let rest = bytes.dropFirst()
        guard let slash = rest.firstIndex(of: separator) else { return nil }
        let tail = path[bytes.index(after: slash)...]
        let end = tail.utf8.firstIndex(of: separator)
        let first = tail[..<(end ?? tail.endIndex)]
        let second = end.map { tail[bytes.index(after: $0)...] } ?? ""
        switch path[rest.startIndex..<slash] {
        case "objects":
            guard let id = ObjectID(second) else { return nil }
            self = .object(type: String(first), id: id)
        case "names":
            self = .name(type: String(first), fqName: Self.unescaped(second))
        case "references":
            guard let target = ObjectID(first), let source = ObjectID(second) else { return nil }
            self = .reference(target: target, source: source)
        case "addresses":
            guard let network = ObjectID(first), let address = Self.address(ordered: second) else { return nil }
            self = .address(network: network, address: address)
        case "macs":
            guard let network = ObjectID(first), let address = MACAddress(second) else { return nil }
            self = .mac(network: network, address: address)
        case "numbers":
            guard let range = NumberRange(rawValue: String(first)), let number = Int(second) else { return nil }
            self = .number(range, number)
        case "outbox": self = .outbox(String(tail))
        case "requests": self = .request(String(tail))
        case "leaders": self = .leader(String(tail))
        case "user-agent-values": self = .userAgentValue(String(tail))
        default: return nil
        }
    }

    /// `4-` and eight, or `6-` and 32 hexadecimal digits.
    private static func ordered(_ address: IPAddress) -> String {
        let digits = String(address.bits, radix: 16)
        let padding = String(repeating: "0", count: max(0, address.family.bitWidth / 4 - digits.utf8.count))
        return "\(address.family.rawValue)-\(padding)\(digits)"
    }

    private static func address(ordered text: Substring) -> IPAddress? {
        let digits = text.dropFirst(2)
        guard let family: IPAddress.Family = text.hasPrefix("4-") ? .v4 : text.hasPrefix("6-") ? .v6 : nil,
            digits.utf8.count == family.bitWidth / 4, let bits = UInt128(digits, radix: 16)
        else { return nil }
        return IPAddress(family: family, bits: bits)
    }

    /// Joins the parts with `:` so that different names give different texts: `%` and `:` inside a part are escaped.
    private static func escaped(_ fqName: [String]) -> String {
        fqName.map { part in
            guard part.utf8.contains(where: { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "%") }) else { return part }
            return part.map { $0 == "%" ? "%25" : $0 == ":" ? "%3A" : String($0) }.joined()
        }.joined(separator: ":")
    }

    private static func unescaped(_ text: Substring) -> [String] {
        text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map { bytes in
            let part = Substring(bytes)
            guard bytes.contains(UInt8(ascii: "%")) else { return String(part) }
            var result = ""
            var rest = part[...]
            while let character = rest.first {
                if rest.hasPrefix("%25") || rest.hasPrefix("%3A") {
                    result += rest.hasPrefix("%25") ? "%" : ":"
                    rest = rest.dropFirst(3)
                } else {
                    result.append(character)
                    rest = rest.dropFirst()
                }
            }
            return result
        }
    }
}

/// Numbers that are unique in the whole installation.
package enum NumberRange: String, Hashable, Sendable, CaseIterable {
    /// `virtual_network_network_id`, which is also the network's VNI: 1 to 2^24 - 1.
    case virtualNetwork = "virtual-networks"
    /// `security_group_id`: from 8,000,001 (Contrail keeps 8,000,000 for "none") to 2^32.
    case securityGroup = "security-groups"

    package var numbers: ClosedRange<Int> {
        switch self {
        case .virtualNetwork: 1...16_777_215
        case .securityGroup: 8_000_001...4_294_967_296
        }
    }
}
