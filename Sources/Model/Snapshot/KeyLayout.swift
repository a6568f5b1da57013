import Addressing
import Store

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
    /// One part of the room that is left below a project's limit; see ``QuotaRoom``.
    case quota(QuotaSpace, part: Int)
    /// A notice that waits for the broker.
    case outbox(String)
    /// A notice that can never be published, under the id that it had in the outbox.
    case setAside(String)
    /// How much of notices was given up: ``NoticeLosses``.
    case noticeLosses
    /// What was answered to a request; see invariant 1 of docs/architecture.md.
    case request(String)
    /// Who holds a leader's lease, by the task's name.
    case leader(String)
    /// A small value of a client's own (Contrail's `useragent-kv`).
    case userAgentValue(String)

    /// Everything of Skein's is below this prefix.
    package static let root = "/"
    /// Every object is below this one.
    package static let objects = "/objects/"

    package var path: String {
        switch self {
        case .object(let type, let id): "\(Self.objects)\(type)/\(id)"
        case .name(let type, let fqName): "/names/\(type)/\(Self.escaped(fqName))"
        case .reference(let target, let source): "/references/\(target)/\(source)"
        case .address(let network, let address): "/addresses/\(network)/\(Self.ordered(address))"
        case .mac(let network, let address): "/macs/\(network)/\(address)"
        case .number(let range, let number): "/numbers/\(range.rawValue)/\(number)"
        case .quota(let space, let part): "\(Self.quotas(of: space))\(part)"
        case .outbox(let id): "/outbox/\(id)"
        case .setAside(let id): "/set-aside/\(id)"
        case .noticeLosses: "/notice-losses/total"
        case .request(let id): "/requests/\(id)"
        case .leader(let name): "/leaders/\(name)"
        case .userAgentValue(let key): "/user-agent-values/\(key)"
        }
    }

    /// The prefix of all references to an object.
    package static func references(to target: ObjectID) -> String { "/references/\(target)/" }

    /// The prefix of all addresses of a network.
    package static func addresses(of network: ObjectID) -> String { "/addresses/\(network)/" }

    fileprivate static let quotas = "/quotas/"

    /// The prefix of all parts of the room below a project's limits.
    package static func quotas(of project: ObjectID) -> String { "\(quotas)\(project)/" }

    /// The prefix of all parts of the room below one limit.
    package static func quotas(of space: QuotaSpace) -> String { "\(quotas(of: space.project))\(space.kind)/" }

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
        case "quotas":
            guard let project = ObjectID(first), let slash = second.utf8.firstIndex(of: separator),
                let part = Int(second[second.utf8.index(after: slash)...])
            else { return nil }
            self = .quota(QuotaSpace(project: project, kind: String(second[..<slash])), part: part)
        case "outbox": self = .outbox(String(tail))
        case "set-aside": self = .setAside(String(tail))
        case "notice-losses":
            guard tail == "total" else { return nil }
            self = .noticeLosses
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

extension Transaction {
    /// The keys that no other transaction can have at the same time: those that must be absent, and the parts of quotas
    /// that it takes from.
    package var exclusiveKeys: [String] {
        let absent = preconditions.compactMap { if case .absent(let key) = $0 { key } else { nil } }
        let parts = changes.compactMap { change -> String? in
            guard case .put(let key, _, _) = change, key.hasPrefix(StoreKey.quotas) else { return nil }
            return key
        }
        return absent + parts
    }
}

/// Numbers that are unique in the whole installation, whoever has chosen them.
package enum NumberRange: String, Hashable, Sendable, CaseIterable {
    /// VNIs, 1 to 2^24 - 1: `virtual_network_network_id`, which is the network's VNI unless it has another, and the
    /// `vxlan_network_identifier` of networks and logical routers.
    case virtualNetwork = "virtual-networks"
    /// `security_group_id`: from 8,000,001 (Contrail keeps 8,000,000 for "none") to 2^32. Below are those that clients
    /// choose, `configured_security_group_id`.
    case securityGroup = "security-groups"

    /// What is given to those who have no wish.
    package var numbers: ClosedRange<Int> {
        switch self {
        case .virtualNetwork: 1...16_777_215
        case .securityGroup: 8_000_001...4_294_967_296
        }
    }
}
