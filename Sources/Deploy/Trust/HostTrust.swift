import Blueprint
import Crypto
import FoundationEssentials
import Remote
import SwiftASN1
import X509

/// What one host trusts and shows itself with. Pure: makes the script that asks, and reads what it printed.
struct HostTrust: Hashable {
    /// The copy of the deployment's secrets that the host keeps sealed.
    struct Kept: Hashable {
        /// ``SecretsFile/revision``
        var revision: Int
        /// ``SecretsFile/digest``
        var digest: String
    }

    var host: String
    /// Certificates of the authorities that it trusts, PEM.
    var authorities: [String]
    /// Its certificates with their keys, one for each service that has one.
    var pairs: [DeploymentSecrets.KeyPair]
    /// Nil without a copy that can be opened.
    var kept: Kept?

    init(host: String, authorities: [String] = [], pairs: [DeploymentSecrets.KeyPair] = [], kept: Kept? = nil) {
        self.host = host
        self.authorities = authorities
        self.pairs = pairs
        self.kept = kept
    }

    static let script = """
        tell() { if [ -s "$2" ]; then printf '%s %s\\n' "$1" "$(base64 -w 0 <"$2")"; fi; }
        tell authorities \(DeploymentPath.authority)
        tell pair \(DeploymentPath.certificate)
        tell pair \(DeploymentPath.storeCertificate)
        tell pair \(DeploymentPath.brokerCertificate)
        if [ -s \(DeploymentPath.sealedSecrets) ]; then
            open() { \(SealedFile.opening(DeploymentPath.sealedSecrets)) 2>/dev/null; }
            revision=$(open | sed -n 's/^ *"revision": *\\([0-9]*\\),*$/\\1/p')
            if [ -n "$revision" ]; then echo "kept $revision $(open | sha256sum | cut -d' ' -f1)"; fi
        fi
        """

    init(host: String, output: String) {
        self.init(host: host)
        for line in output.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            switch (words.first, words.count) {
            case ("authorities", 2): authorities = Self.text(words[1]).map { PEMText.certificates(in: $0) } ?? []
            case ("pair", 2): pairs += Self.text(words[1]).flatMap { PEMText.pair(in: $0) }.map { [$0] } ?? []
            case ("kept", 3): kept = Int(words[1]).map { Kept(revision: $0, digest: words[2]) }
            default: break
            }
        }
    }

    private static func text(_ encoded: String) -> String? {
        Data(base64Encoded: encoded).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Files of certificates and keys as text (RFC 7468).
enum PEMText {
    private static let end = "-----END CERTIFICATE-----"

    /// Each certificate, with a line break at its end.
    static func certificates(in text: String) -> [String] {
        var result: [String] = []
        var rest = text[...]
        while let begin = rest.firstRange(of: "-----BEGIN CERTIFICATE-----"),
            let end = rest[begin.upperBound...].firstRange(of: end)
        {
            result.append(rest[begin.lowerBound..<end.upperBound] + "\n")
            rest = rest[end.upperBound...]
        }
        return result
    }

    /// A certificate, and what follows it as its key.
    static func pair(in text: String) -> DeploymentSecrets.KeyPair? {
        guard let end = text.firstRange(of: end + "\n"), end.upperBound < text.endIndex else { return nil }
        return .init(certificate: String(text[..<end.upperBound]), privateKey: String(text[end.upperBound...]))
    }

    /// The SHA-256 of a certificate, as `openssl x509 -fingerprint -sha256` shows it. Nil for what is no certificate.
    static func fingerprint(_ certificate: String) -> String? {
        guard let document = try? Certificate(pemEncoded: certificate).serializeAsPEM() else { return nil }
        return SHA256.hash(data: document.derBytes).map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return digits.count == 1 ? "0" + digits : digits
        }.joined(separator: ":")
    }
}

extension Deployment {
    /// What the hosts trust, without those that could not be asked.
    func trusts() async -> [HostTrust] {
        await concurrently(serviceHosts) { host async -> HostTrust? in
            guard let output = try? await host.run(HostTrust.script, seconds: 60), output.succeeded else { return nil }
            return HostTrust(host: host.name, output: output.output)
        }.compactMap { $0 }
    }
}
