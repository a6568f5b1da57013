import GRPCCore
import NIOCore

/// How a unary call ended: with the bytes of its one message, or with a failure.
typealias UnaryAnswer = Result<ByteBuffer, UnaryFailure>

/// Why a unary call has no message.
struct UnaryFailure: Error, Equatable {
    let error: RPCError
    /// False when the member certainly has not looked at the request.
    let mayHaveEffect: Bool
}

/// What the headers and the trailers of an answer say to a gRPC client.
struct AnswerHeaders: Equatable {
    /// `:status`, nil in trailers.
    var httpStatus: String?
    var contentType: String?
    /// `grpc-status`, nil in headers that a message follows.
    var status: String?
    /// `grpc-message`, percent-encoded.
    var message: String?
}

/// The unary calls of one HTTP/2 connection, as gRPC over HTTP/2 defines them
/// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md): which stream is whose, what has arrived of each
/// answer, and when the connection is of no use any more. Takes events and returns what is to be done; no input, output
/// or clock.
///
/// A call of which all arrived but the answer is a failure that may have had an effect. It certainly had none when the
/// other end refused the stream or went away before it (RFC 9113, 6.8 and 8.7).
struct UnaryConnection<Token: Equatable> {
    /// What is to be done, in this order.
    enum Action: Equatable {
        case complete(Token, UnaryAnswer)
        /// The answer is not wanted any more.
        case reset(Int32)
        /// Lets the other end send so many bytes more, over all streams.
        case enlargeWindow(by: Int)
        case ping
        /// No call is under way, and none will be; or the other end is dead.
        case close
    }

    /// The numbers of a silent connection, in seconds.
    enum Silence {
        /// After which time without a byte, while calls are made, the other end is asked for one. etcd takes more than
        /// one PING in 5 s for an attack.
        static var ping: Int { 6 }
        /// And after which the connection is given up.
        static var end: Int { 9 }
    }

    /// The window of the connection that is granted at first and restored when half of it is used: enough for what is on
    /// its way. That of a stream is as large as an answer may be, and never restored.
    static var window: Int { 16 << 20 }
    /// Before each message: whether it is compressed, and its length.
    static var prefixLength: Int { 5 }

    private struct Call {
        let token: Token
        var hasHeaders = false
        /// What has arrived of the message, with its prefix.
        var received: ByteBuffer?
    }

    private let largestMessage: Int
    private var calls: [Int32: Call] = [:]
    private var nextStream: Int32
    /// No stream begins any more.
    private(set) var isRetired = false
    private var hasStarted = false
    private var silence = 0

    /// - Parameter firstStream: odd; for tests.
    init(largestMessage: Int, firstStream: Int32 = 1) {
        self.largestMessage = largestMessage
        nextStream = firstStream
    }

    /// - Returns: the stream on which to send the request; nil when the connection takes no more calls.
    mutating func start(_ token: Token) -> Int32? {
        guard !isRetired else { return nil }
        let stream = nextStream
        calls[stream] = Call(token: token)
        hasStarted = true
        let (next, overflow) = stream.addingReportingOverflow(2)
        nextStream = next
        // A connection has 2^30 streams for calls.
        if overflow { isRetired = true }
        return stream
    }

    /// The caller does not wait any longer.
    mutating func cancel(_ token: Token) -> [Action] {
        guard let stream = calls.first(where: { $0.value.token == token })?.key else { return [] }
        calls[stream] = nil
        return [.reset(stream)] + closing
    }

    mutating func received(_ headers: AnswerHeaders, stream: Int32, isLast: Bool) -> [Action] {
        guard let call = calls[stream] else { return [] }
        if isLast { return end(stream, Self.answer(call, headers)) }
        // Interim responses come before the headers.
        if headers.httpStatus?.hasPrefix("1") ?? false { return [] }
        if let failure = Self.refusal(headers) { return abort(stream, failure) }
        calls[stream]?.hasHeaders = true
        return []
    }

    mutating func received(_ data: ByteBuffer, stream: Int32, isLast: Bool) -> [Action] {
        guard let place = calls.index(forKey: stream) else { return [] }
        var data = data
        // In place: a copy of the call would share the buffer, and each piece would copy all that came before it.
        if calls.values[place].received?.writeBuffer(&data) == nil { calls.values[place].received = data }
        if let failure = excess(calls.values[place]) {
            // A stream that both ends have ended must not be reset.
            return isLast ? end(stream, failure) : abort(stream, failure)
        }
        return isLast ? end(stream, Self.failure(.internalError, "the answer ended without a status")) : []
    }

    /// The other end has ended the stream, or what it sent on it was no HTTP/2.
    ///
    /// - Parameter isRefused: it says that it has not looked at the request.
    mutating func streamClosed(_ stream: Int32, isRefused: Bool, reason: String) -> [Action] {
        end(stream, Self.failure(.unavailable, reason, mayHaveEffect: !isRefused))
    }

