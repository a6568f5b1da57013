import HTTPService
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import Synchronization
import Testing

/// A client that takes some writes and is gone.
private struct Client: ResponseBodyWriter {
    struct Gone: Error {}

    final class Log: Sendable {
        let events = Mutex<[String]>([])
        func note(_ event: String) { events.withLock { $0.append(event) } }
        var all: [String] { events.withLock { $0 } }
    }

    let log: Log
    var patience: Int

    mutating func write(_ buffer: ByteBuffer) async throws {
        guard patience > 0 else { throw Gone() }
        patience -= 1
        log.note("took \(String(buffer: buffer))")
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws { log.note("finished") }
}

/// Pieces that say when they are made.
private struct Counted: AnswerPieces {
    let log: Client.Log
    var texts: ArraySlice<String>

    var isAtEnd: Bool { texts.isEmpty }

    mutating func next() -> [UInt8] {
        let text = texts.removeFirst()
        log.note("made \(text)")
        return Array(text.utf8)
    }
}

@Suite struct AnswerBodyTests {
    @Test func `A piece is made when the client has taken the one before`() async throws {
        let log = Client.Log()
        let answer = APIAnswer(pieces: Counted(log: log, texts: ["a", "", "b"]))
        #expect(log.all == ["made a"])
        let body = APIResponder.body(answer.content)
        #expect(body.contentLength == nil)
        try await body.write(Client(log: log, patience: 9))
        #expect(log.all == ["made a", "took a", "made ", "made b", "took b", "finished"])
        #expect(answer.body == Array("ab".utf8))
    }

    @Test func `Nothing more is made for a client that has gone`() async throws {
        let log = Client.Log()
        let body = APIResponder.body(
            APIAnswer(pieces: Counted(log: log, texts: ["a", "b", "c", "d"])).content)
        await #expect(throws: Client.Gone.self) { try await body.write(Client(log: log, patience: 1)) }
        #expect(log.all == ["made a", "took a", "made b"])
    }

    @Test func `What fits into one piece has its length`() async throws {
        let log = Client.Log()
        let answer = APIAnswer(pieces: Counted(log: log, texts: ["abc"]), headers: ["Etag": "x"])
        #expect(APIResponder.body(answer.content).contentLength == 3)
        #expect(answer == APIAnswer(status: 200, body: Array("abc".utf8), headers: ["Etag": "x"]))
    }
}
