import Addressing
import Blueprint
import Crypto
import FoundationEssentials
import JSON
import Testbed

/// `secrets.json`: what a deployment keeps secret, with the private keys of its authorities. A copy is sealed on every host
/// that runs a part of the installation.
///
/// What is being rotated is here in two forms, as far as the rotation has come: see ``RotationRule``.
struct SecretsFile: Hashable {
    struct Authority: Hashable {
        var certificate: String
        var privateKey: String
    }

    /// A user of RabbitMQ.
    struct BrokerUser: Hashable {
        var name: String
        var password: String
        /// The password as RabbitMQ stores it.
        var hash: String
    }

    /// Goes up with every change, so that an old folder does not undo what a newer one did.
    var revision: Int
    /// The authority that issues certificates.
    var authority: Authority
    /// One that hosts trust, or will before it issues.
    var nextAuthority: Authority?
    /// Certificates of authorities that issue no more and are still trusted.
    var formerAuthorities: [String] = []
    /// Certificates of hosts that are older are issued anew, whatever time they have left; seconds since 1970.
    var certificatesAfter = 0
    /// Whether certificates are being issued anew because of it.
    var renewsCertificates = false
    var brokerCookie: String
    var brokerUser: BrokerUser
    /// A user that is there already, or will be before a controller uses it.
    var nextBrokerUser: BrokerUser?
    var formerBrokerUsers: [BrokerUser] = []
    var vrrpPassword: String
    /// A key that hosts take already, or will before one uses it.
    var nextVRRPPassword: String?
    var formerVRRPPassword: String?
    var neutronPassword: String
    var sessionKey: String

    /// What a first run makes.
    static func made(name: String, now: Date) throws -> SecretsFile {
        SecretsFile(
            revision: 1, authority: try newAuthority(name: name, now: now), brokerCookie: random(32),
            brokerUser: newBrokerUser(named: DeploymentSecrets.brokerUser), vrrpPassword: random(32),
            neutronPassword: random(32), sessionKey: randomHexadecimal(32))
    }

    static func newAuthority(name: String, now: Date) throws -> Authority {
        let authority = try CertificateAuthority(name: name, now: now)
        return Authority(certificate: try authority.certificatePEM(), privateKey: try authority.privateKeyPEM())
    }

    static func newBrokerUser(named name: String) -> BrokerUser {
        let password = random(32)
        return BrokerUser(name: name, password: password, hash: brokerHash(password))
    }

    /// Every authority that hosts trust at this point, in an order that does not depend on which of them issues.
    var trustedAuthorities: [String] {
        ([authority.certificate] + [nextAuthority?.certificate].compactMap { $0 } + formerAuthorities).sorted()
    }

