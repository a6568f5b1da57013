import Addressing
import Blueprint
import Crypto
import FoundationEssentials
import SwiftASN1
import X509

/// A deployment's own certificate authority: trusted by nothing but its hosts, for nothing but each other.
struct CertificateAuthority {
    private let certificate: Certificate
    private let privateKey: Certificate.PrivateKey
    private let now: Date

    static let lifetime: TimeInterval = 10 * 365 * 86_400
    static let hostLifetime: TimeInterval = 2 * 365 * 86_400
    /// For how long before its making it counts as valid, for hosts whose clocks are late.
    static let tolerance: TimeInterval = 3_600
    /// A certificate with less time left is made anew.
    static let renewal: TimeInterval = 90 * 86_400

    /// Makes a new authority.
    init(name: String, now: Date) throws {
        self.now = now
        privateKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let subject = try DistinguishedName {
            OrganizationName("Skein")
            CommonName("Authority of \(name)")
        }
        let publicKey = privateKey.publicKey
        certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: publicKey,
            notValidBefore: now.addingTimeInterval(-Self.tolerance),
            notValidAfter: now.addingTimeInterval(Self.lifetime), issuer: subject, subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: publicKey)
            }, issuerPrivateKey: privateKey)
    }

    /// Takes one up that was made before.
    init(certificate: String, privateKey: String, now: Date) throws {
        self.certificate = try Certificate(pemEncoded: certificate)
        self.privateKey = try Certificate.PrivateKey(pemEncoded: privateKey)
        self.now = now
    }

    func certificatePEM() throws -> String { try certificate.serializeAsPEM().pemString + "\n" }
    func privateKeyPEM() throws -> String { try privateKey.serializeAsPEM().pemString + "\n" }

    /// Makes a certificate for a host, good as a server's and as a client's.
    func issue(host: String, names: [String], addresses: [IPAddress]) throws -> DeploymentSecrets.KeyPair {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let publicKey = key.publicKey
        let subject = try DistinguishedName {
            OrganizationName("Skein")
            CommonName(host)
        }
        let alternatives = Self.alternatives(names: names, addresses: addresses)
        let issued = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: publicKey,
            notValidBefore: now.addingTimeInterval(-Self.tolerance),
            notValidAfter: min(now.addingTimeInterval(Self.hostLifetime), certificate.notValidAfter),
            issuer: certificate.subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth, .clientAuth])
                SubjectAlternativeNames(alternatives)
                SubjectKeyIdentifier(hash: publicKey)
                AuthorityKeyIdentifier(
                    keyIdentifier: SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier)
            }, issuerPrivateKey: privateKey)
        return DeploymentSecrets.KeyPair(
            certificate: try issued.serializeAsPEM().pemString + "\n",
            privateKey: try key.serializeAsPEM().pemString + "\n")
    }

    /// Whether a certificate is this authority's, has time left, and names exactly these.
    ///
    /// - Parameter since: when it was issued at the earliest, in seconds since 1970.
    func covers(
        _ pair: DeploymentSecrets.KeyPair, names: [String], addresses: [IPAddress], since: Int = 0
    ) -> Bool {
        guard let issued = try? Certificate(pemEncoded: pair.certificate),
            let key = try? Certificate.PrivateKey(pemEncoded: pair.privateKey), key.publicKey == issued.publicKey,
            certificate.publicKey.isValidSignature(issued.signature, for: issued),
            issued.notValidAfter
                > min(now.addingTimeInterval(Self.renewal), certificate.notValidAfter.addingTimeInterval(-1)),
            issued.notValidBefore.addingTimeInterval(Self.tolerance).timeIntervalSince1970 >= Double(since),
            let alternatives = try? issued.extensions.subjectAlternativeNames
        else { return false }
        return Set(alternatives) == Set(Self.alternatives(names: names, addresses: addresses))
    }

    private static func alternatives(names: [String], addresses: [IPAddress]) -> [GeneralName] {
        names.map { .dnsName($0) }
            + addresses.map { address in
                let count = address.family == .v4 ? 4 : 16
                let bytes = (0..<count).map { UInt8(truncatingIfNeeded: address.bits >> UInt128(8 * (count - 1 - $0))) }
                return .ipAddress(ASN1OctetString(contentBytes: bytes[...]))
            }
    }
}
