import Addressing
import Glibc

/// The addresses that this node's interfaces have right now.
enum InterfaceAddresses {
    /// Whether one of `addresses` is among them; false when the system does not say.
    static func contain(oneOf addresses: [IPAddress]) -> Bool {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return false }
        defer { freeifaddrs(list) }
        var next = list
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard let pointer = entry.ifa_addr, let address = address(at: pointer) else { continue }
            if addresses.contains(address) { return true }
        }
        return false
    }

    private static func address(at pointer: UnsafeMutablePointer<sockaddr>) -> IPAddress? {
        var storage = sockaddr_storage()
        let size: Int
        switch Int32(pointer.pointee.sa_family) {
        case AF_INET: size = MemoryLayout<sockaddr_in>.size
        case AF_INET6: size = MemoryLayout<sockaddr_in6>.size
        default: return nil
        }
        withUnsafeMutableBytes(of: &storage) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: size))
        }
        return SocketAddress(storage)?.address
    }
}
