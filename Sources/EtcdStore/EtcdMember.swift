import EtcdAPI
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GRPCProtobuf
import NIOCore
import NIOSSL
import Store
import SwiftProtobuf
import Synchronization

/// One member of the cluster and the connections to it: one for calls with one answer, and one for watches, so that neither
/// a burst of calls nor the end of their connection is felt by those.
final class EtcdMember: Sendable {
    typealias Client = GRPCClient<HTTP2ClientTransport.Posix>

    /// A message larger than this ends the call: above etcd's own limit of a request, and of a page of a listing.
    static let largestMessage = 64 << 20
    /// etcd refuses such a call at once when the member has no leader, instead of letting it wait for one.
    static let requireLeader: Metadata = ["hasleader": "true"]

    static let options: CallOptions = {
        var options = CallOptions.defaults
        options.waitForReady = false
        // The transport takes the limit of requests as the limit of responses, too.
        options.maxRequestMessageBytes = largestMessage
        options.maxResponseMessageBytes = largestMessage
        return options
    }()

    let endpoint: EtcdEndpoint
    let calls: MemberLink
    let streams: Client

    /// - Throws: ``StoreError/Code/unavailable`` when the certificate files cannot be used.
    init(_ endpoint: EtcdEndpoint, tls: TLSFiles?) throws(StoreError) {
        self.endpoint = endpoint
        calls = try MemberLink(endpoint, tls: tls)
        streams = try Self.makeClient(endpoint, tls: tls)
    }

    /// Keeps both connections up until the task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.calls.run() }
            // Its only errors are to be run twice and to be cancelled.
            group.addTask { try? await self.streams.runConnections() }
        }
    }

    /// Makes a call with one answer, without a deadline: cancel the task to end it.
    func call<Request: Message, Response: Message>(
        _ method: MethodDescriptor, _ request: Request
    ) async throws(CallFailure) -> Response {
        let call = UnaryCall(try UnaryRequest(method, request))
        calls.begin(call)
        return try read(await call.answer()).get()
    }

    /// What an answer says.
    func read<Response: Message>(_ answer: UnaryAnswer) -> Result<Response, CallFailure> {
        switch answer {
        case .success(let bytes):
            do {
                return .success(try Response(serializedBytes: [UInt8](buffer: bytes)))
            } catch {
                let error = RPCError(code: .internalError, message: "the answer cannot be read: \(error)")
                return .failure(CallFailure(error, from: endpoint, wasSent: true))
            }
        case .failure(let failure):
            return .failure(CallFailure(failure.error, from: endpoint, wasSent: failure.mayHaveEffect))
        }
    }

    private static func makeClient(_ endpoint: EtcdEndpoint, tls: TLSFiles?) throws(StoreError) -> Client {
        let target: any ResolvableTarget =
            if endpoint.isIPv4 {
                .ipv4(address: endpoint.host, port: endpoint.port)
            } else if endpoint.isIPv6 {
                .ipv6(address: endpoint.host, port: endpoint.port)
            } else { .dns(host: endpoint.host, port: endpoint.port) }
        do {
            let transport = try HTTP2ClientTransport.Posix(
                target: target, transportSecurity: security(tls), config: configuration())
            return GRPCClient(transport: transport)
        } catch {
            throw StoreError(.unavailable, "\(endpoint): \(error)")
        }
    }

    private static func security(_ tls: TLSFiles?) -> HTTP2ClientTransport.Posix.TransportSecurity {
        guard let tls else { return .plaintext }
        return .mTLS(
            certificateChain: [.file(path: tls.certificate, format: .pem)],
            privateKey: .file(path: tls.key, format: .pem)
        ) { $0.trustRoots = .certificates([.file(path: tls.authority, format: .pem)]) }
    }

    private static func configuration() -> HTTP2ClientTransport.Posix.Config {
        .defaults { configuration in
            // Each call waits for its own answer: a delay to join flushes would be added to every one of them.
            configuration.connection.flushCoalescing = nil
            configuration.connection.maxIdleTime = nil
            // A connection whose other end is gone without a word. etcd allows one PING in 5 s, and with calls only.
            configuration.connection.keepalive = .init(
                time: .seconds(10), timeout: .seconds(3), allowWithoutCalls: false)
            configuration.backoff = .init(
                initial: .milliseconds(50), max: .milliseconds(500), multiplier: 1.6, jitter: 0.2)
            configuration.channelDebuggingCallbacks.onCreateTCPConnection = { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    // Bytes of HTTP/2 come out of the TLS handler where there is one, and out of the socket where not.
                    if let security = try? pipeline.handler(type: NIOSSLClientHandler.self) {
                        try pipeline.addHandler(PingResponder(), position: .after(security))
                    } else {
                        try pipeline.addHandler(PingResponder(), position: .first)
                    }
                }
            }
        }
    }
}
