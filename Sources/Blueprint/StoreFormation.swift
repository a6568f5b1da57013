/// The first start of a member of the store, which alone is told who the members are.
package enum StoreFormation {
    static let program = "/usr/bin/etcd"
    private static let once = "/run/skein-etcd-once.yaml"
    private static let dropIn = "/run/systemd/system/\(DeploymentUnit.store).d"
    /// How long a member without data may take until it has some, in seconds: it asks the others first.
    private static let patience = 60

    /// How a member without data begins.
    package enum State {
        /// Together with the other members of a store that is not there yet. Its id comes of their addresses and the token: by
        /// that it differs from any store that the same hosts have had before.
        case new(token: String)
        /// As one that a store has taken up already.
        case existing

        fileprivate var lines: [String] {
            switch self {
            case .new(let token): ["initial-cluster-state: new", "initial-cluster-token: \(token)"]
            case .existing: ["initial-cluster-state: existing"]
            }
        }
    }

    /// A shell command, a subshell: starts the member with a configuration of its own, waits until it has data, and takes
    /// that configuration away. From then on its data says whatever it needs to know.
    ///
    /// - Parameter cluster: a shell word, `NAME=URL` of every member with commas between them.
    package static func start(_ state: State, cluster: String) -> String {
        """
        (
            forget() {
                rm -f \(once) \(dropIn)/once.conf
                rmdir \(dropIn) 2>/dev/null || true
                systemctl daemon-reload
            }
            trap forget EXIT
            trap 'exit 143' HUP INT TERM
            # With a configuration file etcd takes no options, so that the start gets a file of its own.
            sed '/^initial-cluster/d' \(DeploymentPath.storeConfiguration) >\(once)
            printf '%s\\n' \(state.lines.map { "'\($0)'" }.joined(separator: " ")) "initial-cluster: "\(cluster) >>\(once)
            chmod 644 \(once)
            mkdir -p \(dropIn)
            printf '[Unit]\\nAssertPathExists=\\n[Service]\\nExecStart=\\nExecStart=\(program) --config-file \(once)\\n' \
                >\(dropIn)/once.conf
            systemctl daemon-reload
            systemctl reset-failed \(DeploymentUnit.store) 2>/dev/null || true
            systemctl enable --quiet \(DeploymentUnit.store)
            systemctl restart --no-block \(DeploymentUnit.store)
            begin=$(date +%s)
            until [ -d \(DeploymentPath.storeLog) ]; do
                if [ $(($(date +%s) - begin)) -ge \(patience) ]; then
                    echo "it has no data after \(patience) s; its last lines:" >&2
                    journalctl --no-pager -q -o cat -n 8 _SYSTEMD_UNIT=\(DeploymentUnit.store) >&2
                    systemctl stop --no-block \(DeploymentUnit.store)
                    exit 1
                fi
                sleep 0.1
            done
        )
        """
    }
}
