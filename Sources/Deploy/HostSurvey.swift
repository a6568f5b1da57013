import Addressing
import Blueprint
import JSON
import Remote
import Testbed

/// What one look at a host tells, before anything is changed on it.
struct HostSurvey: Hashable {
    var facts: HostFacts
    /// What runs there, and whose it is.
    var inventory = HostInventory()
    /// Addresses that answer on the network although no host of the testbed has them.
    var strangers: [IPAddress]
    /// The Keystone ports that take a connection from this host.
    var keystonePorts: [Int]
    /// A member of the store has been started here before.
    var hasStoreData = false

    /// The packages whose version decides something.
    private static let packages = KnownSystem.leastVersions.map(\.package)

    /// A shell script that prints everything, one fact a line.
    ///
    /// - Parameters:
    ///   - virtualIPs: to be looked for on the network.
    static func script(virtualIPs: [IPAddress], keystone: (address: String, ports: [Int])?) -> String {
        // What the host remembers of an address proves nothing: it is asked anew.
        // bash, which every Debian has, opens TCP connections and sends UDP datagrams without further tools.
        let probes = virtualIPs.filter { $0.family == .v4 }.map { address in
            """
            ip -4 neigh flush to \(address) 2>/dev/null || true
            (bash -c 'echo >/dev/udp/\(address)/9' || true) 2>/dev/null
            sleep 0.5
            ip -4 neigh show \(address) | grep -q lladdr && echo "answers \(address)" || true
            """
        }
        let keystoneProbes = (keystone?.ports ?? []).map { port in
            let target = shellWord("/dev/tcp/\(keystone?.address ?? "")/\(port)")
            return "timeout 3 bash -c 'exec 3<>\"$0\"' \(target) 2>/dev/null && echo 'keystone \(port)' || true"
        }
        return """
            . /etc/os-release
            echo "system ${ID:-unknown} ${VERSION_ID:-0}"
            echo "free $(df -B1 --output=avail /var/lib | tail -n 1 | tr -d ' ')"
            set -- ${SSH_CONNECTION:-}
            echo "login ${3:-}"
            apt-cache policy \(packages.joined(separator: " ")) 2>/dev/null | awk '
                /^[^ ]/ { sub(":", "", $1); name = $1 }
                $1 == "Installed:" { installed = $2 }
                $1 == "Candidate:" { if (installed != "(none)") $2 = installed
                    if ($2 != "(none)") print "package", name, $2 }'
            if [ -e \(DeploymentPath.storeData)/member ]; then echo "store data"; fi
            \(HostInventory.script)
            \(probes.joined(separator: "\n"))
            \(keystoneProbes.joined(separator: "\n"))
            echo "interfaces $(ip -j address)"
            """
    }

    /// Reads what the script printed. Nil when it is not what the script prints.
    init?(host: String, output: String, clockOffset: Double) {
        var facts = HostFacts(
            host: host, distribution: "", distributionVersion: "", interfaces: [], packageVersions: [:], freeBytes: 0,
            clockOffset: clockOffset)
        strangers = []
        keystonePorts = []
        for line in output.split(separator: "\n") {
            let words = line.split(separator: " ")
            switch (words.first, words.count) {
            case ("system", 3):
                facts.distribution = String(words[1])
                facts.distributionVersion = String(words[2])
            case ("free", 2): facts.freeBytes = Int(words[1]) ?? 0
            case ("login", 2): facts.loginAddress = IPAddress(words[1])
            case ("package", 3): facts.packageVersions[String(words[1])] = String(words[2])
            case ("store", 2): hasStoreData = true
            case ("answers", 2): strangers += IPAddress(words[1]).map { [$0] } ?? []
            case ("keystone", 2): keystonePorts += Int(words[1]).map { [$0] } ?? []
            case ("interfaces", 2...):
                guard let interfaces = Self.interfaces(line.dropFirst("interfaces ".count)) else { return nil }
                facts.interfaces = interfaces
            default: inventory.read(words)
            }
        }
        guard !facts.distribution.isEmpty, !facts.interfaces.isEmpty else { return nil }
        self.facts = facts
    }

    /// Reads the output of `ip -j address`.
    private static func interfaces(_ text: Substring) -> [HostFacts.Interface]? {
        guard let entries = (try? JSONValue(parsing: String(text)))?.arrayValue else { return nil }
        return entries.compactMap { entry in
            guard let name = entry["ifname"]?.stringValue else { return nil }
            let addresses = (entry["addr_info"]?.arrayValue ?? []).compactMap { info -> HostFacts.Address? in
                guard let address = info["local"]?.stringValue.flatMap({ IPAddress($0) }),
                    let length = info["prefixlen"]?.integerValue
                else { return nil }
                return HostFacts.Address(address: address, prefixLength: length)
            }
            return HostFacts.Interface(name: name, addresses: addresses)
        }
    }
}
