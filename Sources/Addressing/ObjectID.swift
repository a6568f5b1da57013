/// The id of an object: a UUID (RFC 9562), kept as a number because a snapshot holds many.
package struct ObjectID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The 128 bits, first byte highest.
    package let bits: UInt128

    package init(bits: UInt128) {
        self.bits = bits
    }

    /// A version 4 UUID from 128 random bits, of which 122 are used.
    package init(random: UInt128) {
        var bits = random
        bits = bits & ~(UInt128(0xf) << 76) | UInt128(4) << 76
        bits = bits & ~(UInt128(0b11) << 62) | UInt128(0b10) << 62
        self.bits = bits
    }

    /// Reads 32 hexadecimal digits, in either case, with dashes in the canonical places (8-4-4-4-12) or without any.
    package init?(_ text: some StringProtocol) {
        // All bytes at once: a generic text that is asked for each of them costs ten times as much, and a store's watch
        // is full of ids.
        guard
            let bits = text.utf8.withContiguousStorageIfAvailable(Self.bits)
                ?? Array(text.utf8).withUnsafeBufferPointer(
                    Self.bits)
        else { return nil }
        self.bits = bits
    }

    private static func bits(_ text: UnsafeBufferPointer<UInt8>) -> UInt128? {
        guard text.count == 36 || text.count == 32 else { return nil }
        // Two halves: shifting 64 bits is one instruction.
        var halves: (UInt64, UInt64) = (0, 0)
        var digits = 0
        for index in text.indices {
            if text.count == 36, index == 8 || index == 13 || index == 18 || index == 23 {
                guard text[index] == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = HexDigit.value(text[index]) else { return nil }
            if digits < 16 {
                halves.0 = halves.0 << 4 | UInt64(digit)
            } else {
                halves.1 = halves.1 << 4 | UInt64(digit)
            }
            digits += 1
        }
        return UInt128(halves.0) << 64 | UInt128(halves.1)
    }

    /// Lower case with dashes.
    package var description: String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            var position = 0
            for nibble in 0..<32 {
                if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 {
                    buffer[position] = UInt8(ascii: "-")
                    position += 1
                }
                buffer[position] = HexDigit.lowercase(UInt8(truncatingIfNeeded: bits >> UInt128(124 - 4 * nibble)) & 15)
                position += 1
            }
            return 36
        }
    }

    /// Lower case without dashes, as Keystone writes project ids.
    package var withoutDashes: String {
        String(unsafeUninitializedCapacity: 32) { buffer in
            for nibble in 0..<32 {
                buffer[nibble] = HexDigit.lowercase(UInt8(truncatingIfNeeded: bits >> UInt128(124 - 4 * nibble)) & 15)
            }
            return 32
        }
    }

    package static func < (left: ObjectID, right: ObjectID) -> Bool { left.bits < right.bits }
}
