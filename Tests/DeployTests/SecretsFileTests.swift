import Addressing
import Blueprint
import Crypto
import Foundation
import JSON
import Testbed
import Testing

@testable import Deploy

@Suite struct SecretsFileTests {
    static let now = Date(timeIntervalSince1970: 1_800_000_000)

    static func testbed(_ count: Int, internalVIP: String = "192.0.2.100") throws -> Testbed {
        Testbed(
            hosts: (1...count).map { index in
                Testbed.Host(
                    hostString: "root@192.0.2.\(index)", name: "c\(index)", user: "root", address: "192.0.2.\(index)",
                    roles: [.cfgm, .database])
            },
            internalVIP: .init(address: try #require(IPAddress(internalVIP)), virtualRouterID: 100))
    }

    static func prepare(_ existing: SecretsFile?, _ testbed: Testbed, now: Date = now) throws -> (
        file: SecretsFile, isChanged: Bool
    ) {
        try SecretsFile.prepare(existing, testbed: testbed, facts: [], name: "test", now: now)
    }

    @Test func aSecondRunChangesNothing() throws {
        let first = try Self.prepare(nil, Self.testbed(3))
        #expect(first.isChanged)
        let read = try SecretsFile(json: JSONValue(parsing: first.file.json.text))
        #expect(read == first.file)
        let second = try Self.prepare(read, Self.testbed(3), now: Self.now.addingTimeInterval(86_400))
        #expect(!second.isChanged)
    }

    @Test func aNewHostGetsACertificateAndTheOthersKeepTheirs() throws {
        let first = try Self.prepare(nil, Self.testbed(3)).file
        let second = try Self.prepare(first, Self.testbed(4))
        #expect(second.isChanged)
        #expect(second.file.secrets.hostCertificates.count == 4)
        for (name, pair) in first.secrets.hostCertificates {
            #expect(second.file.secrets.hostCertificates[name] == pair)
        }
        #expect(second.file.secrets.brokerCookie == first.secrets.brokerCookie)
    }

    @Test func anotherVirtualIPMeansOtherCertificates() throws {
        let first = try Self.prepare(nil, Self.testbed(1)).file
        let second = try Self.prepare(first, Self.testbed(1, internalVIP: "192.0.2.101")).file
        #expect(second.secrets.hostCertificates["c1"] != first.secrets.hostCertificates["c1"])
        #expect(second.secrets.authorityCertificate == first.secrets.authorityCertificate)
    }

    @Test func certificatesAreRenewedBeforeTheirEnd() throws {
        let first = try Self.prepare(nil, Self.testbed(1)).file
        let late = Self.now.addingTimeInterval(CertificateAuthority.hostLifetime - 86_400)
        let second = try Self.prepare(first, Self.testbed(1), now: late).file
        #expect(second.secrets.hostCertificates["c1"] != first.secrets.hostCertificates["c1"])
        #expect(second.secrets.authorityCertificate == first.secrets.authorityCertificate)
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")))
    func opensslAcceptsTheChain() throws {
        let secrets = try Self.prepare(nil, Self.testbed(1), now: Date()).file.secrets
        let directory = FileManager.default.temporaryDirectory.appending(path: "skein-tls-\(UUID().uuidString)").path()
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let pair = try #require(secrets.hostCertificates["c1"])
        for (name, text) in [
            ("ca", secrets.authorityCertificate), ("cert", pair.certificate), ("key", pair.privateKey),
        ] {
            try Data(text.utf8).write(to: URL(filePath: "\(directory)/\(name).pem"))
        }
        for purpose in ["sslserver", "sslclient"] {
            try Shell.succeed(
                "openssl verify -x509_strict -purpose \(purpose) -CAfile \(directory)/ca.pem \(directory)/cert.pem")
        }
        let names = try Shell.run("openssl x509 -in \(directory)/cert.pem -noout -ext subjectAltName").output
        for name in [
            "IP Address:192.0.2.1", "IP Address:192.0.2.100", "IP Address:127.0.0.1", "DNS:localhost", "DNS:c1",
        ] {
            #expect(names.contains(name))
        }
        try Shell.succeed("openssl pkey -in \(directory)/key.pem -noout")
    }

    /// RabbitMQ's own rule: Base64 of the salt and of SHA-256 over salt and password.
    @Test func theBrokerAcceptsThePassword() throws {
        let secrets = try Self.prepare(nil, Self.testbed(1)).file.secrets
        let bytes = Array(try #require(Data(base64Encoded: secrets.brokerPasswordHash)))
        #expect(bytes.count == 36)
        let expected = SHA256.hash(data: bytes.prefix(4) + Array(secrets.brokerPassword.utf8))
        #expect(Array(expected) == Array(bytes.dropFirst(4)))
    }

    @Test func secretsAreLongAndDiffer() throws {
        let secrets = try Self.prepare(nil, Self.testbed(1)).file.secrets
        let all = [secrets.brokerCookie, secrets.brokerPassword, secrets.vrrpPassword, secrets.neutronPassword]
        #expect(Set(all).count == 4 && all.allSatisfy { $0.count == 32 })
        #expect(secrets.sessionKey.count == 64 && secrets.sessionKey.allSatisfy(\.isHexDigit))
    }

    @Test func aDamagedFileIsRefused() throws {
        #expect(throws: ConfigurationError.self) { try SecretsFile(json: ["broker_cookie": "x"]) }
    }
}
