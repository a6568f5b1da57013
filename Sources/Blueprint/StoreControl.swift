/// `etcdctl` as it reaches members of the store from a host of the deployment.
package enum StoreControl {
    /// The command up to its verb, for a shell; the host's own certificate lets it in.
    ///
    /// - Parameters:
    ///   - addresses: the members that are asked, each on its control network.
    ///   - seconds: how long the store may take to answer.
    package static func command(_ addresses: [String], seconds: Int = 10) -> String {
        // The members' port is the same on all of them, and stands in the host's own configuration.
        let port = "$(sed -n s/^advertise-client-urls:.*://p \(DeploymentPath.storeConfiguration))"
        let endpoints = addresses.map { "https://\($0.contains(":") ? "[\($0)]" : $0):\(port)" }
        // Its own limit does not hold while it connects, which has 2 s.
        return "ETCDCTL_API=3 timeout \(seconds + 2) etcdctl --endpoints=\(endpoints.joined(separator: ",")) "
            + "--cacert=\(DeploymentPath.authority) --cert=\(DeploymentPath.storeCertificate) "
            + "--key=\(DeploymentPath.storeCertificate) --command-timeout=\(seconds)s"
    }

    /// Shell functions: `ctl`, the command, and `field NAME`, a number of the member's status such as `leader` or
    /// `dbSize`; empty when the member does not say it.
    ///
    /// - Parameters:
    ///   - address: the one member that is asked.
    ///   - seconds: how long `ctl` may take.
    package static func functions(_ address: String, seconds: Int = 10) -> String {
        """
        ctl() { \(command([address], seconds: seconds)) "$@"; }
        field() {
            \(command([address], seconds: 5)) endpoint status -w json 2>/dev/null \
                | grep -o "\\"$1\\":[0-9]*" | head -n 1 | cut -d: -f2
        }
        """
    }
}
