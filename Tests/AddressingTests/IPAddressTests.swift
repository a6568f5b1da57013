import Addressing
import SeededChance
import Testing

@Suite("IP addresses")
struct IPAddressTests {
    @Test(
        "are read and written in canonical form",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::", "::"),
            ("::1", "::1"), ("1::", "1::"), ("2001:db8::1", "2001:db8::1"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
            ("2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
            ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
            ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.1"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
            ("1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"), ("fe80::1", "fe80::1"),
            ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ])
    func canonical(text: String, expected: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == expected)
        #expect(IPAddress(expected) == address)
        #expect(IPAddress(Substring(text)) == address)
    }

    @Test(
        "are refused when malformed",
        arguments: [
            "", " ", ".", "...", "1", "1.2.3", "1.2.3.", ".1.2.3", "1.2.3.4.", "1.2.3.4.5", "1..2.3", "256.0.0.1",
            "1.2.3.999",
            "01.2.3.4", "1.2.3.00", "1.2.3.-4", "+1.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4/24", "0x1.2.3.4",
            "1.2.3.٤", "a.b.c.d",
            "99999999999999999999.1.1.1", ":", ":::", "1:2", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "::1::",
            "1:2:3:4:5:6:7:8::",
            "::1:2:3:4:5:6:7:8", "12345::", "g::", "+1::", "-1::", "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7", "fe80::1%eth0",
            "::1/64", "[::1]",
            "1.2.3.4::", "::1.2.3", "::1.2.3.4.5", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "::256.1.1.1", "::\u{0}",
            "1.2.3.4\u{0}",
        ])
    func malformed(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("survive being written and read again, whatever their bits")
    func roundTrip() throws {
        var generator = Chance(seed: 1)
        for round in 0..<2_000 {
            // Sparse bits make runs of zeros, which is where IPv6's form is hard.
            let mask = round % 2 == 0 ? UInt128.max : UInt128(generator.next()) << 64 | UInt128(generator.next())
            let sparse = (UInt128(generator.next()) << 64 | UInt128(generator.next())) & mask & (mask << 32)
            let six = IPAddress(family: .v6, bits: sparse)
            #expect(IPAddress(six.description) == six)
            let four = IPAddress(family: .v4, bits: UInt128(generator.next()))
            #expect(IPAddress(four.description) == four)
            #expect(four.bits <= 0xffff_ffff)
        }
    }

    @Test("advance within their family only")
    func advanced() throws {
        let address = { (text: String) in try #require(IPAddress(text)) }
        #expect(try address("192.0.2.255").advanced(by: 1)?.description == "192.0.3.0")
        #expect(try address("192.0.2.0").advanced(by: -1)?.description == "192.0.1.255")
        #expect(try address("192.0.2.0").advanced(by: 0)?.description == "192.0.2.0")
        #expect(try address("255.255.255.255").advanced(by: 1) == nil)
        #expect(try address("0.0.0.0").advanced(by: -1) == nil)
        #expect(try address("0.0.0.0").advanced(by: .max) == nil)
        #expect(try address("0.0.0.0").advanced(by: .min) == nil)
        #expect(try address("::").advanced(by: -1) == nil)
        #expect(try address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").advanced(by: 1) == nil)
        #expect(try address("::ffff:ffff:ffff:ffff").advanced(by: 1)?.description == "0:0:0:1::")
    }

    @Test("are in order, IPv4 first")
    func order() throws {
        let texts = ["0.0.0.1", "9.9.9.9", "10.0.0.1", "255.0.0.0", "::", "::1", "2001:db8::"]
        let addresses = texts.compactMap { IPAddress($0) }
        #expect(addresses.sorted() == addresses)
        #expect(Set(addresses).count == texts.count)
        #expect(IPAddress("0.0.0.1") != IPAddress("::1"))
    }
}
