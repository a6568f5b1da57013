import Addressing

/// The text of `keepalived.conf` for one VIP node.
///
/// VRRP version 3, because only it has advertisements below one second; it has no authentication of its own (RFC 5798
/// dropped it: version 2's password was sent in clear). What stands in its place: unicast to listed peers, refusal of
/// any other source, and a TTL of 255, which nothing that crossed a router can have.
struct KeepalivedConfiguration {
    /// One virtual IP on this node.
    struct Instance {
        /// `INTERNAL_172_16_41_100`, as Contrail named them.
        var name: String
        var virtualIP: IPAddress
        var virtualRouterID: Int
        var interface: String
        var prefixLength: Int
        /// This node's address on the same network.
        var source: IPAddress
        var peers: [IPAddress]
    }

    var routerName: String
    var instances: [Instance]
    /// 1 to 254, different on every node.
    var priority: Int
    var timing: TimingBudget
    /// What the health writer writes: 0 healthy, else at fault.
    var stateFile: String
    /// Where it writes the term of ``VIPTermRule``.
    var termFile: String
    /// The program that asks the proxy while there is no health writer.
    var fallback: String

    var text: String {
        ([global, track] + (instances.count > 1 ? [group] : []) + instances.map(instance)).joined(separator: "\n")
    }

    private var global: String {
        """
        # Made by skein; `skein up` puts it back.
        global_defs {
            router_id \(routerName)
            script_user root
            enable_script_security
            vrrp_version 3
            vrrp_check_unicast_src
            vrrp_garp_master_delay 1
            vrrp_garp_master_repeat 3
            vrrp_garp_master_refresh 10
            vrrp_garp_lower_prio_repeat 1
        }

        """
    }

    /// Weight 0: any value but 0 is a fault, not a lower priority. Once a second is as often as keepalived can.
    private var track: String {
        """
        track_file health {
            file "\(stateFile)"
            weight 0
        }

        track_file term {
            file "\(termFile)"
            weight \(VIPTermRule.weight)
        }

        vrrp_script fallback {
            script "\(fallback)"
            interval 1
            timeout 2
            fall 2
            rise 2
        }

        """
    }

    /// Lines of a sync group or of an instance: the files and scripts that it heeds.
    private static func tracked(files: [String], scripts: [String] = []) -> String {
        [("track_file", files), ("track_script", scripts)].filter { !$0.1.isEmpty }.map { keyword, names in
            (["    \(keyword) {"] + names.map { "        \($0)" } + ["    }"]).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    /// The VIPs move together, so that nobody finds one of them on a node that lacks the other network.
    private var group: String {
        """
        vrrp_sync_group SKEIN {
            group {
        \(instances.map { "        \($0.name)" }.joined(separator: "\n"))
            }
            sync_group_tracking_weight
        \(Self.tracked(files: ["health"], scripts: ["fallback"]))
        }

        """
    }

    private func instance(_ instance: Instance) -> String {
        var lines = [
            "vrrp_instance \(instance.name) {",
            "    state BACKUP",
            "    nopreempt",
            "    interface \(instance.interface)",
            "    virtual_router_id \(instance.virtualRouterID)",
            "    priority \(priority)",
            "    advert_int \(seconds(timing.vrrpAdvertisement))",
            "    down_timer_adverts \(timing.vrrpMissedAdvertisements)",
        ]
        if !instance.peers.isEmpty {
            lines.append("    unicast_src_ip \(instance.source)")
            lines.append("    unicast_peer {")
            lines += instance.peers.map { "        \($0) min_ttl 255 max_ttl 255" }
            lines.append("    }")
        }
        lines += [
            "    virtual_ipaddress {",
            "        \(instance.virtualIP)/\(instance.prefixLength) dev \(instance.interface)",
            "    }",
        ]
        // The term counts for each instance, since a group has no priority; its own word makes keepalived heed it.
        lines.append(
            instances.count == 1
                ? Self.tracked(files: ["health", "term"], scripts: ["fallback"]) : Self.tracked(files: ["term"]))
        return (lines + ["}", ""]).joined(separator: "\n")
    }

    /// Milliseconds as seconds with two digits, which is VRRP's own resolution.
    private func seconds(_ milliseconds: Int) -> String {
        let hundredths = milliseconds / 10
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }
}
