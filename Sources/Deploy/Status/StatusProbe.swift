import Blueprint
import Remote
import Testbed

/// Asks a host about everything that runs on it. Pure: makes the script, and reads what it printed.
enum StatusProbe {
    /// A script that prints one answer a line: a key, a tab, the answer. Each question has a time limit of its own, so
    /// that a service that hangs cannot hide the others.
    static func script(for host: Testbed.Host) -> String {
        var lines = [
            "tell() { printf '%s\\t%s\\n' \"$1\" \"$2\"; }",
            "one() { tr '\\n\\t' '  '; }",
        ]
        for unit in units(of: host) {
            lines.append(
                "tell unit.\(unit) \"$(systemctl is-active \(unit) 2>/dev/null | one || true)\"")
        }
        for service in ProxiedService.allCases where host.roles.contains(service.role) {
            let isConsole = service == .console
            let options = isConsole ? " --cacert \(DeploymentPath.authority)" : ""
            let url = "\(isConsole ? "https" : "http")://\(endpoint(host, service.backendPort))/readyz"
            lines.append(
                "tell ready.\(service.rawValue) \"$(curl -sS -m 2\(options) -w ' %{http_code}' \(url) 2>&1 | one || true)\""
            )
        }
        if units(of: host).contains(DeploymentUnit.controller) {
            // Every controller answers it, whatever its roles.
            let url = "http://\(endpoint(host, ProxiedService.collector.backendPort))/status"
            lines.append("tell status \"$(curl -fsS -m 2 \(url) 2>/dev/null | one || true)\"")
        }
        if host.roles.contains(.database) {
            lines.append(
                """
                if [ -d \(DeploymentPath.storeLog) ]; then tell store.data yes; fi
                status=$(\(StoreControl.command([host.controlAddress], seconds: 2)) \
                -w json endpoint status 2>/dev/null | one || true)
                tell store "$status"
                # As text: its digits are more than a number of JSON keeps.
                tell store.id "$(printf %s "$status" | grep -o '"cluster_id":[0-9]*' | head -n 1 | tr -dc 0-9 || true)"
                if [ -n "$status" ]; then
                    tell store.members "$(\(StoreControl.command([host.controlAddress], seconds: 2)) \
                    member list 2>/dev/null | awk -F', ' '{ print $4 }' | one || true)"
                fi
                tell store.health "$(curl -sS -m 2 http://127.0.0.1:\(ServicePort.storeMetrics)/health 2>&1 | one || true)"
                """)
        }
        if host.roles.contains(.cfgm) {
            lines.append(
                """
                # Without a broker it would start a port mapper of its own, on every address.
                systemctl -q is-active \(DeploymentUnit.broker) && tell broker "$(timeout 15 \(DeploymentPath.brokerControl) -q --timeout 10 eval '
                Running = case erlang:function_exported(rabbit_nodes, list_running, 0) of
                    true -> rabbit_nodes:list_running(); false -> rabbit_mnesia:cluster_nodes(running) end,
                Alarm = fun ({{resource_limit, What, Node}, _}) -> io_lib:format("~s on ~s", [What, Node]);
                    ({What, _}) -> io_lib:format("~p", [What]); (What) -> io_lib:format("~p", [What]) end,
                lists:flatten(io_lib:format("running ~s;partitions ~p;alarms ~s;",
                    [string:join([atom_to_list(N) || N <- lists:sort(Running)], ","),
                     length(rabbit_node_monitor:partitions()),
                     lists:join(", ", [Alarm(A) || A <- rabbit_alarm:get_alarms()])])).' 2>&1 | one || true)" || true
                tell proxy "$(curl -sS -m 2 'http://127.0.0.1:\(ServicePort.proxyHealth)/stats;csv' 2>/dev/null \
                | cut -d, -f1,2,18 | tr '\\n' ' ' || true)"
                tell vip.state "$(cat \(DeploymentPath.vipState) 2>/dev/null | one || true)"
                tell vip.reason "$(journalctl -q --no-pager -o cat -n 1 _SYSTEMD_UNIT=\(DeploymentUnit.vipHealth) \
                --grep 'virtual IP' 2>/dev/null | one || true)"
                """)
        }
        for (name, path, isThere) in [
            ("authority", DeploymentPath.authority, true), ("skein", DeploymentPath.certificate, true),
            ("etcd", DeploymentPath.storeCertificate, host.roles.contains(.database)),
            ("rabbitmq", DeploymentPath.brokerCertificate, host.roles.contains(.cfgm)),
        ] where isThere && host.isController {
            // Without the key that follows it.
            lines.append(
                "tell certificate.\(name) \"$(sed -n '/BEGIN CERT/,/END CERT/p' \(path) 2>/dev/null | base64 -w 0 || true)\""
            )
        }
        lines.append("tell addresses \"$(ip -o address show | awk '{ sub(\"/.*\", \"\", $4); print $4 }' | one)\"")
        return lines.joined(separator: "\n")
    }

    /// The answers by their keys.
    static func answers(_ output: String) -> [String: String] {
        var answers: [String: String] = [:]
        for line in output.split(separator: "\n") {
            let parts = line.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            answers[String(parts[0])] = String(parts[1].drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        return answers
    }

    /// The units that a host's roles bring.
    static func units(of host: Testbed.Host) -> [String] {
        var units: [String] = []
        if host.roles.contains(.database) { units.append(DeploymentUnit.store) }
        if host.roles.contains(.cfgm) {
            units += [DeploymentUnit.broker, DeploymentUnit.proxy, DeploymentUnit.vip, DeploymentUnit.vipHealth]
        }
        if ![Role.cfgm, .control, .collector, .webui].allSatisfy({ !host.roles.contains($0) }) {
            units.append(DeploymentUnit.controller)
        }
        return units
    }

    private static func endpoint(_ host: Testbed.Host, _ port: Int) -> String {
        let address = host.controlAddress
        return address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}
