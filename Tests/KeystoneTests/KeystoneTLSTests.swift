import Foundation
import Keystone
import NIOSSL
import Subprocess
import Testing

/// A Keystone behind https whose certificate no public authority has signed.
@Suite struct KeystoneTLSTests {
    /// A certificate for 127.0.0.1 that signs itself, in a file, and the server's settings with it.
    private static func withCertificate(
        _ body: @Sendable (_ file: String, _ server: TLSConfiguration) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let certificate = folder.appending(path: "certificate.pem").path
        let key = folder.appending(path: "key.pem").path
        let result = try await Subprocess.run(
            .name("openssl"),
            arguments: [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
                "-subj", "/CN=Keystone of the tests", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out",
                certificate,
            ], output: .discarded)
        try #require(result.terminationStatus.isSuccess)
        let chain = try NIOSSLCertificate.fromPEMFile(certificate)
        try await body(
            certificate,
            .makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))))
    }

    private func locate(_ server: FakeServer, _ tls: KeystoneTLS) async throws -> KeystoneLocator.Location {
        try await KeystoneLocator(authProtocol: "https", address: "127.0.0.1", port: server.port, tls: tls).locate()
    }

    @Test func unknownAuthorityIsRefused() async throws {
        try await Self.withCertificate { _, configuration in
            try await FakeServer.run(tls: configuration) { server in
                _ = await #expect { try await locate(server, KeystoneTLS()) } throws: {
                    let error = $0 as? KeystoneError
                    return error?.code == .unavailable
                        && error?.message.contains("not signed by a trusted authority") == true
                }
            }
        }
    }

    @Test func namedAuthorityIsTrusted() async throws {
        try await Self.withCertificate { file, configuration in
            try await FakeServer.run(tls: configuration) { server in
                let location = try await locate(server, KeystoneTLS(authorityFile: file))
                #expect(location == KeystoneLocator.Location(url: server.url))
            }
        }
    }

    @Test func insecureBelievesAnyoneAndSaysSo() async throws {
        try await Self.withCertificate { _, configuration in
            try await FakeServer.run(tls: configuration) { server in
                let location = try await locate(server, KeystoneTLS(insecure: true))
                #expect(location.url == server.url)
                #expect(location.warnings.first?.contains("not verified") == true)
            }
        }
    }

    @Test func httpsToAPlainServerIsSaidSo() async throws {
        try await FakeServer.run { server in
            _ = await #expect { try await locate(server, KeystoneTLS()) } throws: {
                ($0 as? KeystoneError)?.message.contains("does not speak TLS") == true
            }
        }
    }

    @Test func authorityFileThatCannotBeReadIsNamed() {
        for file in ["/nonexistent/ca.pem", "/dev/null"] {
            #expect {
                try KeystoneAuthentication(url: "https://127.0.0.1/v3", tls: KeystoneTLS(authorityFile: file))
            } throws: {
                let error = $0 as? KeystoneError
                return error?.code == .misconfigured && error?.message.contains(file) == true
            }
        }
    }
}
