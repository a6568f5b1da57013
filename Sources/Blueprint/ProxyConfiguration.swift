/// The text of `haproxy.cfg` for one proxy node.
///
/// Every proxy of an installation has the same text, so that it does not matter which one a client meets.
struct ProxyConfiguration {
    /// A node that runs a service, and the address of its service.
    struct Backend {
        var name: String
        /// `address:port`
        var endpoint: String
        /// The service of the same process whose check counts for this one, too; nil for a check of its own.
        var tracks: ProxiedService?
    }

    /// A service and the nodes that run it.
    struct Farm {
        var service: ProxiedService
        var backends: [Backend]
    }

    var farms: [Farm]
    var timing: TimingBudget
    var connections: Int
    var backendConnections: Int
    var consoleConnections: Int
    /// Whether clients may come by IPv6.
    var hasIPv6: Bool
    /// The port that redirects a browser to the console; nil for none.
    var redirectPort: Int?
    /// The CA that signed the console's certificate.
    var authorityFile: String

    /// What a request must fit into, in bytes, to be sent again; and the room in it for its headers.
    private static let bufferSize = 65_536
    private static let headersSize = 8_192
    /// The largest body, in bytes, of a request that is sent again.
    static let repeatableBody = bufferSize - headersSize

    var text: String {
        (["# Made by skein; `skein up` puts it back.", global, defaults, health]
            + farms.flatMap { [frontend($0), backend($0)] })
            .joined(separator: "\n")
            + (farms.contains { $0.service == .console } ? redirectPort.map { "\n" + redirect($0) } ?? "" : "")
    }

    private var global: String {
        """
        global
            log stderr format short daemon notice
            user haproxy
            group haproxy
            chroot \(DeploymentPath.proxyRoot)
            stats socket /run/skein-haproxy/admin.sock mode 600 level admin expose-fd listeners
            stats timeout 10s
            maxconn \(connections)
            hard-stop-after \(timing.proxyDrainTimeout)ms
            # A request that fits into one buffer can be sent again to another server when the first one dies.
            tune.bufsize \(Self.bufferSize)
            tune.maxrewrite 4096

        """
    }

    private var defaults: String {
        """
        defaults
            mode http
            log global
            option httplog
            option dontlog-normal
            option log-separate-errors
            option dontlognull
            option abortonclose
            option redispatch 1
            retries 3
            # Sent again for POST, too: the services know a request by its id and do nothing twice. Not after 429: a
            # controller that has too much to do for a client says so before it is slow, and the others need not hear of it.
            retry-on conn-failure empty-response junk-response response-timeout 0rtt-rejected 503
            balance roundrobin
            maxconn \(connections)
            timeout connect \(timing.proxyConnectTimeout)ms
            timeout http-request \(timing.proxyRequestTimeout)ms
            timeout http-keep-alive \(timing.proxyKeepAliveTimeout)ms
            timeout queue \(timing.proxyQueueTimeout)ms
            timeout client \(timing.proxyIdleTimeout)ms
            timeout server \(timing.proxyAnswerTimeout)ms
            timeout client-fin 5s
            timeout server-fin 5s
            timeout check \(timing.proxyCheckTimeout)ms
            default-server check inter \(timing.proxyCheckInterval)ms fastinter \
        \(timing.proxyCheckRetryInterval)ms fall \(timing.proxyCheckFall) rise \
        \(timing.proxyCheckRise) maxconn \(backendConnections)

        """
    }

    /// Tells the VIP's health check that this proxy works, and how many servers it has; `skein status` reads `/stats`.
    private var health: String {
        let servers = farms.first { $0.service == .neutron } ?? farms.first
        let count = servers.map { "%[nbsrv(\($0.service.rawValue))]" } ?? "0"
        return """
            frontend health
                bind 127.0.0.1:\(ServicePort.proxyHealth)
                option dontlog-normal
                http-request use-service prometheus-exporter if { path /metrics }
                http-request return status 200 content-type text/plain lf-string "\(count)\\n" if { path /alive }
                stats enable
                stats uri /stats
                http-request return status 404 if !{ path_beg /stats }

            """
    }

    private func frontend(_ farm: Farm) -> String {
        let service = farm.service
        var lines = ["frontend \(service.rawValue)"] + binds(service.frontendPort)
        if service == .console {
            lines += [
                "    mode tcp",
                "    option tcplog",
                "    timeout client \(timing.proxyTunnelTimeout)ms",
            ]
        } else {
            lines += [
                "    unique-id-format %[uuid()]",
                "    http-request set-header X-Skein-Request-Id %[unique-id]",
                "    http-request set-header X-Forwarded-For %[src]",
                "    http-request set-header X-Forwarded-Host %[req.hdr(host)]",
                "    http-request set-header X-Forwarded-Port %[dst_port]",
                "    http-request set-header X-Forwarded-Proto http",
            ]
        }
        return (lines + ["    default_backend \(service.rawValue)", ""]).joined(separator: "\n")
    }

    private func backend(_ farm: Farm) -> String {
        let isConsole = farm.service == .console
        var lines = ["backend \(farm.service.rawValue)"]
        if isConsole {
            lines += ["    mode tcp", "    balance source", "    timeout server \(timing.proxyTunnelTimeout)ms"]
        } else {
            // Only a request that is here as a whole can be sent again; the others are waited for.
            lines.append("    option http-buffer-request")
            lines.append(
                "    http-request set-timeout server \(timing.proxyIdleTimeout)ms "
                    + "if { req.body_size gt \(Self.repeatableBody) }")
        }
        if farm.service == .neutron {
            lines += [502, 503, 504].map(Self.neutronError)
        }
        lines += ["    option httpchk", "    http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host skein"]
        lines.append("    http-check expect status 200")
        // The console's event streams last; a request is better waited for, or sent again, than cut.
        let check =
            isConsole
            ? " check-ssl verify required ca-file \(authorityFile) inter \(timing.proxyConsoleCheckInterval)ms"
                + " maxconn \(consoleConnections) on-marked-down shutdown-sessions" : ""
        lines += farm.backends.map { server in
            let tracking = server.tracks.map { " no-check track \($0.rawValue)/\(server.name)" } ?? check
            return "    server \(server.name) \(server.endpoint)\(tracking)"
        }
        return (lines + [""]).joined(separator: "\n")
    }

    /// The proxy's own errors in Neutron's form, so that clients show the reason instead of a page.
    private static func neutronError(_ status: Int) -> String {
        let message = "No Neutron server answered the proxy; see skein status"
        return "    http-error status \(status) content-type application/json string "
            + #"'{"NeutronError": {"type": "ServiceUnavailable", "message": ""#
            + #"\#(message)", "detail": ""}}'"#
    }

    private func redirect(_ port: Int) -> String {
        """
        frontend console-redirect
        \(binds(port).joined(separator: "\n"))
            http-request redirect location https://%[req.hdr(host),regsub(:[0-9]+$,)]:\
        \(ProxiedService.console.frontendPort)%[capture.req.uri] code 302

        """
    }

    private func binds(_ port: Int) -> [String] {
        ["    bind *:\(port)"] + (hasIPv6 ? ["    bind :::\(port) v6only"] : [])
    }
}
