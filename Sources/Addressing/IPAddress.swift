/// An IPv4 or IPv6 address.
package struct IPAddress: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The two address families.
    package enum Family: UInt8, Sendable, Comparable {
        case v4 = 4
        case v6 = 6

        /// 32 or 128.
        package var bitWidth: Int { self == .v4 ? 32 : 128 }

        package static func < (left: Family, right: Family) -> Bool { left.rawValue < right.rawValue }
    }

    package let family: Family
    /// The address as a number; below 2^32 for IPv4.
    package let bits: UInt128

    /// The low 32 bits are used for IPv4.
    package init(family: Family, bits: UInt128) {
        self.family = family
        self.bits = family == .v4 ? bits & 0xffff_ffff : bits
    }

    /// Reads `192.0.2.1` (four decimal parts without leading zeros, as `inet_pton` does) or any text form of RFC 4291,
    /// section 2.2. Nil for everything else, zone identifiers included.
    package init?(_ text: some StringProtocol) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            guard let bits = IPv6Text.parse(text) else { return nil }
            self.init(family: .v6, bits: bits)
        } else {
            guard let bits = IPv4Text.parse(text) else { return nil }
            self.init(family: .v4, bits: UInt128(bits))
        }
    }

    /// Dotted decimal, or the canonical form of RFC 5952.
    package var description: String {
        family == .v4 ? IPv4Text.format(UInt32(truncatingIfNeeded: bits)) : IPv6Text.format(bits)
    }

    /// The address `distance` further on, nil when that leaves the family's range.
    package func advanced(by distance: Int) -> IPAddress? {
        let (sum, overflow) =
            distance >= 0
            ? bits.addingReportingOverflow(UInt128(distance))
            : bits.subtractingReportingOverflow(UInt128(distance.magnitude))
        guard !overflow, family == .v6 || sum <= 0xffff_ffff else { return nil }
        return IPAddress(family: family, bits: sum)
    }

    /// IPv4 before IPv6, then by number.
    package static func < (left: IPAddress, right: IPAddress) -> Bool {
        left.family == right.family ? left.bits < right.bits : left.family < right.family
    }
}

enum IPv4Text {
    static func parse(_ text: some StringProtocol) -> UInt32? {
        var result: UInt32 = 0
        var part: UInt32 = 0
        var digits = 0
        var dots = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if digits > 0, part == 0 { return nil }
                part = part * 10 + UInt32(byte - UInt8(ascii: "0"))
                digits += 1
                if part > 255 { return nil }
            case UInt8(ascii: "."):
                guard digits > 0, dots < 3 else { return nil }
                result = result << 8 | part
                (part, digits, dots) = (0, 0, dots + 1)
            default:
                return nil
            }
        }
        guard dots == 3, digits > 0 else { return nil }
        return result << 8 | part
    }

    static func format(_ bits: UInt32) -> String {
        "\(bits >> 24).\(bits >> 16 & 255).\(bits >> 8 & 255).\(bits & 255)"
    }
}

enum IPv6Text {
    static func parse(_ text: some StringProtocol) -> UInt128? {
        let halves = split(text)
        guard let halves else { return nil }
        guard let head = groups(halves.head, mayEndInIPv4: halves.tail == nil) else { return nil }
        guard let tailText = halves.tail else {
            return head.count == 8 ? number(head) : nil
        }
        guard let tail = groups(tailText, mayEndInIPv4: true), head.count + tail.count <= 7 else { return nil }
        return number(head + [UInt16](repeating: 0, count: 8 - head.count - tail.count) + tail)
    }

    /// RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups as `::`.
    static func format(_ bits: UInt128) -> String {
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> (112 - 16 * $0)) }
        if bits >> 32 == 0xffff {
            return "::ffff:" + IPv4Text.format(UInt32(truncatingIfNeeded: bits))
        }
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > max(best.count, 1) { best = start..<end }
            start = max(end, start + 1)
        }
        let text = { (range: Range<Int>) in range.map { String(groups[$0], radix: 16) }.joined(separator: ":") }
        return best.isEmpty ? text(0..<8) : text(0..<best.lowerBound) + "::" + text(best.upperBound..<8)
    }

    private static func split(_ text: some StringProtocol) -> (head: Substring, tail: Substring?)? {
        let whole = Substring(text)
        var index = whole.startIndex
        while index < whole.endIndex {
            let next = whole.index(after: index)
            if whole[index] == ":", next < whole.endIndex, whole[next] == ":" {
                return (whole[..<index], whole[whole.index(after: next)...])
            }
            index = next
        }
        return (whole, nil)
    }

    private static func groups(_ text: Substring, mayEndInIPv4: Bool) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        var result: [UInt16] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if part.utf8.contains(UInt8(ascii: ".")) {
                guard mayEndInIPv4, index == parts.count - 1, let bits = IPv4Text.parse(part) else { return nil }
                result += [UInt16(bits >> 16), UInt16(truncatingIfNeeded: bits)]
            } else {
                guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(isHexDigit),
                    let group = UInt16(part, radix: 16)
                else { return nil }
                result.append(group)
            }
        }
        return result.count <= 8 ? result : nil
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte | 0x20 {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }

    private static func number(_ groups: [UInt16]) -> UInt128 {
        groups.reduce(0) { $0 << 16 | UInt128($1) }
    }
}
