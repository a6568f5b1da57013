import Addressing
import Glibc

/// An IP address and a port as the system's socket calls take them.
struct SocketAddress {
    private var storage = sockaddr_storage()
    private let length: socklen_t
    let address: IPAddress

    var family: Int32 { address.family == .v4 ? AF_INET : AF_INET6 }

    init(_ address: IPAddress, port: Int) {
        self.address = address
        let networkPort = UInt16(truncatingIfNeeded: port).bigEndian
        switch address.family {
        case .v4:
            var value = sockaddr_in()
            value.sin_family = sa_family_t(AF_INET)
            value.sin_port = networkPort
            value.sin_addr.s_addr = UInt32(truncatingIfNeeded: address.bits).bigEndian
            length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutableBytes(of: &storage) { target in withUnsafeBytes(of: value) { target.copyMemory(from: $0) }
            }
        case .v6:
            var value = sockaddr_in6()
            value.sin6_family = sa_family_t(AF_INET6)
            value.sin6_port = networkPort
            withUnsafeMutableBytes(of: &value.sin6_addr) { target in
                withUnsafeBytes(of: address.bits.bigEndian) { target.copyMemory(from: $0) }
            }
            length = socklen_t(MemoryLayout<sockaddr_in6>.size)
            withUnsafeMutableBytes(of: &storage) { target in withUnsafeBytes(of: value) { target.copyMemory(from: $0) }
            }
        }
    }

    /// Takes over what `recvfrom` filled in; nil for other families.
    init?(_ storage: sockaddr_storage) {
        switch Int32(storage.ss_family) {
        case AF_INET:
            let value = withUnsafeBytes(of: storage) { $0.loadUnaligned(as: sockaddr_in.self) }
            self.init(
                IPAddress(family: .v4, bits: UInt128(UInt32(bigEndian: value.sin_addr.s_addr))),
                port: Int(UInt16(bigEndian: value.sin_port)))
        case AF_INET6:
            let value = withUnsafeBytes(of: storage) { $0.loadUnaligned(as: sockaddr_in6.self) }
            let bits = withUnsafeBytes(of: value.sin6_addr) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) }
            self.init(IPAddress(family: .v6, bits: bits), port: Int(UInt16(bigEndian: value.sin6_port)))
        default:
            return nil
        }
    }

    /// Calls a socket function with the address.
    func with<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}
