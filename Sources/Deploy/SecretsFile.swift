import Addressing
import Blueprint
import Crypto
import FoundationEssentials
import JSON
import Testbed

/// `secrets.json`: the deployment's secrets together with its authority's private key, which never leaves the build host.
struct SecretsFile: Hashable {
    var secrets: DeploymentSecrets
    var authorityPrivateKey: String

    /// Takes up what an earlier run has made, and makes what is missing: everything in a first run, certificates for new
    /// or changed hosts later.
    ///
    /// - Returns: the file, and whether it differs from what was there.
    static func prepare(
        _ existing: SecretsFile?, testbed: Testbed, facts: [HostFacts], name: String, now: Date
    ) throws -> (file: SecretsFile, isChanged: Bool) {
        var authority = try existing.map {
            try CertificateAuthority(
                certificate: $0.secrets.authorityCertificate, privateKey: $0.authorityPrivateKey, now: now)
        }
        if authority?.isCurrent != true { authority = nil }
        let usable = try authority ?? CertificateAuthority(name: name, now: now)
        var pairs: [String: DeploymentSecrets.KeyPair] = [:]
        for host in testbed.hosts where host.isManaged {
            let addresses = Self.addresses(of: host, in: testbed, facts: facts.first { $0.host == host.name })
            let names = Self.names(of: host)
            if let pair = existing?.secrets.hostCertificates[host.name],
                usable.covers(pair, names: names, addresses: addresses)
            {
                pairs[host.name] = pair
            } else {
                pairs[host.name] = try usable.issue(host: host.name, names: names, addresses: addresses)
            }
        }
        let password = existing?.secrets.brokerPassword ?? Self.random(32)
        let file = SecretsFile(
            secrets: DeploymentSecrets(
                brokerCookie: existing?.secrets.brokerCookie ?? Self.random(32), brokerPassword: password,
                brokerPasswordHash: existing?.secrets.brokerPasswordHash ?? Self.brokerHash(password),
                vrrpPassword: existing?.secrets.vrrpPassword ?? Self.random(32),
                neutronPassword: existing?.secrets.neutronPassword ?? Self.random(32),
                authorityCertificate: try usable.certificatePEM(), hostCertificates: pairs,
                sessionKey: existing?.secrets.sessionKey ?? Self.randomHexadecimal(32)),
            authorityPrivateKey: try usable.privateKeyPEM())
        return (file, file != existing)
    }

    private static func names(of host: Testbed.Host) -> [String] {
        var names = ["localhost"]
        for name in [host.name, host.address] where IPAddress(name) == nil && !names.contains(name) {
            names.append(name)
        }
        return names
    }

    private static func addresses(of host: Testbed.Host, in testbed: Testbed, facts: HostFacts?) -> [IPAddress] {
        var result: [IPAddress] = []
        let candidates = [
            IPAddress(host.address) ?? facts?.loginAddress, host.control?.address, testbed.internalVIP?.address,
            testbed.externalVIP?.address, IPAddress("127.0.0.1"), IPAddress("::1"),
        ]
        for case let address? in candidates where !result.contains(address) { result.append(address) }
        return result
    }

    /// Letters and digits from the system's random source: safe in every file format that gets it.
    private static func random(_ count: Int) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        var generator = SystemRandomNumberGenerator()
        return String((0..<count).compactMap { _ in alphabet.randomElement(using: &generator) })
    }

    private static func randomHexadecimal(_ bytes: Int) -> String {
        SymmetricKey(size: SymmetricKeySize(bitCount: 8 * bytes)).withUnsafeBytes { key in
            key.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
    }

    /// RabbitMQ's form of a password: four bytes of salt, then SHA-256 of salt and password, in Base64.
    private static func brokerHash(_ password: String) -> String {
        let salt = (0..<4).map { _ in UInt8.random(in: 0...255) }
        return Data(salt + SHA256.hash(data: salt + Array(password.utf8))).base64EncodedString()
    }
}

extension SecretsFile {
    var json: JSONValue {
        [
            "broker_cookie": .string(secrets.brokerCookie), "broker_password": .string(secrets.brokerPassword),
            "broker_password_hash": .string(secrets.brokerPasswordHash),
            "vrrp_password": .string(secrets.vrrpPassword), "neutron_password": .string(secrets.neutronPassword),
            "session_key": .string(secrets.sessionKey),
            "authority_certificate": .string(secrets.authorityCertificate),
            "authority_private_key": .string(authorityPrivateKey),
            "host_certificates": .object(
                JSONObject(
                    secrets.hostCertificates.sorted { $0.key < $1.key }.map { name, pair in
                        (name, ["certificate": .string(pair.certificate), "private_key": .string(pair.privateKey)])
                    })),
        ]
    }

    /// - Throws: ``ConfigurationError``
    init(json: JSONValue) throws(ConfigurationError) {
        var object = StrictObject(json)
        self.init(
            secrets: DeploymentSecrets(
                brokerCookie: object.string("broker_cookie"), brokerPassword: object.string("broker_password"),
                brokerPasswordHash: object.string("broker_password_hash"), vrrpPassword: object.string("vrrp_password"),
                neutronPassword: object.string("neutron_password"),
                authorityCertificate: object.string("authority_certificate"),
                hostCertificates: object.table("host_certificates") {
                    .init(certificate: $0.string("certificate"), privateKey: $0.string("private_key"))
                },
                sessionKey: object.string("session_key")),
            authorityPrivateKey: object.string("authority_private_key"))
        try object.finish()
    }
}
