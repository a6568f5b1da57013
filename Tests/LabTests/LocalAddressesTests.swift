import Addressing
import Testing

@testable import Lab

@Suite struct LocalAddressesTests {
    /// As the kernel prints it: routes to networks, broadcasts and a network of addresses that are all the host's are no
    /// addresses of the host.
    @Test func theHostsOwnAreReadFromTheRoutes() throws {
        let routes = """
            Main:
              +-- 0.0.0.0/1 2 0 2
                 +-- 10.77.0.0/28 2 0 2
                    |-- 10.77.0.0
                       /24 link UNICAST
                    |-- 10.77.0.11
                       /32 host LOCAL
                    |-- 10.77.0.100
                       /32 host LOCAL
                 |-- 10.77.0.255
                    /32 link BROADCAST
                 |-- 127.0.0.0
                    /8 host LOCAL
            """
        #expect(LocalAddresses.version4(routes: routes).sorted().map(\.description) == ["10.77.0.11", "10.77.0.100"])
    }

    @Test func thoseOfVersion6AreReadFromTheirTable() {
        let table = """
            00000000000000000000000000000001 01 80 10 80       lo
            fd0000000000000000000000000000aa 03 40 20 80     eth1
            """
        #expect(LocalAddresses.version6(table: table).map(\.description).sorted() == ["::1", "fd00::aa"])
    }

    /// This process's own namespace, whatever else it has.
    @Test func theKernelOfThisMachineIsUnderstood() {
        let routes = LabFiles.text("/proc/self/net/fib_trie") ?? ""
        #expect(LocalAddresses.version4(routes: routes).contains { $0.description == "127.0.0.1" })
    }

    @Test(arguments: ["", "Main:", "|--", "|-- x\n/32 host LOCAL", "/32 host LOCAL"])
    func anythingElseHasNone(text: String) {
        #expect(LocalAddresses.version4(routes: text).isEmpty)
        #expect(LocalAddresses.version6(table: text).isEmpty)
    }
}
