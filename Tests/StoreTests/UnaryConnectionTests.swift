import GRPCCore
import NIOCore
import Store
import Testing

@testable import EtcdStore

/// What becomes of calls, whatever comes on their connection and however it is cut.
struct UnaryConnectionTests {
    private typealias Connection = UnaryConnection<String>
    private typealias Action = Connection.Action

    private static let headers = AnswerHeaders(httpStatus: "200", contentType: "application/grpc")
    private static let trailers = AnswerHeaders(status: "0")
    private static let content: [UInt8] = [1, 2, 3, 4, 5, 6, 7]
    private static let message: [UInt8] = [0, 0, 0, 0, 7] + content

    private func started(_ tokens: String..., largestMessage: Int = 100) -> Connection {
        var connection = Connection(largestMessage: largestMessage)
        for token in tokens { _ = connection.start(token) }
        return connection
    }

    private func failure(_ actions: [Action]) -> UnaryFailure? {
        for case .complete(_, .failure(let failure)) in actions { return failure }
        return nil
    }

    @Test(arguments: 1...12)
    func aMessageArrivesHoweverItIsCut(size: Int) {
        var connection = started("a")
        #expect(connection.received(Self.headers, stream: 1, isLast: false) == [])
        for start in stride(from: 0, to: Self.message.count, by: size) {
            let part = Self.message[start..<min(start + size, Self.message.count)]
            #expect(connection.received(ByteBuffer(bytes: part), stream: 1, isLast: false) == [])
        }
        let end = connection.received(Self.trailers, stream: 1, isLast: true)
        #expect(end == [.complete("a", .success(ByteBuffer(bytes: Self.content)))])
        #expect(connection.closed(reason: "") == [])
    }

