import Keystone
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import Testing

@testable import HTTPService

/// A server on loopback, and bytes to it that no HTTP client would send.
struct RawServer {
    let port: Int

    static let token = "0123456789abcdef"

    /// Serves as long as the body, which is given the server and what it has logged so far.
    static func run(
        _ handler: any APIHandler, bodyTime: TimeAmount = .seconds(30), log: Log = Log(),
        _ body: @escaping @Sendable (RawServer) async throws -> Void
    ) async throws {
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        let logger = Logger(label: "test") { _ in log }
        let server = APIServer(
            handler: handler, validator: StaticTokenValidator(developmentToken: token),
            readiness: Readiness { nil }, gate: RequestGate(), address: "127.0.0.1", port: 0, logger: logger,
            bodyTime: bodyTime, onListening: { continuation.yield($0) })
        let group = ServiceGroup(services: [server], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var iterator = ports.makeAsyncIterator()
            try await body(RawServer(port: try #require(await iterator.next())))
            await group.triggerGracefulShutdown()
        }
    }

    /// A connection, closed at the end.
    func connect(_ body: (inout RawConnection) async throws -> Void) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        try await channel.executeThenClose { inbound, outbound in
            var connection = RawConnection(inbound: inbound.makeAsyncIterator(), outbound: outbound)
            try await body(&connection)
        }
    }
}

/// What is said on one connection.
struct RawConnection {
    fileprivate var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    fileprivate let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    /// All that the server has sent.
    private(set) var received = ""

    fileprivate init(
        inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.inbound = inbound
        self.outbound = outbound
    }

    func send(_ text: String) async throws {
        try await outbound.write(ByteBuffer(string: text))
    }

    /// Waits until the server has sent a text, or has closed the connection.
    mutating func receive(until text: String) async throws {
        while !received.contains(text), let buffer = try await inbound.next() { received += String(buffer: buffer) }
    }

    /// Waits until the server has closed the connection.
    mutating func receiveAll() async throws {
        while let buffer = try await inbound.next() { received += String(buffer: buffer) }
    }
}

/// Keeps what is logged as a warning or worse.
final class Log: LogHandler {
    private let lines = Mutex<[String]>([])

    var messages: [String] { lines.withLock { $0 } }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .warning }
        set {}
    }
    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.level): \(event.message)") }
    }
}
