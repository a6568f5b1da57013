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
        let body = APIResponder.body(answer.content, turns: nil)
        #expect(body.contentLength == nil)
        try await body.write(Client(log: log, patience: 9))
        #expect(log.all == ["made a", "took a", "made ", "made b", "took b", "finished"])
        #expect(answer.body == Array("ab".utf8))
    }

    @Test func `Nothing more is made for a client that has gone`() async throws {
        let log = Client.Log()
        let body = APIResponder.body(
            APIAnswer(pieces: Counted(log: log, texts: ["a", "b", "c", "d"])).content, turns: nil)
        await #expect(throws: Client.Gone.self) { try await body.write(Client(log: log, patience: 1)) }
        #expect(log.all == ["made a", "took a", "made b"])
    }

    /// The streams of one project are one to the others, however many there are.
    @Test(.timeLimit(.minutes(1))) func `Pieces are made one at a time, project by project`() async throws {
        let log = Client.Log()
        let gate = RequestGate()
        @Sendable func caller(_ project: String) -> EditContext.Caller {
            EditContext.Caller(
                userID: "u", userName: "u", projectID: project, projectName: project, domainID: "default",
                domainName: "Default", roles: [], isAdmin: false)
        }
        @Sendable func send(_ project: String, _ texts: [String]) async throws {
            let answer = APIAnswer(pieces: Counted(log: log, texts: texts[...]))
            try await APIResponder.body(answer.content, turns: PieceTurns(gate: gate, caller: caller(project)))
                .write(Client(log: Client.Log(), patience: 99))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            // Somebody's piece is being made for as long as the others need to come.
            let (start, begin) = AsyncStream<Void>.makeStream()
            group.addTask {
                try await gate.withTurn(for: caller("first")) {
                    log.note("begun")
                    for await _ in start {}
                }
            }
            while log.all.isEmpty { await Task.yield() }
            for number in 1...5 {
                group.addTask { try await send("greedy", ["", "greedy \(number)"]) }
                while gate.waitingCount < number { await Task.yield() }
            }
            group.addTask { try await send("other", ["", "other"]) }
            while gate.waitingCount < 6 { await Task.yield() }
            begin.finish()
            try await group.waitForAll()
        }
        let made = log.all.filter { $0.hasPrefix("made ") && $0 != "made " }
        #expect(made.firstIndex(of: "made other") ?? .max <= 1, "\(made)")
    }

    @Test func `What fits into one piece has its length`() async throws {
        let log = Client.Log()
        let answer = APIAnswer(pieces: Counted(log: log, texts: ["abc"]), headers: ["Etag": "x"])
        #expect(APIResponder.body(answer.content, turns: nil).contentLength == 3)
        #expect(answer == APIAnswer(status: 200, body: Array("abc".utf8), headers: ["Etag": "x"]))
    }
}
