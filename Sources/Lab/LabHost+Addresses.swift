import Addressing

extension LabHost {
    /// The addresses that the host has on its interfaces now, as the kernel below it says: a frozen host has them, too.
    /// None when it is powered off.
    ///
    /// Read from its namespace's files in `/proc`: a drill asks some thirty times a second, and as many new processes
    /// would be the larger part of what it watches.
    package var addresses: Set<IPAddress> {
        guard let leader else { return [] }
        let network = "/proc/\(leader)/net"
        return LocalAddresses.version4(routes: LabFiles.text("\(network)/fib_trie") ?? "")
            .union(LocalAddresses.version6(table: LabFiles.text("\(network)/if_inet6") ?? ""))
    }
}

/// Reads what the kernel says about the addresses of a network namespace.
enum LocalAddresses {
    /// From `/proc/PID/net/fib_trie`: each address has a line of its own, and below it one of `/32 host LOCAL` when it is
    /// the host's.
    static func version4(routes: String) -> Set<IPAddress> {
        var result: Set<IPAddress> = []
        var address: IPAddress?
        for line in routes.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.first == "|--" {
                address = words.dropFirst().first.flatMap { IPAddress($0) }
            } else if words == ["/32", "host", "LOCAL"], let address {
                result.insert(address)
            }
        }
        return result
    }

    /// From `/proc/PID/net/if_inet6`: one address a line, 32 hexadecimal digits without separators.
    static func version6(table: String) -> Set<IPAddress> {
        Set(
            table.split(separator: "\n").compactMap { line in
                line.split(separator: " ").first.flatMap { UInt128($0, radix: 16) }
                    .map { IPAddress(family: .v6, bits: $0) }
            })
    }
}
