import EtcdAPI
import GRPCCore
import NIOCore
import NIOEmbedded
import Testing

@testable import EtcdStore

/// What becomes of the calls of one connection when the other end sends what is no HTTP/2.
struct UnaryHandlerTests {
    /// The other end's bytes (RFC 9113, 4.1).
    private static func frame(type: UInt8, flags: UInt8 = 0, stream: UInt32, _ payload: [UInt8] = []) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt8(payload.count >> 16))
        buffer.writeInteger(UInt16(truncatingIfNeeded: payload.count))
        buffer.writeInteger(type)
        buffer.writeInteger(flags)
        buffer.writeInteger(stream)
        buffer.writeBytes(payload)
        return buffer
    }

    private static let settings = frame(type: 4, stream: 0)
    private static let endOfHeaders: UInt8 = 4
    private static let endOfStream: UInt8 = 1

    /// A field that is in no table (RFC 7541, 6.2.2).
    private static func field(_ name: String, _ value: String) -> [UInt8] {
        [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
    }

    private final class Connection {
        let channel = EmbeddedChannel()
        let calls: [UnaryCall]

        init(calls count: Int) throws {
            let loop = channel.embeddedEventLoop
            let ready = loop.makePromise(of: Void.self)
            let retired = loop.makePromise(of: Void.self)
            let handler = UnaryHandler(
                endpoint: try EtcdEndpoint("http://127.0.0.1:2379"), ready: ready, retired: retired)
            try channel.pipeline.syncOperations.addHandler(MemberLink.http2(writingFor: handler))
            try channel.pipeline.syncOperations.addHandler(handler)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 2379)).wait()
            try channel.writeInbound(UnaryHandlerTests.settings)
            let request = try UnaryRequest(Etcdserverpb_KV.Method.Range.descriptor, Etcdserverpb_RangeRequest())
            calls = (0..<count).map { _ in UnaryCall(request) }
            for call in calls { handler.start(call) }
        }

        deinit { _ = try? channel.finish(acceptAlreadyClosed: true) }

        func receive(_ frame: ByteBuffer) { _ = try? channel.writeInbound(frame) }
    }

    @Test func anErrorOfOneStreamEndsThatCallOnly() throws {
        let connection = try Connection(calls: 2)
        // Headers of an answer without `:status`.
        connection.receive(
            Self.frame(
                type: 1, flags: Self.endOfHeaders, stream: 1, Self.field("content-type", "application/grpc")))
        #expect(connection.calls.map(\.hasEnded) == [true, false])
        #expect(connection.channel.isActive)
        connection.receive(
            Self.frame(
                type: 1, flags: Self.endOfHeaders | Self.endOfStream, stream: 3,
                Self.field(":status", "200") + Self.field("content-type", "application/grpc")
                    + Self.field("grpc-status", "14")))
        #expect(connection.calls.map(\.hasEnded) == [true, true])
        #expect(connection.channel.isActive)
    }

    @Test func anErrorOfTheConnectionEndsAllCalls() throws {
        let connection = try Connection(calls: 2)
        // DATA on no stream.
        connection.receive(Self.frame(type: 0, stream: 0, [1]))
        connection.channel.embeddedEventLoop.run()
        #expect(connection.calls.map(\.hasEnded) == [true, true])
        #expect(!connection.channel.isActive)
    }

    /// One that was given up before is no error of a stream.
    @Test func anErrorOfTheConnectionAfterACallThatWasGivenUp() throws {
        let connection = try Connection(calls: 2)
        let handler = try connection.channel.pipeline.syncOperations.handler(type: UnaryHandler.self)
        handler.cancel(connection.calls[0])
        connection.receive(Self.frame(type: 0, stream: 0, [1]))
        connection.channel.embeddedEventLoop.run()
        #expect(connection.calls[1].hasEnded)
        #expect(!connection.channel.isActive)
    }
}
