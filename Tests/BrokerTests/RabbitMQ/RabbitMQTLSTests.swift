import Foundation
import Testing

@testable import Broker

extension BrokerSuites {
    /// Whether a connection is private, and whom it trusts.
    struct RabbitMQTLSTests {
        private static func broker(
            host: String = "127.0.0.1", _ change: (inout RabbitMQConfiguration.TLS) -> Void = { _ in }
        ) throws -> RabbitMQBroker {
            let server = try #require(RabbitMQRunning.current)
            let certificates = server.certificates
            var tls = RabbitMQConfiguration.TLS(
                authority: certificates.authority, certificate: certificates.certificate, key: certificates.key)
            change(&tls)
            return try RabbitMQBroker(
                server.configuration {
                    $0.endpoints = [.init(host: host, port: server.tlsPort)]
                    $0.tls = tls
                })
        }

        /// Why the first try failed; nil when it did not.
        private static func refusal(_ broker: RabbitMQBroker) async -> String? {
            var refusal: String?
            for await state in broker.states() {
                refusal = state.lastError
                if refusal != nil || state.phase == .connected { break }
            }
            await broker.close()
            return refusal
        }

        @Test func messagesGoThrough() async throws {
            let broker = try Self.broker()
            let name = "test.\(UUID().uuidString)"
            try await broker.declare(BrokerTopology(queues: [.init(name: name, kind: .quorum)]))
            let bodies = (0..<200).map { Array(repeating: UInt8($0), count: $0 * 997) }
            let stream = broker.consume(Subscription(queue: name))
            for (number, body) in bodies.enumerated() {
                try await broker.publish(
                    OutgoingMessage(exchange: "", routingKey: name, body: body, messageID: "\(number)"))
            }
            var received: [[UInt8]] = []
            for try await delivery in stream {
                delivery.acknowledge()
                received.append(delivery.body)
                if received.count == bodies.count { break }
            }
            #expect(received == bodies)
            await broker.close()
        }

        @Test func aForeignAuthorityIsNotTrusted() async throws {
            let foreign = try #require(RabbitMQRunning.current).certificates.foreignAuthority
            let message = await Self.refusal(try Self.broker { $0.authority = foreign })
            #expect(message?.contains("connect") == true)
        }

        @Test func aCertificateForAnotherNameIsNotTrusted() async throws {
            #expect(await Self.refusal(try Self.broker(host: "localhost")) != nil)
        }

        @Test func aClientWithoutCertificateIsNotTrustedByThisBroker() async throws {
            let broker = try Self.broker {
                $0.certificate = nil
                $0.key = nil
            }
            #expect(await Self.refusal(broker) != nil)
        }

        @Test func filesThatAreMissingAreNamed() async throws {
            #expect(
                await Self.refusal(try Self.broker { $0.authority = "/nowhere/ca.pem" })?.contains("/nowhere/ca.pem")
                    == true)
        }

        @Test func withoutVerificationAnyNameWillDo() async throws {
            let broker = try Self.broker(host: "localhost") { $0.verifies = false }
            try await broker.declare(BrokerTopology())
            await broker.close()
        }
    }
}
