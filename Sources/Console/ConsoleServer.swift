import Hummingbird
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle

/// The console on an address of its own, until the service group stops it.
package struct ConsoleServer: Service {
    /// The certificate chain and its private key, both PEM files.
    package struct TLSFiles: Hashable, Sendable {
        package var certificate: String
        package var privateKey: String

        package init(certificate: String, privateKey: String) {
            self.certificate = certificate
            self.privateKey = privateKey
        }
    }

    private let application: any Service

    /// - Parameters:
    ///   - tls: nil for plain http, on loopback only.
    ///   - port: 0 lets the kernel choose.
    ///   - onListening: called with the port once connections are accepted.
    /// - Throws: when the certificate or the key cannot be read.
    package init(
        routes: ConsoleRoutes, address: String, port: Int, tls: TLSFiles?, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) throws {
        let configuration = ApplicationConfiguration(
            address: .hostname(address, port: port), serverName: "skein-console", backlog: 1024)
        let onServerRunning: @Sendable (any Channel) async -> Void = {
            await onListening($0.localAddress?.port ?? port)
        }
        if let tls {
            application = Application(
                responder: routes, server: try .tls(.http1(), tlsConfiguration: Self.configuration(tls)),
                configuration: configuration, onServerRunning: onServerRunning, logger: logger)
        } else {
            application = Application(
                responder: routes, configuration: configuration, onServerRunning: onServerRunning, logger: logger)
        }
    }

    private static func configuration(_ files: TLSFiles) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(files.certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: files.privateKey, format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        return configuration
    }

    package func run() async throws {
        try await application.run()
    }
}
