import Model
import NIOCore
import Synchronization
import Testing

@testable import HTTPService

/// Bodies that are broken, too large, too slow or never end, as bytes on a connection.
@Suite(.timeLimit(.minutes(1))) struct RequestBodyTests {
    /// Answers with the length of the body, and keeps what it was asked.
    private final class Counter: APIHandler {
        let name = "test"
        private let asked = Mutex(0)

        var requestCount: Int { asked.withLock { $0 } }

        func isOpen(method: String, path: String) -> Bool { path == "/open" }

        func respond(to request: APIRequest) async throws -> APIAnswer {
            asked.withLock { $0 += 1 }
            return APIAnswer(status: 200, contentType: "text/plain", body: Array("got \(request.body.count)".utf8))
        }

        func answer(to failure: APIFailure) -> APIAnswer {
            APIAnswer(status: failure.status, contentType: "text/plain", body: Array(failure.message.utf8))
        }
    }

    private static func post(_ headers: String...) -> String {
        let lines = ["POST /x HTTP/1.1", "Host: skein", "X-Auth-Token: \(RawServer.token)"] + headers
        return lines.map { $0 + "\r\n" }.joined() + "\r\n"
    }

    @Test(arguments: ["zz\r\nhello\r\n0\r\n\r\n", "-5\r\nhello", "5\r\nhelloXX\r\n", "fffffffffffffffffff\r\n"])
    func aBrokenChunkIsTheClientsMistake(_ chunks: String) async throws {
        let log = Log()
        let counter = Counter()
        try await RawServer.run(counter, log: log) { server in
            try await server.connect { connection in
                try await connection.send(Self.post("Transfer-Encoding: chunked") + chunks)
                try await connection.receive(until: "\r\n\r\n")
                #expect(connection.received.hasPrefix("HTTP/1.1 400 "))
                #expect(connection.received.lowercased().contains("connection: close"))
            }
        }
        #expect(log.messages.isEmpty)
        #expect(counter.requestCount == 0)
    }

    @Test(arguments: [["Content-Length: 10"], ["Transfer-Encoding: chunked"]])
    func aConnectionThatEndsInTheBodyIsNobodysError(_ headers: [String]) async throws {
        let log = Log()
        let counter = Counter()
        try await RawServer.run(counter, log: log) { server in
            try await server.connect { connection in
                try await connection.send(Self.post(headers[0]) + "5\r\nhe")
            }
            // The server is as good as before.
            try await server.connect { connection in
                try await connection.send(Self.post("Content-Length: 2") + "{}")
                try await connection.receive(until: "got 2")
            }
        }
        #expect(log.messages.isEmpty)
        #expect(counter.requestCount == 1)
    }

    @Test(arguments: ["Content-Length: 10", "Transfer-Encoding: chunked"])
    func aBodyThatStopsComingEndsInTime(_ header: String) async throws {
        try await RawServer.run(Counter(), bodyTime: .milliseconds(20)) { server in
            try await server.connect { connection in
                try await connection.send(Self.post(header) + "5\r\nhe")
                try await connection.receive(until: "\r\n\r\n")
                #expect(connection.received.hasPrefix("HTTP/1.1 408 "))
                #expect(connection.received.lowercased().contains("connection: close"))
            }
        }
    }

    @Test func aBodyThatIsAnnouncedTooLargeIsRefusedBeforeItComes() async throws {
        let counter = Counter()
        try await RawServer.run(counter) { server in
            try await server.connect { connection in
                try await connection.send(Self.post("Content-Length: 1024001"))
                try await connection.receive(until: "bytes.")
                #expect(connection.received.hasPrefix("HTTP/1.1 413 "))
                #expect(connection.received.contains("larger than 1024000 bytes"))
                #expect(connection.received.lowercased().contains("connection: close"))
                // Whoever writes on is read, and not cut off; then the connection ends.
                let part = String(repeating: "x", count: 16_000)
                for _ in 0..<64 { try await connection.send(part) }
                try await connection.send(String(repeating: "x", count: 1))
                try await connection.receiveAll()
            }
        }
        #expect(counter.requestCount == 0)
    }

    @Test func aBodyThatTurnsOutTooLargeIsRefused() async throws {
        try await RawServer.run(Counter()) { server in
            try await server.connect { connection in
                try await connection.send(Self.post("Transfer-Encoding: chunked"))
                let part = "4000\r\n" + String(repeating: "x", count: 0x4000) + "\r\n"
                for _ in 0..<63 { try await connection.send(part) }
                try await connection.receive(until: "bytes.")
                #expect(connection.received.hasPrefix("HTTP/1.1 413 "))
            }
        }
    }

    @Test func whoAsksBeforeSendingIsAnswered() async throws {
        try await RawServer.run(Counter()) { server in
            try await server.connect { connection in
                try await connection.send(Self.post("Content-Length: 5", "Expect: 100-continue"))
                try await connection.receive(until: "\r\n\r\n")
                #expect(connection.received == "HTTP/1.1 100 Continue\r\n\r\n")
                try await connection.send("hello")
                try await connection.receive(until: "got 5")
                #expect(connection.received.contains("HTTP/1.1 200 "))
            }
            try await server.connect { connection in
                try await connection.send(Self.post("Content-Length: 2000000", "Expect: 100-continue"))
                try await connection.receive(until: "bytes.")
                #expect(connection.received.hasPrefix("HTTP/1.1 413 "))
            }
        }
    }

    @Test func oneConnectionServesManyRequests() async throws {
        try await RawServer.run(Counter()) { server in
            try await server.connect { connection in
                for count in 1...5 {
                    let body = String(repeating: "x", count: count)
                    try await connection.send(Self.post("Content-Length: \(count)") + body)
                    try await connection.receive(until: "got \(count)")
                    try await connection.send("GET /open HTTP/1.1\r\nHost: skein\r\n\r\n")
                    try await connection.receive(until: "got 0")
                }
                #expect(!connection.received.lowercased().contains("connection: close"))
            }
        }
    }

    /// Works until it is cancelled.
    private struct Patient: APIHandler {
        let name = "test"
        let begun: AsyncStream<Void>.Continuation
        let cancelled: AsyncStream<Void>.Continuation

        func isOpen(method: String, path: String) -> Bool { false }

        func respond(to request: APIRequest) async throws -> APIAnswer {
            begun.yield()
            let (never, continuation) = AsyncStream<Void>.makeStream()
            for await _ in never {}
            withExtendedLifetime(continuation) {}
            if Task.isCancelled { cancelled.yield() }
            throw CancellationError()
        }

        func answer(to failure: APIFailure) -> APIAnswer { APIAnswer(status: failure.status) }
    }

    @Test func theWorkEndsWhenTheClientHasGone() async throws {
        let (begins, begun) = AsyncStream<Void>.makeStream()
        let (cancellations, cancelled) = AsyncStream<Void>.makeStream()
        let log = Log()
        try await RawServer.run(Patient(begun: begun, cancelled: cancelled), log: log) { server in
            try await server.connect { connection in
                try await connection.send(Self.post("Content-Length: 2") + "{}")
                var iterator = begins.makeAsyncIterator()
                _ = await iterator.next()
            }
            var iterator = cancellations.makeAsyncIterator()
            _ = await iterator.next()
        }
        #expect(log.messages.isEmpty)
    }
}
