import Blueprint

/// What runs on a host, and whose it is: read before an installation is planned, since OpenStack may be on the same host.
struct HostInventory: Hashable {
    /// A TCP port that something listens on.
    struct Listener: Hashable {
        /// As `ss` writes it: `0.0.0.0`, `[::]`, `*` or an address.
        var address: String
        var port: Int
        /// The program's name; empty when the system does not tell.
        var program: String
        /// The systemd unit of the program, or of the socket that systemd holds for it; empty when there is none.
        var unit: String
    }

    /// A unit of a Debian package that Skein did not install.
    struct PackagedUnit: Hashable {
        var name: String
        var isActive: Bool
        var isEnabled: Bool

        var isInUse: Bool { isActive || isEnabled }
    }

    /// The id of a virtual router in a configuration that is not Skein's.
    struct VirtualRouter: Hashable {
        var id: Int
        /// The file that it stands in.
        var file: String
    }

    var listeners: [Listener] = []
    /// Units of Debian's packages that an earlier build made its own.
    var former: Set<String> = []
    var packaged: [PackagedUnit] = []
    var virtualRouters: [VirtualRouter] = []
    /// The ports that Skein's own configuration on the host names: `store-client`, `store-peer`, `distribution`, `port-mapper`.
    var ownPorts: [String: Int] = [:]
    /// Sockets that systemd holds, by address and port.
    private var sockets: [String: String] = [:]

    /// Whether a listener is a part of this installation.
    func isOwn(_ listener: Listener) -> Bool {
        listener.unit.hasPrefix("skein-") || listener.unit.hasPrefix("skein.") || former.contains(listener.unit)
    }

    /// The listeners that somebody else has.
    var foreignListeners: [Listener] { listeners.filter { !isOwn($0) } }

    /// A shell script that prints everything, one fact a line.
    static var script: String {
        let packaged = PackagedUnits.all.flatMap { entry in
            entry.units.map { "packaged \(entry.package) \($0)" }
        }
        let former = FormerUnit.all.map { unit in
            "[ ! -e \(unit.mark) ] || echo 'former \(unit.unitNames.joined(separator: " "))'"
        }
        return """
            systemctl list-sockets --no-legend --plain 2>/dev/null | awk '$1 ~ /:[0-9]+$/ { print "socket", $1, $2 }'
            ss -Hltnp 2>/dev/null | awk '{ program = "-"; pid = 1
                if (match($0, /\\(\\("[^"]*"/)) program = substr($0, RSTART + 3, RLENGTH - 4)
                if (match($0, /pid=[0-9]+/)) pid = substr($0, RSTART + 4, RLENGTH - 4)
                gsub(" ", "_", program); print $4, pid, program }' | while read -r local pid program; do
                unit=$(grep -oE '[^/]+\\.(service|scope)' "/proc/$pid/cgroup" 2>/dev/null | head -n 1)
                echo "listener $local ${unit:--} $program"
            done
            packaged() {
                [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ] || return 0
                grep -qxF "$1" \(DeploymentPath.installedPackages) 2>/dev/null && return 0
                echo "packaged $2 $(systemctl is-active "$2" 2>/dev/null || true) $(systemctl is-enabled "$2" 2>/dev/null || true)"
            }
            \(packaged.joined(separator: "\n"))
            \(former.joined(separator: "\n"))
            # The configuration of every keepalived that runs, as its own root directory has it, and Debian's when none does.
            routers() {
                head -n 1 "$1" 2>/dev/null | grep -q '^# Made by skein' && return 0
                sed -nE 's/^[[:space:]]*virtual_router_id[[:space:]]+([0-9]+).*/\\1/p' "$1" 2>/dev/null | while read -r id; do
                    echo "router $id $2"
                done
            }
            for process in $(grep -lx keepalived /proc/[0-9]*/comm 2>/dev/null); do
                process=${process%/comm}
                grep -qE '/skein-keepalived\\.service' "$process/cgroup" 2>/dev/null && continue
                file=$(tr '\\0' '\\n' <"$process/cmdline" 2>/dev/null | awk '
                    taken { print; exit } $0 == "-f" || $0 == "--use-file" { taken = 1 }
                    sub(/^--use-file=/, "") { print; exit }')
                file=${file:-/etc/keepalived/keepalived.conf}
                routers "$process/root$file" "$file"
            done | sort -u
            routers /etc/keepalived/keepalived.conf /etc/keepalived/keepalived.conf
            own() { number=$(sed -n "$3" "$2" 2>/dev/null | head -n 1); [ -z "$number" ] || echo "own $1 $number"; }
            own store-client \(DeploymentPath.storeConfiguration) 's/^listen-client-urls:.*://p'
            own store-peer \(DeploymentPath.storeConfiguration) 's/^listen-peer-urls:.*://p'
            own distribution \(DeploymentPath.brokerEnvironment) 's/^DIST_PORT=//p'
            own port-mapper \(DeploymentPath.brokerEnvironment) 's/^ERL_EPMD_PORT=//p'
            """
    }

    /// Takes a line into account that the script printed; others are ignored.
    mutating func read(_ words: [Substring]) {
        switch (words.first, words.count) {
        case ("socket", 3): sockets[String(words[1])] = String(words[2])
        case ("listener", 4):
            guard let colon = words[1].lastIndex(of: ":"), let port = Int(words[1][words[1].index(after: colon)...])
            else { return }
            let address = words[1][..<colon].split(separator: "%").first.map(String.init) ?? ""
            var unit = words[2] == "-" ? "" : String(words[2])
            // What systemd holds for a service that does not run yet.
            if words[3] == "systemd" || unit == "init.scope" || unit.isEmpty {
                unit = sockets[String(words[1])] ?? sockets["[::]:\(port)"] ?? (unit == "init.scope" ? "" : unit)
            }
            let listener = Listener(
                address: address, port: port, program: words[3] == "-" ? "" : String(words[3]), unit: unit)
            if !listeners.contains(listener) { listeners.append(listener) }
        case ("former", 2...): former.formUnion(words.dropFirst().map(String.init))
        case ("packaged", 2...):
            packaged.append(
                .init(
                    name: String(words[1]), isActive: words.count > 2 && words[2] == "active",
                    isEnabled: words.count > 3 && words[3] == "enabled"))
        case ("router", 3):
            guard let id = Int(words[1]) else { return }
            let router = VirtualRouter(id: id, file: String(words[2]))
            if !virtualRouters.contains(router) { virtualRouters.append(router) }
        case ("own", 3): ownPorts[String(words[1])] = Int(words[2])
        default: break
        }
    }
}
