import Addressing
import Testing

@Suite("MAC addresses")
struct MACAddressTests {
    @Test(
        "are read in both notations and written in one",
        arguments: [
            ("fa:16:3e:00:00:01", "fa:16:3e:00:00:01"), ("FA-16-3E-0A-0B-0C", "fa:16:3e:0a:0b:0c"),
            ("ff:ff:ff:ff:ff:ff", "ff:ff:ff:ff:ff:ff"), ("00:00:00:00:00:00", "00:00:00:00:00:00"),
        ])
    func read(text: String, expected: String) throws {
        let address = try #require(MACAddress(text))
        #expect(address.description == expected)
        #expect(MACAddress(expected) == address)
    }

    @Test(
        "are refused when malformed",
        arguments: [
            "", "fa:16:3e:00:00", "fa:16:3e:00:00:01:02", "fa:16:3e:00:00:1", "fa16.3e00.0001", "fa163e000001",
            "fa:16:3e:00:00:0g",
            "fa:16-3e:00:00:01", "fa 16 3e 00 00 01", " fa:16:3e:00:00:01", "fa:16:3e:00:00:01 ", "+a:16:3e:00:00:01",
            ":::::::::::::::::",
            "fa:16:3e:00:00:\u{1}1", "fä:16:3e:00:00:1",
        ])
    func malformed(text: String) {
        #expect(MACAddress(text) == nil)
    }

    @Test("know their group bit, their order and their 48 bits")
    func bits() throws {
        #expect(try #require(MACAddress("01:00:5e:00:00:12")).isMulticast)
        #expect(try #require(MACAddress("ff:ff:ff:ff:ff:ff")).isMulticast)
        #expect(try !#require(MACAddress("fa:16:3e:00:00:01")).isMulticast)
        #expect(MACAddress(bits: .max).bits == 0xffff_ffff_ffff)
        #expect(MACAddress(bits: 1) < MACAddress(bits: 2))
    }
}

@Suite("Object ids")
struct ObjectIDTests {
    @Test("are read with and without dashes, in either case")
    func read() throws {
        let text = "0123abcd-4567-489a-bcde-f0123456789a"
        let id = try #require(ObjectID(text))
        #expect(id.description == text)
        #expect(id.withoutDashes == "0123abcd4567489abcdef0123456789a")
        #expect(ObjectID(id.withoutDashes) == id)
        #expect(ObjectID(text.uppercased()) == id)
        #expect(ObjectID(Substring(text)) == id)
    }

    @Test(
        "are refused when malformed",
        arguments: [
            "", "-", "0123abcd-4567-489a-bcde-f0123456789", "0123abcd-4567-489a-bcde-f0123456789ab",
            "0123abcd-4567-489abcde-f0123456789a-", "0123abcd_4567_489a_bcde_f0123456789a",
            "0123abcg-4567-489a-bcde-f0123456789a",
            "{0123abcd-4567-489a-bcde-f0123456789a}", " 123abcd4567489abcdef0123456789a",
            "0123abcd4567489abcdef0123456789-",
            "0123abcd-4567-489a-bcde-f01234567-9a", "+123abcd4567489abcdef0123456789a",
            "0123abcd4567489abcdef01234567ä",
        ])
    func malformed(text: String) {
        #expect(ObjectID(text) == nil)
    }

    @Test("made from random bits are version 4, and differ where the bits do")
    func random() throws {
        for bits: UInt128 in [0, .max, 0x1234_5678_9abc_def0_1234_5678_9abc_def0] {
            let text = Array(ObjectID(random: bits).description)
            #expect(text[14] == "4")
            #expect("89ab".contains(text[19]))
        }
        #expect(ObjectID(random: 1) != ObjectID(random: 2))
        #expect(ObjectID(bits: 1) < ObjectID(bits: 2))
        #expect(ObjectID(bits: 0).description == "00000000-0000-0000-0000-000000000000")
    }
}
