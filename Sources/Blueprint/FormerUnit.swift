/// A unit of a Debian package that builds before 2026-12 used for the installation, with a drop-in and a configuration of
/// Skein's. `up` puts Skein's own unit in its place, and `down` removes what is left of it. The drop-in tells such a unit
/// from somebody else's, which is not touched.
package struct FormerUnit: Hashable, Sendable {
    /// The unit of the package.
    package var name: String
    /// What takes its place, for people.
    var successor: String
    /// Further units of the package that served it, and had a drop-in, too.
    var others: [String] = []
    /// What Skein had put in place of the package's own configuration.
    var files: [String]
    /// How it is stopped.
    var stop: String
    /// What else is done once it has stopped.
    var takeover = ":"

    package static let all = [vip, proxy, broker]

    static let vip = FormerUnit(
        name: "keepalived.service", successor: DeploymentUnit.vip, files: ["/etc/keepalived/keepalived.conf"],
        stop: "systemctl stop keepalived.service")

    /// Both listen on the same ports for a moment (`SO_REUSEPORT`); the old one ends the connections that it has.
    static let proxy = FormerUnit(
        name: "haproxy.service", successor: DeploymentUnit.proxy, files: ["/etc/haproxy/haproxy.cfg"],
        stop: """
            mkdir -p /run/systemd/system/haproxy.service.d
            printf '[Service]\\nKillSignal=SIGUSR1\\nTimeoutStopSec=8\\n' >/run/systemd/system/haproxy.service.d/skein.conf
            systemctl daemon-reload
            systemctl stop haproxy.service
            rm -rf /run/systemd/system/haproxy.service.d
            """)

    /// The node keeps its name and its data, so that the cluster sees a restart.
    static let broker = FormerUnit(
        name: "rabbitmq-server.service", successor: DeploymentUnit.broker, others: ["epmd.socket"],
        files: [
            "/etc/rabbitmq/rabbitmq.conf", "/etc/rabbitmq/rabbitmq-env.conf", "/var/lib/rabbitmq/.erlang.cookie",
        ],
        stop: """
            timeout 60 systemctl stop rabbitmq-server.service || systemctl kill -s KILL rabbitmq-server.service || true
            systemctl disable --now --quiet epmd.service epmd.socket 2>/dev/null || true
            """,
        takeover: """
            old=/var/lib/rabbitmq/mnesia new=\(DeploymentPath.brokerData)
            install -d -o rabbitmq -g rabbitmq -m 750 \(DeploymentPath.brokerHome)
            name=$(sed -n 's/^NODENAME=//p' /etc/rabbitmq/rabbitmq-env.conf 2>/dev/null || true)
            if [ -n "$name" ] && [ ! -e "$new" ]; then
                rm -rf "$new.moving"
                install -d -o rabbitmq -g rabbitmq -m 750 "$new.moving"
                for part in "$old/$name"*; do [ ! -e "$part" ] || cp -a "$part" "$new.moving/"; done
                mv "$new.moving" "$new"
            fi
            # Quorum queues keep the path that they were made with.
            for part in "$new"/*; do
                [ -e "$part" ] || continue
                rm -rf "$old/${part##*/}"
                ln -s "$part" "$old/${part##*/}"
            done
            # Those builds masked it, whether it was in use or not.
            if [ "$(systemctl is-enabled etcd.service 2>/dev/null || true)" = masked ]; then
                systemctl unmask --quiet etcd.service
                systemctl disable --quiet etcd.service 2>/dev/null || true
            fi
            """)

    /// Nothing to do on a host that never had it.
    var retirement: Resource.Command {
        Resource.Command(
            title: "hand over from \(name) to \(successor)", check: "[ ! -e \(mark) ]", apply: retire,
            seconds: 200, interrupts: true)
    }

    /// A shell script that stops the unit and removes what Skein had made of it. It may run again after it has stopped
    /// half-way: the drop-in goes last.
    package var retire: String {
        let units = [name] + others
        let dropIns = units.map(dropIn)
        return """
            systemctl disable --quiet \(units.joined(separator: " ")) 2>/dev/null || true
            \(stop)
            \(takeover)
            for file in \(files.joined(separator: " ")); do
                case "$file" in
                *.erlang.cookie) rm -f "$file" ;;
                *) if head -n 1 "$file" 2>/dev/null | grep -q '^# Made by skein'; then rm -f "$file"; fi ;;
                esac
            done
            rm -f \(units.map { DeploymentPath.state + "/applied/" + $0 }.joined(separator: " "))
            rm -f \(dropIns.reversed().joined(separator: " "))
            for directory in \(units.map { DeploymentPath.unit($0) + ".d" }.joined(separator: " ")); do
                rmdir "$directory" 2>/dev/null || true
            done
            systemctl daemon-reload
            systemctl reset-failed \(units.joined(separator: " ")) 2>/dev/null || true
            """
    }

    /// The same, on hosts that have it only.
    package var retireWhereItIs: String {
        """
        if [ -e \(mark) ]; then
        \(retire)
        fi
        """
    }

    /// The file by which such a unit is told from somebody else's.
    package var mark: String { dropIn(name) }

    /// The units that were Skein's where the mark is, with those that they start.
    package var unitNames: [String] {
        [name] + others + others.filter { $0.hasSuffix(".socket") }.map { $0.replacing(".socket", with: ".service") }
    }

    private func dropIn(_ unit: String) -> String { DeploymentPath.unit(unit) + ".d/skein.conf" }
}
