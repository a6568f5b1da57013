import Addressing
import Testing

@Suite("Blocks of addresses")
struct CIDRTests {
    @Test(
        "are read with their host bits cleared",
        arguments: [
            ("192.0.2.77/24", "192.0.2.0/24", "192.0.2.0", "192.0.2.255"),
            ("192.0.2.77/32", "192.0.2.77/32", "192.0.2.77", "192.0.2.77"),
            ("192.0.2.77/31", "192.0.2.76/31", "192.0.2.76", "192.0.2.77"),
            ("10.1.2.3/0", "0.0.0.0/0", "0.0.0.0", "255.255.255.255"),
            ("2001:db8::1/64", "2001:db8::/64", "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff"),
            ("::1/128", "::1/128", "::1", "::1"), ("1::/0", "::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("10.0.0.0/08", "10.0.0.0/8", "10.0.0.0", "10.255.255.255"),
        ])
    func read(text: String, description: String, first: String, last: String) throws {
        let block = try #require(CIDR(text))
        #expect(block.description == description)
        #expect(block.first.description == first)
        #expect(block.last.description == last)
        #expect(CIDR(block.description) == block)
    }

    @Test(
        "are refused when malformed",
        arguments: [
            "", "/", "192.0.2.0", "192.0.2.0/", "/24", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/+1", "192.0.2.0/ 24",
            "192.0.2.0/24/8",
            "192.0.2.0/0024", "192.0.2/24", "::/129", "::/999", "::/٢", "192.0.2.0/255.255.255.0", "192.0.2.0/a", "x/8",
            "192.0.2.0 /24",
        ])
    func malformed(text: String) {
        #expect(CIDR(text) == nil)
    }

    @Test("need a prefix length of their family")
    func prefixLength() throws {
        let address = try #require(IPAddress("192.0.2.1"))
        #expect(CIDR(address, prefixLength: 33) == nil)
        #expect(CIDR(address, prefixLength: -1) == nil)
        #expect(CIDR(address, prefixLength: .max) == nil)
        #expect(CIDR(address, prefixLength: 32)?.first == address)
    }

    @Test("contain and overlap each other as sets do")
    func sets() throws {
        let block = { (text: String) in try #require(CIDR(text)) }
        let address = { (text: String) in try #require(IPAddress(text)) }
        let network = try block("192.0.2.0/24")
        for inside in ["192.0.2.0", "192.0.2.255"] { #expect(try network.contains(address(inside))) }
        for outside in ["192.0.1.255", "192.0.3.0", "::c000:201"] { #expect(try !network.contains(address(outside))) }
        #expect(try network.contains(block("192.0.2.128/25")))
        #expect(network.contains(network))
        #expect(try !network.contains(block("192.0.2.0/23")))
        #expect(try network.overlaps(block("192.0.0.0/16")))
        #expect(try block("192.0.0.0/16").overlaps(network))
        #expect(try !network.overlaps(block("192.0.3.0/24")))
        #expect(try !network.overlaps(block("::/0")))
        #expect(try block("0.0.0.0/0").contains(network))
        #expect(try block("::/0").contains(address("ffff::")))
    }
}
