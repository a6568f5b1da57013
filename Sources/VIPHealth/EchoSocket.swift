import Addressing
import Crypto
import Glibc

/// The socket on one network: asks the peers, answers them, and remembers when each was last heard.
final class EchoSocket {
    private let peers: [SocketAddress]
    private let key: SymmetricKey
    /// Every key that a peer may use.
    private let acceptedKeys: [SymmetricKey]
    private let process: UInt64
    /// When each peer last answered, in the clock's milliseconds.
    private var lastHeard: [Int]
    /// The term that each peer has last told; 0 until it has.
    private(set) var terms: [Int]
    let descriptor: Int32

    /// - Parameters:
    ///   - now: every peer counts as heard at the start, so that a start proves nothing.
    /// - Throws: ``VIPHealthError`` when the system gives no socket.
    init(
        own: IPAddress, peers: [IPAddress], port: Int, key: SymmetricKey, otherKeys: [SymmetricKey], process: UInt64,
        now: Int
    ) throws(VIPHealthError) {
        self.peers = peers.map { SocketAddress($0, port: port) }
        self.key = key
        acceptedKeys = [key] + otherKeys
        self.process = process
        lastHeard = peers.map { _ in now }
        terms = peers.map { _ in 0 }
        let address = SocketAddress(own, port: port)
        descriptor = socket(
            address.family, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var yes: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        // The address may come later than this process, at boot or when a link returns.
        let level = Int32(address.family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6)
        setsockopt(descriptor, level, address.family == AF_INET ? IP_FREEBIND : IPV6_FREEBIND, &yes, size)
        let descriptor = descriptor
        guard descriptor >= 0, address.with({ bind(descriptor, $0, $1) }) == 0 else {
            throw VIPHealthError(
                .socket, "UDP \(own) port \(port) cannot be bound: \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    /// Milliseconds since each peer was heard.
    func silence(now: Int) -> [Int] { lastHeard.map { now - $0 } }

    /// Asks every peer, and tells it this node's term. A failure to send is the same as no answer.
    func ask(round: UInt64, term: Int) {
        let bytes = EchoMessage(kind: .question, process: process, term: term, round: round).bytes(key: key)
        for peer in peers { send(bytes, to: peer) }
    }

    /// Reads everything that has come: answers questions of peers, notes their answers.
    ///
    /// - Parameter oldest: the round from which on an answer counts.
    func receive(oldest: UInt64, now: Int) {
        var buffer = [UInt8](repeating: 0, count: 64)
        while true {
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let count = withUnsafeMutablePointer(to: &storage) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    recvfrom(descriptor, &buffer, buffer.count, 0, $0, &length)
                }
            }
            guard count >= 0 else { return }
            guard let source = SocketAddress(storage),
                let peer = peers.firstIndex(where: { $0.address == source.address }),
                var message = EchoMessage(buffer.prefix(count), keys: acceptedKeys)
            else { continue }
            switch message.kind {
            case .question:
                terms[peer] = message.term
                message.kind = .answer
                send(message.bytes(key: key), to: source)
            case .answer:
                if message.process == process, message.round >= oldest { lastHeard[peer] = now }
            }
        }
    }

    private func send(_ bytes: [UInt8], to address: SocketAddress) {
        _ = address.with { sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, $1) }
    }
}