    @Test func eachCallHasItsOwnStreamAndAnswer() {
        var connection = Connection(largestMessage: 100)
        #expect(["a", "b", "c"].map { connection.start($0) } == [1, 3, 5])
        for stream: Int32 in [5, 1] {
            _ = connection.received(Self.headers, stream: stream, isLast: false)
            let bytes = [0, 0, 0, 0, 1, UInt8(stream)]
            #expect(connection.received(ByteBuffer(bytes: bytes), stream: stream, isLast: false) == [])
        }
        #expect(
            connection.received(Self.trailers, stream: 5, isLast: true)
                == [.complete("c", .success(ByteBuffer(bytes: [5])))])
        #expect(
            connection.received(Self.trailers, stream: 1, isLast: true)
                == [.complete("a", .success(ByteBuffer(bytes: [1])))])
        #expect(connection.received(Self.trailers, stream: 1, isLast: true) == [])
        #expect(failure(connection.closed(reason: "gone"))?.mayHaveEffect == true)
    }

    @Test func anEmptyMessageIsAnAnswer() {
        var connection = started("a")
        _ = connection.received(Self.headers, stream: 1, isLast: false)
        _ = connection.received(ByteBuffer(bytes: [0, 0, 0, 0, 0]), stream: 1, isLast: false)
        let end = connection.received(Self.trailers, stream: 1, isLast: true)
        #expect(end == [.complete("a", .success(ByteBuffer()))])
    }

    @Test(
        arguments: [
            // Only trailers.
            (
                AnswerHeaders(
                    httpStatus: "200", contentType: "application/grpc", status: "14", message: "etcdserver: no leader"),
                RPCError.Code.unavailable, "etcdserver: no leader"
            ),
            (AnswerHeaders(status: "5", message: "100%25 %E2%82%AC%"), .notFound, "100% €%"),
            (AnswerHeaders(status: "8"), .resourceExhausted, ""),
            (AnswerHeaders(status: "99", message: "new"), .unknown, "new"),
            (AnswerHeaders(status: "x"), .unknown, ""),
            (AnswerHeaders(httpStatus: "503"), .unavailable, "HTTP 503: Service Unavailable"),
            (AnswerHeaders(), .unknown, "HTTP 0"),
            // Success without a message.
            (AnswerHeaders(status: "0"), .internalError, "the message of the answer is incomplete"),
        ] as [(AnswerHeaders, RPCError.Code, String)])
    func aStatusIsSaidInTheEnd(_ trailers: AnswerHeaders, _ code: RPCError.Code, _ words: String) {
        var connection = started("a")
        let failure = failure(connection.received(trailers, stream: 1, isLast: true))
        #expect(failure?.error == RPCError(code: code, message: words))
        #expect(failure?.mayHaveEffect == true)
    }

    @Test(
        arguments: [
            (AnswerHeaders(httpStatus: "404", contentType: "text/html"), RPCError.Code.unimplemented),
            (AnswerHeaders(httpStatus: "502"), .unavailable),
            (AnswerHeaders(httpStatus: "200", contentType: "text/html"), .unknown),
            (AnswerHeaders(httpStatus: "200"), .unknown),
        ] as [(AnswerHeaders, RPCError.Code)])
    func whatIsNotGRPCIsRefused(_ headers: AnswerHeaders, _ code: RPCError.Code) {
        var connection = started("a")
        let actions = connection.received(headers, stream: 1, isLast: false)
        #expect(actions.first == .reset(1))
        #expect(failure(actions)?.error.code == code)
        #expect(connection.received(ByteBuffer(bytes: Self.message), stream: 1, isLast: true) == [])
    }

    @Test func interimResponsesAreSkipped() {
        var connection = started("a")
        #expect(connection.received(AnswerHeaders(httpStatus: "103"), stream: 1, isLast: false) == [])
        #expect(connection.received(Self.headers, stream: 1, isLast: false) == [])
    }

    @Test(
        arguments: [
            ([0, 0, 0, 0, 101], RPCError.Code.resourceExhausted),
            ([0, 255, 255, 255, 255], .resourceExhausted),
            ([1, 0, 0, 0, 1], .internalError),
            (message + [0], .internalError),
        ] as [([UInt8], RPCError.Code)])
    func messagesThatAreNotOursToReadAreRefused(_ bytes: [UInt8], _ code: RPCError.Code) throws {
        var connection = started("a")
        _ = connection.received(Self.headers, stream: 1, isLast: false)
        let actions = connection.received(ByteBuffer(bytes: bytes), stream: 1, isLast: false)
        #expect(actions.first == .reset(1))
        var ended = started("a")
        _ = ended.received(Self.headers, stream: 1, isLast: false)
        #expect(ended.received(ByteBuffer(bytes: bytes), stream: 1, isLast: true) == Array(actions.dropFirst()))
        let failure = try #require(self.failure(actions))
        #expect(failure.error.code == code)
        #expect(failure.mayHaveEffect)
        guard code == .resourceExhausted else { return }
        // A listing asks for a smaller page then.
        let endpoint = try EtcdEndpoint("http://host:1")
        #expect(CallFailure(failure.error, from: endpoint, wasSent: true).error.code == .invalid)
    }

    @Test func anAnswerMayBeAsLargeAsTheLimit() {
        var connection = started("a", largestMessage: 7)
        _ = connection.received(Self.headers, stream: 1, isLast: false)
        _ = connection.received(ByteBuffer(bytes: Self.message), stream: 1, isLast: false)
        let end = connection.received(Self.trailers, stream: 1, isLast: true)
        #expect(end == [.complete("a", .success(ByteBuffer(bytes: Self.content)))])
    }

    @Test func anIncompleteMessageIsNoAnswer() {
        for count in [0, 4, 11] {
            var connection = started("a")
            _ = connection.received(Self.headers, stream: 1, isLast: false)
            _ = connection.received(ByteBuffer(bytes: Self.message.prefix(count)), stream: 1, isLast: false)
            #expect(failure(connection.received(Self.trailers, stream: 1, isLast: true))?.error.code == .internalError)
        }
        var connection = started("a")
        _ = connection.received(Self.headers, stream: 1, isLast: false)
        #expect(
            failure(connection.received(ByteBuffer(bytes: Self.message), stream: 1, isLast: true))?.error.code
                == .internalError)
        var early = started("a")
        #expect(failure(early.received(ByteBuffer(bytes: Self.message), stream: 1, isLast: false)) != nil)
    }

    @Test(arguments: [true, false])
    func aStreamThatEndsEarlyIsWithoutEffectOnlyWhenItWasRefused(isRefused: Bool) {
        var connection = started("a", "b")
        let actions = connection.streamClosed(3, isRefused: isRefused, reason: "reset")
        let failure = UnaryFailure(
            error: RPCError(code: .unavailable, message: "reset"), mayHaveEffect: !isRefused)
        #expect(actions == [.complete("b", .failure(failure))])
        #expect(connection.streamClosed(3, isRefused: false, reason: "") == [])
        #expect(connection.start("c") == 5)
    }

    @Test func whoGoesAwayHasNotSeenTheCallsAfterTheLast() {
        var connection = started("a", "b", "c")
        // etcd says first that it will go, and then after which call it went.
        #expect(connection.goneAway(after: .max, reason: "bye") == [])
        #expect(connection.isRetired)
        let actions = connection.goneAway(after: 1, reason: "bye")
        let failure = UnaryFailure(error: RPCError(code: .unavailable, message: "bye"), mayHaveEffect: false)
        #expect(actions == [.complete("b", .failure(failure)), .complete("c", .failure(failure))])
        #expect(connection.start("d") == nil)
        _ = connection.received(Self.headers, stream: 1, isLast: false)
        _ = connection.received(ByteBuffer(bytes: Self.message), stream: 1, isLast: false)
        let end = connection.received(Self.trailers, stream: 1, isLast: true)
        #expect(end == [.complete("a", .success(ByteBuffer(bytes: Self.content))), .close])
        var idle = Connection(largestMessage: 100)
        #expect(idle.goneAway(after: 0, reason: "bye") == [.close])
    }

    @Test func whatIsUnderWayWhenTheConnectionEndsIsUnknown() {
        var connection = started("a", "b")
        let failure = UnaryFailure(error: RPCError(code: .unavailable, message: "cut"), mayHaveEffect: true)
        #expect(
            connection.closed(reason: "cut") == [.complete("a", .failure(failure)), .complete("b", .failure(failure))])
        #expect(connection.closed(reason: "cut") == [])
        #expect(connection.start("c") == nil)
    }

    @Test func aCallThatIsGivenUpIsReset() {
        var connection = started("a", "b")
        #expect(connection.cancel("a") == [.reset(1)])
        #expect(connection.cancel("a") == [])
        #expect(connection.received(Self.trailers, stream: 1, isLast: true) == [])
        _ = connection.goneAway(after: .max, reason: "bye")
        #expect(connection.cancel("b") == [.reset(3), .close])
    }

    @Test func aConnectionOutOfStreamsIsRetired() {
        var connection = Connection(largestMessage: 100, firstStream: Int32.max - 2)
        #expect(connection.start("a") == Int32.max - 2)
        #expect(!connection.isRetired)
        #expect(connection.start("b") == Int32.max)
        #expect(connection.isRetired)
        #expect(connection.start("c") == nil)
        #expect(connection.cancel("a") == [.reset(Int32.max - 2)])
        #expect(connection.cancel("b") == [.reset(Int32.max), .close])
    }

    @Test func theWindowIsRestoredWhenHalfOfItIsUsed() {
        var connection = started()
        #expect(connection.windowIs(65_535) == [.enlargeWindow(by: Connection.window - 65_535)])
        #expect(connection.windowIs(Connection.window / 2) == [])
        #expect(connection.windowIs(Connection.window / 2 - 1) == [.enlargeWindow(by: Connection.window / 2 + 1)])
    }

    @Test func aSilentConnectionIsAskedAndThenGivenUp() {
        var connection = started("a")
        var actions: [[Action]] = (1...9).map { _ in connection.tick() }
        #expect(actions == [[], [], [], [], [], [.ping], [], [], [.close]])
        connection.heard()
        actions = (1...6).map { _ in connection.tick() }
        #expect(actions.last == [.ping])
        // A server allows no PINGs while there are no calls.
        _ = connection.cancel("a")
        #expect((1...20).allSatisfy { _ in connection.tick() == [] })
        // Calls that are given up within a second are calls, too.
        actions = (1...9).map { number in
            _ = connection.start("\(number)")
            _ = connection.cancel("\(number)")
            return connection.tick()
        }
        #expect(actions == [[], [], [], [], [], [.ping], [], [], [.close]])
    }
}
