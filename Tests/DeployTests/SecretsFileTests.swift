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

    static func secrets(
        _ file: SecretsFile, _ testbed: Testbed, having: DeploymentSecrets? = nil, now: Date = now
    ) throws -> DeploymentSecrets {
        let trusts = (having?.hostCertificates ?? [:]).map { HostTrust(host: $0, pairs: [$1]) }
        return try file.secrets(testbed: testbed, facts: [], trusts: trusts, now: now)
    }

    static func made() throws -> SecretsFile { try SecretsFile.made(name: "test", now: now) }

    @Test func whatIsWrittenIsReadBack() throws {
        var file = try Self.made()
        #expect(try SecretsFile(json: JSONValue(parsing: file.text)) == file)
        file.nextAuthority = try SecretsFile.newAuthority(name: "test", now: Self.now)
        file.formerAuthorities = [file.authority.certificate]
        file.certificatesAfter = 1_800_000_000
        file.renewsCertificates = true
        file.nextBrokerUser = SecretsFile.newBrokerUser(named: "skein-2")
        file.formerBrokerUsers = [SecretsFile.newBrokerUser(named: "skein-0")]
        file.nextVRRPPassword = "a"
        file.formerVRRPPassword = "b"
        #expect(try SecretsFile(json: JSONValue(parsing: file.text)) == file)
    }

    @Test func hostsKeepTheirCertificatesAndANewOneGetsOne() throws {
        let file = try Self.made()
        let first = try Self.secrets(file, Self.testbed(3))
        let later = Self.now.addingTimeInterval(86_400)
        #expect(try Self.secrets(file, Self.testbed(3), having: first, now: later) == first)
        let second = try Self.secrets(file, Self.testbed(4), having: first, now: later)
        #expect(second.hostCertificates.count == 4)
        for (name, pair) in first.hostCertificates { #expect(second.hostCertificates[name] == pair) }
    }

    @Test func anotherVirtualIPMeansOtherCertificates() throws {
        let file = try Self.made()
        let first = try Self.secrets(file, Self.testbed(1))
        let second = try Self.secrets(file, Self.testbed(1, internalVIP: "192.0.2.101"), having: first)
        #expect(second.hostCertificates["c1"] != first.hostCertificates["c1"])
    }

    @Test func certificatesAreRenewedBeforeTheirEnd() throws {
        let file = try Self.made()
        let first = try Self.secrets(file, Self.testbed(1))
        let late = Self.now.addingTimeInterval(CertificateAuthority.hostLifetime - 86_400)
        let second = try Self.secrets(file, Self.testbed(1), having: first, now: late)
        #expect(second.hostCertificates["c1"] != first.hostCertificates["c1"])
    }

    @Test func certificatesFromBeforeARotationAreIssuedAnewAndThoseAfterItStay() throws {
        var file = try Self.made()
        let first = try Self.secrets(file, Self.testbed(1))
        let later = Self.now.addingTimeInterval(7_200)
        file.certificatesAfter = Int(later.timeIntervalSince1970)
        let second = try Self.secrets(file, Self.testbed(1), having: first, now: later)
        #expect(second.hostCertificates["c1"] != first.hostCertificates["c1"])
        let third = try Self.secrets(file, Self.testbed(1), having: second, now: later.addingTimeInterval(60))
        #expect(third.hostCertificates == second.hostCertificates)
    }

    @Test func anotherAuthorityMeansOtherCertificates() throws {
        var file = try Self.made()
        let first = try Self.secrets(file, Self.testbed(1))
        file.nextAuthority = try SecretsFile.newAuthority(name: "test", now: Self.now)
        let both = try Self.secrets(file, Self.testbed(1), having: first)
        #expect(both.hostCertificates == first.hostCertificates)
        #expect(PEMText.certificates(in: both.authorityCertificate).count == 2)
        file.formerAuthorities = [file.authority.certificate]
        file.authority = try #require(file.nextAuthority)
        file.nextAuthority = nil
        let switched = try Self.secrets(file, Self.testbed(1), having: first)
        // Whom hosts trust does not change when another one issues: nothing restarts for it.
        #expect(switched.authorityCertificate == both.authorityCertificate)
        #expect(switched.hostCertificates["c1"] != first.hostCertificates["c1"])
    }

    /// An authority near its own end issues nothing that lasts longer: that must not be issued anew at each run.
    @Test func anAuthorityNearItsEndIssuesOnce() throws {
        let file = try Self.made()
        let late = Self.now.addingTimeInterval(CertificateAuthority.lifetime - 30 * 86_400)
        let first = try Self.secrets(file, Self.testbed(1), now: late)
        let second = try Self.secrets(file, Self.testbed(1), having: first, now: late.addingTimeInterval(60))
        #expect(second.hostCertificates == first.hostCertificates)
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")))
    func opensslAcceptsTheChain() throws {
        let secrets = try Self.secrets(SecretsFile.made(name: "test", now: Date()), Self.testbed(1), now: Date())
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
        let secrets = try Self.secrets(Self.made(), Self.testbed(1))
        let bytes = Array(try #require(Data(base64Encoded: secrets.brokerPasswordHash)))
        #expect(bytes.count == 36)
        let expected = SHA256.hash(data: bytes.prefix(4) + Array(secrets.brokerPassword.utf8))
        #expect(Array(expected) == Array(bytes.dropFirst(4)))
    }

    @Test func secretsAreLongAndDiffer() throws {
        let secrets = try Self.secrets(Self.made(), Self.testbed(1))
        let all = [secrets.brokerCookie, secrets.brokerPassword, secrets.vrrpPassword, secrets.neutronPassword]
        #expect(Set(all).count == 4 && all.allSatisfy { $0.count == 32 })
        #expect(secrets.sessionKey.count == 64 && secrets.sessionKey.allSatisfy(\.isHexDigit))
    }

    @Test func aDamagedFileIsRefused() throws {
        #expect(throws: ConfigurationError.self) { try SecretsFile(json: ["broker_cookie": "x"]) }
    }
}
