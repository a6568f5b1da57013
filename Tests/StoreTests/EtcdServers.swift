import EtcdStore
import Foundation
import Store
import Testing

/// Real etcd members on this machine, on ports the kernel chose, in a folder that goes with them.
final class EtcdServers: Sendable {
    let members: [EtcdProcess]
    let tls: TLSFiles?

    var endpoints: [String] { members.map(\.clientURL) }

    private init(members: [EtcdProcess], tls: TLSFiles?) {
        self.members = members
        self.tls = tls
    }

    /// Starts members, runs the body with them, and ends and removes them, also when the body throws.
    static func run<Value>(
        count: Int, isSecure: Bool, flags: [String] = [], _ body: (EtcdServers) async throws -> Value
    ) async throws -> Value {
        try await withTemporaryFolder { folder in
            let tls = isSecure ? try makeCertificates(in: folder) : nil
            let ports = try freePorts(2 * count)
            let peers = (0..<count).map { "m\($0)=http://127.0.0.1:\(ports[2 * $0])" }.joined(separator: ",")
            let members = (0..<count).map { index in
                EtcdProcess(
                    name: "m\(index)", folder: folder, clientPort: ports[2 * index + 1], peerPort: ports[2 * index],
                    cluster: peers, tls: tls, flags: flags)
            }
            defer { for member in members { member.kill() } }
            for member in members { try member.start() }
            return try await body(EtcdServers(members: members, tls: tls))
        }
    }

    /// A client of all members, with keys of its own.
    func open(deadline: Duration = .seconds(60)) throws -> EtcdStore {
        try EtcdStore(endpoints: endpoints, tls: tls, namespace: "/test-\(UUID().uuidString)", deadline: deadline)
    }

    func withStore(deadline: Duration = .seconds(60), _ body: (EtcdStore) async throws -> Void) async throws {
        let store = try open(deadline: deadline)
        try await close(store) { _ in try await body(store) }
    }

    /// The member that leads, as the members themselves say.
    func leader(seenBy store: EtcdStore) async throws -> EtcdProcess {
        for _ in 0..<100 {
            let health = await store.health()
            if let leader = health.members.first(where: \.isLeader),
                let member = members.first(where: { $0.clientURL == leader.endpoint })
            {
                return member
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw StoreError(.unavailable, "the members have no leader")
    }

    private static func freePorts(_ count: Int) throws -> [Int] {
        // All are held until all are chosen, so that they differ.
        var sockets: [Int32] = []
        defer { for socket in sockets { close(socket) } }
        return try (0..<count).map { _ in
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard descriptor >= 0 else { throw StoreError(.unavailable, "no socket") }
            sockets.append(descriptor)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let result = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    bind(descriptor, address, length) == 0 ? getsockname(descriptor, address, &length) : -1
                }
            }
            guard result == 0 else { throw StoreError(.unavailable, "no free port") }
            return Int(UInt16(bigEndian: address.sin_port))
        }
    }

    /// An authority, and one certificate that both sides use.
    private static func makeCertificates(in folder: String) throws -> TLSFiles {
        let script = """
            set -e
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=authority \
                -keyout authority.key -out authority.pem
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=member \
                -keyout member.key -out member.csr
            printf 'subjectAltName=IP:127.0.0.1\\nextendedKeyUsage=serverAuth,clientAuth\\n' > extensions
            openssl x509 -req -days 2 -in member.csr -CA authority.pem -CAkey authority.key -CAcreateserial \
                -extfile extensions -out member.pem
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw StoreError(.unavailable, "openssl failed") }
        return TLSFiles(
            authority: folder + "/authority.pem", certificate: folder + "/member.pem", key: folder + "/member.key")
    }
}