    /// The other end takes no more streams, and has not looked at those after `last`.
    mutating func goneAway(after last: Int32, reason: String) -> [Action] {
        isRetired = true
        let refused = calls.filter { $0.key > last }.sorted { $0.key < $1.key }
        for (stream, _) in refused { calls[stream] = nil }
        let answer = Self.failure(.unavailable, reason, mayHaveEffect: false)
        return refused.map { .complete($0.value.token, answer) } + closing
    }

    /// The connection is closed; what is under way is not answered any more.
    mutating func closed(reason: String) -> [Action] {
        isRetired = true
        let lost = calls.sorted { $0.key < $1.key }
        calls = [:]
        return lost.map { .complete($0.value.token, Self.failure(.unavailable, reason)) }
    }

    /// So many bytes the other end may send now, over all streams.
    mutating func windowIs(_ size: Int) -> [Action] {
        size < Self.window / 2 ? [.enlargeWindow(by: Self.window - size)] : []
    }

    /// Bytes have come, of whatever kind.
    mutating func heard() {
        silence = 0
    }

    /// A second is over. Counted, not measured: when this process is starved or stopped, it is not the other end that is
    /// silent.
    mutating func tick() -> [Action] {
        let isInUse = hasStarted || !calls.isEmpty
        hasStarted = false
        guard isInUse else {
            silence = 0
            return []
        }
        silence += 1
        if silence >= Silence.end { return [.close] }
        return silence == Silence.ping ? [.ping] : []
    }

    private var closing: [Action] { isRetired && calls.isEmpty ? [.close] : [] }

    private mutating func end(_ stream: Int32, _ answer: UnaryAnswer) -> [Action] {
        guard let call = calls.removeValue(forKey: stream) else { return [] }
        return [.complete(call.token, answer)] + closing
    }

    private mutating func abort(_ stream: Int32, _ answer: UnaryAnswer) -> [Action] {
        [.reset(stream)] + end(stream, answer)
    }

    /// What is wrong with the message so far.
    private func excess(_ call: Call) -> UnaryAnswer? {
        guard call.hasHeaders else { return Self.failure(.internalError, "a message came before its headers") }
        guard let received = call.received, let prefix = MessagePrefix(received) else { return nil }
        if prefix.isCompressed { return Self.failure(.internalError, "the answer is compressed") }
        if prefix.length > largestMessage {
            return Self.failure(
                .resourceExhausted,
                "the answer of \(prefix.length) bytes is above the maximum payload size of \(largestMessage)")
        }
        guard received.readableBytes - Self.prefixLength <= prefix.length else {
            return Self.failure(.internalError, "more than one message came as an answer")
        }
        return nil
    }

    /// Why headers that a message should follow are none of gRPC.
    private static func refusal(_ headers: AnswerHeaders) -> UnaryAnswer? {
        guard headers.httpStatus == "200" else {
            let status = Status(httpStatusCode: headers.httpStatus.flatMap { Int($0) } ?? 0)
            return failure(RPCError.Code(status.code) ?? .unknown, status.message)
        }
        guard headers.contentType?.hasPrefix("application/grpc") ?? false else {
            return failure(.unknown, "the answer is \(headers.contentType ?? "of no type"), not gRPC")
        }
        return nil
    }

    /// What the end of a stream says.
    private static func answer(_ call: Call, _ trailers: AnswerHeaders) -> UnaryAnswer {
        guard let status = trailers.status else {
            return refusal(trailers) ?? failure(.unknown, "the answer has no status")
        }
        let code = Int(status).flatMap { Status.Code(rawValue: $0) } ?? .unknown
        if let code = RPCError.Code(code) {
            return failure(code, percentDecoded(trailers.message ?? ""))
        }
        guard var message = call.received, let prefix = MessagePrefix(message),
            message.readableBytes == prefixLength + prefix.length
        else { return failure(.internalError, "the message of the answer is incomplete") }
        message.moveReaderIndex(forwardBy: prefixLength)
        return .success(message)
    }

    private static func failure(_ code: RPCError.Code, _ message: String, mayHaveEffect: Bool = true) -> UnaryAnswer {
        .failure(UnaryFailure(error: RPCError(code: code, message: message), mayHaveEffect: mayHaveEffect))
    }

    /// What stands before a message.
    private struct MessagePrefix {
        let isCompressed: Bool
        let length: Int

        init?(_ buffer: ByteBuffer) {
            guard let flag = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self),
                let length = buffer.getInteger(at: buffer.readerIndex + 1, as: UInt32.self)
            else { return nil }
            isCompressed = flag != 0
            self.length = Int(length)
        }
    }

    /// `grpc-message` in plain text; what is no valid escape stays as it is.
    private static func percentDecoded(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
        let bytes = Array(text.utf8)
        var decoded: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let byte = UInt8(String(decoding: bytes[index + 1...index + 2], as: UTF8.self), radix: 16)
            {
                decoded.append(byte)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }
}
