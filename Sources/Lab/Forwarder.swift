import CLinux
import Glibc
import NIOCore
import NIOPosix

/// The process that carries connections from loopback ports of the machine into a lab's fabric.
///
/// It listens in the machine's network namespace and connects from the fabric's: the listening sockets are made first,
/// then the thread moves over, and the event loop's thread that it starts lives there.
package enum Forwarder {
    /// Serves a lab's forwards until the process is killed.
    ///
    /// Writes the forwards with the ports that they got to the lab's state, once it listens.
    package static func run(_ name: LabName) async throws {
        guard let record = try LabFiles.value(LabRecord.self, at: LabPaths(name).record) else {
            throw LabError(.notFound, "there is no lab '\(name)'")
        }
        let (group, listeners) = try enter(LabFabric(name), Forward.wanted(by: record.plan))
        var channels: [any Channel] = []
        for listener in listeners {
            channels.append(try await serve(listener, on: group))
        }
        try LabFiles.write(listeners.map(\.forward), to: LabPaths(name).forwards)
        for channel in channels { try await channel.closeFuture.get() }
    }

    private struct Listener: Sendable {
        var forward: Forward
        var descriptor: Int32
    }

    /// Makes the sockets here and the event loop there. No suspension in between: it could change the thread.
    private static func enter(_ fabric: LabFabric, _ wanted: [Forward]) throws(LabError) -> (
        MultiThreadedEventLoopGroup, [Listener]
    ) {
        var listeners: [Listener] = []
        for forward in wanted { listeners.append(try listen(forward)) }
        let namespace = open(fabric.namespacePath, O_RDONLY | O_CLOEXEC)
        guard namespace >= 0 else {
            throw LabError(.notFound, "\(fabric.namespacePath): \(String(cString: strerror(errno)))")
        }
        defer { close(namespace) }
        let failure = skein_enter_network_namespace(namespace)
        guard failure == 0 else {
            throw LabError(
                .commandFailed, "cannot enter \(fabric.namespacePath): \(String(cString: strerror(failure)))")
        }
        return (MultiThreadedEventLoopGroup(numberOfThreads: 1), listeners)
    }

    /// Binds the preferred port, or one of the kernel's choice when something else has it.
    private static func listen(_ forward: Forward) throws(LabError) -> Listener {
        for port in [forward.loopbackPort, 0] {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard descriptor >= 0 else { break }
            var one: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
            address.sin_addr.s_addr = (0x7f00_0001 as in_addr_t).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let bound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                    // Listening at once tells whether another process has the port.
                    bind(descriptor, generic, length) == 0 && Glibc.listen(descriptor, 64) == 0
                        && getsockname(descriptor, generic, &length) == 0
                }
            }
            if bound {
                var result = forward
                result.loopbackPort = Int(in_port_t(bigEndian: address.sin_port))
                return Listener(forward: result, descriptor: descriptor)
            }
            close(descriptor)
        }
        throw LabError(
            .commandFailed, "no loopback port for the \(forward.service.rawValue): \(String(cString: strerror(errno)))")
    }

    private static func serve(_ listener: Listener, on group: MultiThreadedEventLoopGroup) async throws -> any Channel {
        let forward = listener.forward
        return try await ServerBootstrap(group: group)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { inbound in
                ClientBootstrap(group: inbound.eventLoop)
                    .connectTimeout(.seconds(5))
                    .channelOption(.autoRead, value: false)
                    .channelOption(.allowRemoteHalfClosure, value: true)
                    .connect(host: forward.address, port: forward.port)
                    .flatMapThrowing { outbound in
                        let pair = RelayHandler.pair()
                        try inbound.pipeline.syncOperations.addHandler(pair.0)
                        try outbound.pipeline.syncOperations.addHandler(pair.1)
                        outbound.read()
                    }
            }
            .withBoundSocket(listener.descriptor).get()
    }
}
