import NIOCore
import NIOEmbedded
import Testing

@testable import EtcdStore

/// The bytes that the HTTP/2 handler sees, and those that the server gets back, however the stream is cut.
struct PingResponderTests {
    private static let ping: [UInt8] = [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]
    private static let answer: [UInt8] = [0, 0, 8, 6, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]
    private static let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
    /// Its payload looks like a PING.
    private static let data: [UInt8] = [0, 0, 17, 0, 1, 0, 0, 0, 1] + ping
    private static let large: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0, 3] + [UInt8](repeating: 6, count: 65_536)

    private func exchange(_ bytes: [UInt8], cut: Int) throws -> (passed: [UInt8], answered: [UInt8]) {
        let channel = EmbeddedChannel(handler: PingResponder())
        for start in stride(from: 0, to: bytes.count, by: cut) {
            try channel.writeInbound(ByteBuffer(bytes: bytes[start..<min(start + cut, bytes.count)]))
        }
        var passed: [UInt8] = []
        var answered: [UInt8] = []
        channel.embeddedEventLoop.advanceTime(by: PingResponder.delay - .nanoseconds(1))
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
        channel.embeddedEventLoop.advanceTime(by: .nanoseconds(1))
        while let part = try channel.readInbound(as: ByteBuffer.self) { passed += part.readableBytesView }
        while let part = try channel.readOutbound(as: ByteBuffer.self) { answered += part.readableBytesView }
        _ = try channel.finish()
        return (passed, answered)
    }

    @Test(arguments: [1, 2, 3, 8, 9, 10, 16, 17, 18, 64, 1000])
    func pingsAreAnsweredAndAllElseIsPassedOn(cut: Int) throws {
        let result = try exchange(
            Self.settings + Self.ping + Self.data + Self.ping + Self.ping + Self.settings, cut: cut)
        #expect(result.passed == Self.settings + Self.data + Self.settings)
        #expect(result.answered == Self.answer + Self.answer + Self.answer)
    }

    @Test(arguments: [997, 16_384, 100_000])
    func aLargeFrameIsPassedOn(cut: Int) throws {
        let result = try exchange(Self.ping + Self.large + Self.ping + Self.settings, cut: cut)
        #expect(result.passed == Self.large + Self.settings)
        #expect(result.answered == Self.answer + Self.answer)
    }

    @Test func aConnectionThatHasEndedIsNotAnswered() throws {
        let channel = EmbeddedChannel(handler: PingResponder())
        try channel.writeInbound(ByteBuffer(bytes: Self.ping))
        #expect(try channel.finish().isClean)
        channel.embeddedEventLoop.advanceTime(by: PingResponder.delay)
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test func acknowledgementsAndMalformedPingsAreLeftToTheHandler() throws {
        let malformed: [UInt8] = [0, 0, 4, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4]
        let result = try exchange(Self.answer + malformed + Self.ping, cut: 100)
        #expect(result.passed == Self.answer + malformed)
        #expect(result.answered == Self.answer)
    }
}
