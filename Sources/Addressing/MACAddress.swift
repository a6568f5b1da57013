/// A 48-bit hardware address.
package struct MACAddress: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The address as a number below 2^48, first byte highest.
    package let bits: UInt64

    /// The low 48 bits are used.
    package init(bits: UInt64) {
        self.bits = bits & 0xffff_ffff_ffff
    }

    /// Reads six pairs of hexadecimal digits with `:` or `-` between them, in either case. Nil for everything else.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 17 else { return nil }
        var bits: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            if index % 3 == 2 {
                guard byte == bytes[2], byte == UInt8(ascii: ":") || byte == UInt8(ascii: "-") else { return nil }
            } else {
                guard let digit = HexDigit.value(byte) else { return nil }
                bits = bits << 4 | UInt64(digit)
            }
        }
        self.init(bits: bits)
    }

    /// Whether the group bit of the first byte is set.
    package var isMulticast: Bool { bits >> 40 & 1 == 1 }

    /// Lower case with colons: `fa:16:3e:00:00:01`.
    package var description: String {
        String(unsafeUninitializedCapacity: 17) { buffer in
            for byte in 0..<6 {
                let value = UInt8(truncatingIfNeeded: bits >> UInt64(40 - 8 * byte))
                buffer[3 * byte] = HexDigit.lowercase(value >> 4)
                buffer[3 * byte + 1] = HexDigit.lowercase(value & 15)
                if byte < 5 { buffer[3 * byte + 2] = UInt8(ascii: ":") }
            }
            return 17
        }
    }

    package static func < (left: MACAddress, right: MACAddress) -> Bool { left.bits < right.bits }
}

enum HexDigit {
    static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    static func lowercase(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
}
