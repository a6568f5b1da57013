import GRPCCore
import NIOCore
import NIOHTTP2
import NIOPosix
import NIOSSL
import Store
import Synchronization

/// An open connection that takes calls, from whichever thread.
struct OpenConnection: Sendable {
    let handler: NIOLoopBound<UnaryHandler>

    func start(_ call: UnaryCall) {
        handler.eventLoop.execute { handler.value.start(call) }
    }

    func cancel(_ call: UnaryCall) {
        handler.eventLoop.execute { handler.value.cancel(call) }
    }
}

/// The connection for unary calls to one member, opened again whenever it ends.
///
/// A call is sent at once or fails at once: while there is no connection, it certainly had no effect.
final class MemberLink: Sendable {
    private enum Limits {
        /// For TCP to connect: as long as its first packet may be lost once.
        static let connecting = TimeAmount.seconds(2)
        /// For TLS and HTTP/2 to begin, then.
        static let beginning = TimeAmount.seconds(3)
    }

    /// How long to wait before the next connection: from the first to the longest, times the factor each time.
    private enum Pause {
        static let first = 0.05
        static let longest = 0.5
        static let factor = 1.6
        /// Times a number between 1 less and 1 more this, so that many controllers do not come together.
        static let jitter = 0.2
    }

    private enum State {
        case away(reason: String)
        case open(OpenConnection)
    }

    private let endpoint: EtcdEndpoint
    private let security: NIOSSLContext?
    private let state = Mutex(State.away(reason: "no connection yet"))

    /// - Throws: ``StoreError/Code/unavailable`` when the certificate files cannot be used.
    init(_ endpoint: EtcdEndpoint, tls: TLSFiles?) throws(StoreError) {
        self.endpoint = endpoint
        do {
            security = try tls.map { try NIOSSLContext(configuration: Self.configuration($0)) }
        } catch {
            throw StoreError(.unavailable, "\(endpoint): \(error)")
        }
    }

    func begin(_ call: UnaryCall) {
        switch state.withLock({ $0 }) {
        case .open(let connection): call.begin(on: connection)
        case .away(let reason):
            let error = RPCError(code: .unavailable, message: "no connection: \(reason)")
            call.end(.failure(UnaryFailure(error: error, mayHaveEffect: false)))
        }
    }

    /// Keeps the connection up until the task is cancelled.
    func run() async {
        var pause = Pause.first
        while !Task.isCancelled {
            do {
                try await follow { pause = Pause.first }
                away("the connection was closed")
            } catch {
                away("\(error)")
            }
            let jitter = Double.random(in: 1 - Pause.jitter...1 + Pause.jitter)
            try? await Task.sleep(for: .seconds(pause * jitter))
            pause = min(pause * Pause.factor, Pause.longest)
        }
        away("the store was closed")
    }

    private func away(_ reason: String) {
        state.withLock { $0 = .away(reason: reason) }
    }

    /// Opens one connection and waits until it takes no more calls. Those under way on it then go on.
    private func follow(isOpen: () -> Void) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let ready = loop.makePromise(of: Void.self)
        let retired = loop.makePromise(of: Void.self)
        let (channel, connection) = try await connect(loop, ready: ready, retired: retired)
        try await withTaskCancellationHandler {
            let limit = loop.scheduleTask(in: Limits.beginning) {
                ready.fail(RPCError(code: .deadlineExceeded, message: "no HTTP/2 within 3 s"))
            }
            defer { limit.cancel() }
            do {
                try await ready.futureResult.get()
            } catch {
                channel.close(promise: nil)
                throw error
            }
            isOpen()
            state.withLock { $0 = .open(connection) }
            try await retired.futureResult.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    private func connect(
        _ loop: any EventLoop, ready: EventLoopPromise<Void>, retired: EventLoopPromise<Void>
    ) async throws -> (any Channel, OpenConnection) {
        let bootstrap = ClientBootstrap(group: loop).connectTimeout(Limits.connecting).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                if let security = self.security {
                    try pipeline.addHandler(
                        NIOSSLClientHandler(context: security, serverHostname: self.endpoint.certificateName))
                }
                let calls = UnaryHandler(endpoint: self.endpoint, ready: ready, retired: retired)
                try pipeline.addHandler(PingResponder())
                try pipeline.addHandler(Self.http2(writingFor: calls))
                try pipeline.addHandler(calls)
            }
        }
        do {
            let channel = try await bootstrap.connect(host: endpoint.host, port: endpoint.port).get()
            let handler = try await loop.submit {
                NIOLoopBound(try channel.pipeline.syncOperations.handler(type: UnaryHandler.self), eventLoop: loop)
            }.get()
            return (channel, OpenConnection(handler: handler))
        } catch {
            // Promises must be kept, also when there was never a handler to do it.
            ready.fail(error)
            retired.succeed()
            throw (error as? NIOConnectionError)?.connectionErrors.first?.error ?? error
        }
    }

    static func http2(writingFor calls: UnaryHandler) -> NIOHTTP2Handler {
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            HTTP2Setting(parameter: .enablePush, value: 0),
            HTTP2Setting(parameter: .maxConcurrentStreams, value: 0),
            HTTP2Setting(
                parameter: .initialWindowSize,
                value: EtcdMember.largestMessage + UnaryConnection<UnaryCall>.prefixLength),
        ]
        return NIOHTTP2Handler(mode: .client, frameDelegate: calls, connectionConfiguration: configuration)
    }

    private static func configuration(_ tls: TLSFiles) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(tls.certificate).map { .certificate($0) }
        configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: tls.key, format: .pem))
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(tls.authority))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["h2"]
        return configuration
    }
}