    /// What the blueprint needs.
    ///
    /// A host keeps the certificate that it has as long as it is good; it may have renewed it by itself.
    ///
    /// - Parameters:
    ///   - trusts: what the hosts have.
    ///   - facts: of the hosts that are known.
    func secrets(
        testbed: Testbed, facts: [HostFacts], trusts: [HostTrust], now: Date
    ) throws -> DeploymentSecrets {
        let issuer = try CertificateAuthority(
            certificate: authority.certificate, privateKey: authority.privateKey, now: now)
        var pairs: [String: DeploymentSecrets.KeyPair] = [:]
        for host in testbed.hosts where host.isManaged {
            let addresses = Self.addresses(of: host, in: testbed, facts: facts.first { $0.host == host.name })
            let names = Self.names(of: host)
            let found = trusts.first { $0.host == host.name }?.pairs ?? []
            pairs[host.name] =
                try found.first {
                    issuer.covers($0, names: names, addresses: addresses, since: certificatesAfter)
                } ?? issuer.issue(host: host.name, names: names, addresses: addresses)
        }
        var secrets = DeploymentSecrets(
            brokerCookie: brokerCookie, brokerPassword: brokerUser.password, brokerPasswordHash: brokerUser.hash,
            vrrpPassword: vrrpPassword, neutronPassword: neutronPassword,
            authorityCertificate: trustedAuthorities.joined(), hostCertificates: pairs, sessionKey: sessionKey)
        secrets.brokerUserName = brokerUser.name
        for user in [nextBrokerUser].compactMap({ $0 }) + formerBrokerUsers {
            secrets.otherBrokerUsers[user.name] = user.hash
        }
        secrets.otherVRRPPasswords = [nextVRRPPassword, formerVRRPPassword].compactMap { $0 }
        secrets.keptText = text
        return secrets
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
    static func random(_ count: Int) -> String {
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
    /// The file's text: the same for equal values.
    var text: String { json.prettyText() + "\n" }

    /// The SHA-256 of the text, by which copies are compared.
    var digest: String { ResourceProbe.digest(text) }

    var json: JSONValue {
        var object: JSONObject = [
            "revision": .integer(revision), "broker_cookie": .string(brokerCookie),
            "broker_user": .string(brokerUser.name), "broker_password": .string(brokerUser.password),
            "broker_password_hash": .string(brokerUser.hash), "vrrp_password": .string(vrrpPassword),
            "neutron_password": .string(neutronPassword), "session_key": .string(sessionKey),
            "authority_certificate": .string(authority.certificate),
            "authority_private_key": .string(authority.privateKey),
        ]
        // What belongs to a rotation is only written during one.
        object["next_authority"] = nextAuthority.map {
            ["certificate": .string($0.certificate), "private_key": .string($0.privateKey)]
        }
        if !formerAuthorities.isEmpty {
            object["former_authorities"] = .array(formerAuthorities.map { .string($0) })
        }
        if certificatesAfter > 0 { object["certificates_after"] = .integer(certificatesAfter) }
        if renewsCertificates { object["renews_certificates"] = true }
        object["next_broker_user"] = nextBrokerUser.map(\.json)
        if !formerBrokerUsers.isEmpty { object["former_broker_users"] = .array(formerBrokerUsers.map(\.json)) }
        object["next_vrrp_password"] = nextVRRPPassword.map { .string($0) }
        object["former_vrrp_password"] = formerVRRPPassword.map { .string($0) }
        return .object(object)
    }

    /// - Throws: ``ConfigurationError``
    init(json: JSONValue) throws(ConfigurationError) {
        var object = StrictObject(json)
        self.init(
            revision: object.optionalInteger("revision", in: 0...(1 << 40)) ?? 0,
            authority: Authority(
                certificate: object.string("authority_certificate"),
                privateKey: object.string("authority_private_key")),
            nextAuthority: object.optionalObject("next_authority") {
                Authority(certificate: $0.string("certificate"), privateKey: $0.string("private_key"))
            },
            formerAuthorities: object.optionalStrings("former_authorities") ?? [],
            certificatesAfter: object.optionalInteger("certificates_after", in: 0...(1 << 40)) ?? 0,
            renewsCertificates: object.optionalBool("renews_certificates") ?? false,
            brokerCookie: object.string("broker_cookie"),
            brokerUser: BrokerUser(
                name: object.optionalString("broker_user") ?? DeploymentSecrets.brokerUser,
                password: object.string("broker_password"), hash: object.string("broker_password_hash")),
            nextBrokerUser: object.optionalObject("next_broker_user") { BrokerUser(&$0) },
            formerBrokerUsers: object.optionalObjects("former_broker_users") { BrokerUser(&$0) } ?? [],
            vrrpPassword: object.string("vrrp_password"),
            nextVRRPPassword: object.optionalString("next_vrrp_password"),
            formerVRRPPassword: object.optionalString("former_vrrp_password"),
            neutronPassword: object.string("neutron_password"), sessionKey: object.string("session_key"))
        // Of versions that kept every host's certificate here, too; the hosts have them.
        object.ignore("host_certificates")
        try object.finish()
    }
}

extension SecretsFile.BrokerUser {
    fileprivate var json: JSONValue {
        ["name": .string(name), "password": .string(password), "hash": .string(hash)]
    }

    fileprivate init(_ object: inout StrictObject) {
        self.init(name: object.string("name"), password: object.string("password"), hash: object.string("hash"))
    }
}
