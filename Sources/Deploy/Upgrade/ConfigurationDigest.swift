import Blueprint
import Crypto

extension DeploymentSecrets {
    /// Changes with each secret that stands in a configuration file: a file that was kept with other ones is of no use.
    /// Certificates are in files of their own, which an upgrade leaves alone.
    var configurationDigest: String {
        let parts = [brokerPassword, vrrpPassword, neutronPassword, sessionKey]
        return SHA256.hash(data: Array(parts.joined(separator: "\0").utf8)).map {
            ($0 < 16 ? "0" : "") + String($0, radix: 16)
        }.joined()
    }
}
