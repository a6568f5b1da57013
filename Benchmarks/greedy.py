#!/usr/bin/env python3
"""Measures what other clients notice of one that sends its worst body of each kind: target p99 <= 50 ms.

    Benchmarks/greedy.py embedded                              starts `bin/skein serve` itself, on free ports
    Benchmarks/greedy.py URL CONFIG_URL TOKEN [TENANT_TOKEN]   measures an installation that runs already

TOKEN is an administrator's, whose requests stand for the other clients'; TENANT_TOKEN is the greedy client's, in a project
of its own. Others: 200 requests a second on schedule (GREEDY_RATE), reads and writes mixed, each counted from the moment
it was due. Each kind is sent for GREEDY_SECONDS by one connection, which waits for each answer, and then by sixteen. The
first row is without the greedy client. Its project has no quotas, unless GREEDY_QUOTAS=1 leaves it the usual ones. The
kinds are those of `skein drill greedy-client`.
"""
import collections
import http.client
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import bench

RATE = int(os.environ.get("GREEDY_RATE", "200"))
SECONDS = float(os.environ.get("GREEDY_SECONDS", "4"))
KINDS = [text for text in os.environ.get("GREEDY_KINDS", "").split(",") if text]
CROWDS = (1, 16)
PATIENCE = 15
LARGEST = 1_020_000
THREADS = 16

Kind = collections.namedtuple("Kind", "name method api path body")


class API(bench.API):
    """One controller, or what stands before several; nothing is counted of its processes."""

    def __init__(self, url, token):
        super().__init__([url], token, None)
        self.url = url


def filled(member, item):
    """A list of so many items as fit into the largest body."""
    parts, size, number = [], len(member) + 8, 0
    while True:
        text = item(number)
        size += len(text) + 1
        if size > LARGEST:
            return f'{{"{member}":[{",".join(parts)}]}}'.encode()
        parts.append(text)
        number += 1


def kinds(network, subnet, group, project):
    rule = f'{{"security_group_id":"{group}","direction":"ingress",'
    yield Kind("rules of prefixes", "POST", "neutron", "/v2.0/security-group-rules", filled(
        "security_group_rules", lambda n: rule + f'"remote_ip_prefix":"10.{n >> 8}.{n & 255}.0/24"}}'))
    yield Kind("rules of ports", "POST", "neutron", "/v2.0/security-group-rules", filled(
        "security_group_rules",
        lambda n: rule + f'"protocol":"tcp","port_range_min":{n + 1},"port_range_max":{n + 1}}}'))

    def port(members):
        return json.dumps({"port": {"network_id": network, "name": "greedy"} | members}).encode()

    for count in (1_100, 2_000, 10_000):
        yield Kind(f"port of {count} addresses", "POST", "neutron", "/v2.0/ports",
                   port({"fixed_ips": [{"subnet_id": subnet}] * count}))
    yield Kind("port of 15000 DHCP options", "POST", "neutron", "/v2.0/ports", port(
        {"extra_dhcp_opts": [{"opt_name": f"option-{n}", "opt_value": f"value {n}"} for n in range(15_000)]}))
    for count in (4_000, 20_000):
        yield Kind(f"{count} networks", "POST", "neutron", "/v2.0/networks",
                   ('{"networks":[' + ",".join(["{}"] * count) + "]}").encode())
    yield Kind("8000 annotations", "POST", "config", "/prop-collection-update", json.dumps({
        "uuid": network,
        "updates": [{"field": "annotations", "operation": "set", "value": {"key": f"k{n}", "value": "v"}}
                    for n in range(8_000)]}).encode())
    yield Kind("group of 4600 rules", "POST", "config", "/security-groups", json.dumps({"security-group": {
        "parent_type": "project", "fq_name": project + ["greedy-rules"], "security_group_entries": {"policy_rule": [
            {"direction": ">", "protocol": "tcp", "ethertype": "IPv4",
             "src_addresses": [{"security_group": "local"}],
             "dst_addresses": [{"subnet": {"ip_prefix": "10.0.0.0", "ip_prefix_len": 8}}],
             "dst_ports": [{"start_port": n, "end_port": n}]} for n in range(4_600)]}}},
        separators=(",", ":")).encode())
    yield Kind("400 times one value", "POST", "config", "/useragent-kv",
               json.dumps({"operation": "RETRIEVE", "key": ["greedy"] * 400}).encode())
    address = f'{{"subnet_id":"{subnet}","unknown":{"[" * 60 + "]" * 60}}}'
    yield Kind("port of nested members", "POST", "neutron", "/v2.0/ports", (
        f'{{"port":{{"network_id":"{network}","name":"greedy","fixed_ips":['
        + ",".join([address] * (LARGEST // (len(address) + 1) - 1)) + "]}}").encode())
    half = LARGEST // 2 - 16
    yield Kind("nothing but depth", "POST", "neutron", "/v2.0/networks",
               ('{"network":' + "[" * half + "]" * half + "}").encode())
    nest = ['{"a":' * 55 + f"{number}" + "}" * 55 for number in (1, 2)]
    yield Kind("nested projects", "POST", "neutron", "/v2.0/networks",
               f'{{"network":{{"project_id":{nest[0]},"tenant_id":{nest[1]}}}}}'.encode())
    members = [f'"m{n}":1' for n in range(30_000)]
    yield Kind("options in another order", "POST", "neutron", "/v2.0/ports", (
        f'{{"port":{{"network_id":"{network}","name":"greedy","extra_dhcp_opts":['
        f'{{{",".join(members)}}},{{{",".join(reversed(members))}}}]}}}}').encode())
    yield Kind("45000 route targets", "PUT", "config", f"/virtual-network/{network}", json.dumps({
        "virtual-network": {"route_target_list": {"route_target": [f"target:1:{n}" for n in range(45_000)]}}},
        separators=(",", ":")).encode())
    yield Kind("list of all ports", "GET", "neutron", "/v2.0/ports", None)
    yield Kind("list of all rules", "GET", "neutron", "/v2.0/security-group-rules", None)
    yield Kind("details of all ports", "GET", "config", "/virtual-machine-interfaces?detail=true", None)


def connect(url, timeout):
    parts = urllib.parse.urlsplit(url)
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)


def headers(token):
    return {"X-Auth-Token": token, "Content-Type": "application/json"}


class Others:
    """The other clients: requests on schedule, whatever the answers are."""

    def __init__(self, url, token, network, port):
        self.url, self.token, self.network, self.port = url, token, network, port
        self.lock, self.latencies, self.failed = threading.Lock(), [], collections.Counter()
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(number,)) for number in range(THREADS)]

    def request(self, number):
        if number % 8 == 0:
            return "POST", "/v2.0/ports", {"port": {"network_id": self.network, "name": "other"}}
        if number % 8 in (2, 6):
            return "PUT", f"/v2.0/networks/{self.network}", {"network": {"description": f"value {number}"}}
        if number % 8 == 4:
            return "GET", "/v2.0/networks?limit=20", None
        return "GET", f"/v2.0/ports/{self.port}", None

    def run(self, first):
        connection, number, began = connect(self.url, PATIENCE), first, time.monotonic()
        while not self.ended.is_set():
            due = began + number / RATE
            time.sleep(max(0, due - time.monotonic()))
            method, path, body = self.request(number)
            try:
                connection.request(method, path, json.dumps(body) if body else None, headers(self.token))
                answer = connection.getresponse()
                answer.read()
                failure = answer.status if answer.status >= 400 else None
            except (OSError, http.client.HTTPException) as error:
                failure = type(error).__name__
                connection.close()
            with self.lock:
                self.latencies.append(time.monotonic() - due)
                if failure:
                    self.failed[failure] += 1
            number += THREADS

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join()


def be_greedy(url, token, kind, crowd, results):
    """Sends one kind, in a process of its own: what it costs the machine is not the others' interpreter's."""
    end = time.monotonic() + SECONDS

    def send():
        while time.monotonic() < end:
            began, connection = time.monotonic(), connect(url, PATIENCE)
            try:
                connection.request(kind.method, kind.path, kind.body, headers(token))
                answer = connection.getresponse()
                while answer.read(1 << 20):
                    if time.monotonic() > began + PATIENCE:
                        raise TimeoutError
                told = str(answer.status)
            except (OSError, http.client.HTTPException) as error:
                told = type(error).__name__
            finally:
                connection.close()
            results.put((told, time.monotonic() - began))
            # Refused at once it comes again, as a script does, and not as fast as this machine can.
            time.sleep(0.005)

    threads = [threading.Thread(target=send) for _ in range(crowd)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put(None)


def percentile(ordered, percent):
    return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0


def measure(api, config, tenant):
    """Prints a row for each kind; returns whether every row keeps the target."""
    made = api.call("POST", "/v2.0/networks", {"network": {"name": "others"}})["network"]
    api.call("PUT", f"/v2.0/quotas/{made['project_id']}", {"quota": {"port": -1}})
    api.call("POST", "/v2.0/subnets", {"subnet": {"network_id": made["id"], "cidr": "10.64.0.0/10", "ip_version": 4}})
    port = api.call("POST", "/v2.0/ports", {"port": {"network_id": made["id"]}})["port"]
    greedy = tenant.call("POST", "/v2.0/networks", {"network": {"name": "greedy"}})["network"]
    network = greedy["id"]
    subnet = tenant.call("POST", "/v2.0/subnets", {
        "subnet": {"network_id": network, "cidr": "10.32.0.0/12", "ip_version": 4}})["subnet"]["id"]
    group = tenant.call("POST", "/v2.0/security-groups", {"security_group": {"name": "greedy"}})["security_group"]["id"]
    config.call("POST", "/useragent-kv", {"operation": "STORE", "key": "greedy", "value": "x" * 1_000_000})
    project = config.call("GET", f"/virtual-network/{network}")["virtual-network"]["fq_name"][:-1]

    if greedy["project_id"] != made["project_id"] and not os.environ.get("GREEDY_QUOTAS"):
        # Quotas refuse much of it at once: what is left to be refused or done is dearer.
        api.call("PUT", f"/v2.0/quotas/{greedy['project_id']}", {"quota": {
            kind: -1 for kind in ("network", "subnet", "port", "security_group", "security_group_rule")}})

    print(f"{'what one client sends':<28} {'at once':>7} {'kB':>7} {'sent':>5} {'slowest s':>9} "
          f"{'others p50 ms':>13} {'p99 ms':>8} {'worst ms':>8} {'failed':>6}  its answers")
    kept = True

    def row(name, crowd, kind):
        nonlocal kept
        results, told, slowest = multiprocessing.Queue(), collections.Counter(), 0.0
        with Others(api.url, api.token, made["id"], port["id"]) as others:
            if kind:
                url, token = (config.url, config.token) if kind.api == "config" else (tenant.url, tenant.token)
                process = multiprocessing.Process(target=be_greedy, args=(url, token, kind, crowd, results))
                process.start()
                while (result := results.get()) is not None:
                    told[result[0]] += 1
                    slowest = max(slowest, result[1])
                process.join()
            else:
                time.sleep(SECONDS)
        ordered = sorted(others.latencies)
        p99, failed = percentile(ordered, 99), sum(others.failed.values())
        size = f"{len(kind.body or b'') / 1000:.1f}" if kind else ""
        answers = ", ".join(f"{answer} x{count}" for answer, count in sorted(told.items()))
        missed = kind is not None and (p99 > 50 or failed > 0 or any(a[:1] not in "1234" for a in told))
        kept = kept and not missed
        print(f"{name:<28} {crowd or '':>7} {size:>7} {sum(told.values()) or '':>5} "
              f"{f'{slowest:.2f}' if kind else '':>9} {percentile(ordered, 50):>13.1f} {p99:>8.1f} "
              f"{percentile(ordered, 100):>8.1f} {failed:>6}  {answers}{'  MISSED' if missed else ''}", flush=True)

    try:
        row("nobody", 0, None)
        for kind in kinds(network, subnet, group, project):
            if not KINDS or any(text in kind.name for text in KINDS):
                for crowd in CROWDS:
                    row(kind.name, crowd, kind)
        row("nobody, afterwards", 0, None)
    finally:
        clean(api, config, made, greedy["project_id"])
    return kept


def clean(api, config, made, tenant_project):
    """Removes what was made: everything of the greedy client's project when it has one, and what has these names."""
    def remove(collection, query):
        name = collection.replace("-", "_")
        while found := api.call("GET", f"/v2.0/{collection}?{query}&fields=id&limit=200")[name]:
            for one in found:
                api.call("DELETE", f"/v2.0/{collection}/{one['id']}")

    queries = ["name=greedy&name=greedy-rules"] if tenant_project == made["project_id"] else [f"project_id={tenant_project}"]
    for collection in ("ports", "networks", "security-groups"):
        for query in queries:
            remove(collection, query)
    remove("ports", f"network_id={made['id']}")
    api.call("DELETE", f"/v2.0/networks/{made['id']}")
    config.call("POST", "/useragent-kv", {"operation": "DELETE", "key": "greedy"})


def embedded():
    token, tenant, port, config_port = "bench", "tenant", bench.free_port(), bench.free_port()
    with tempfile.TemporaryDirectory(dir=bench.ROOT) as folder:
        server = subprocess.Popen(
            [os.environ.get("SKEIN", f"{bench.ROOT}/bin/skein"), "serve", "--database", f"{folder}/bench.sqlite",
             "--token", token, "--tenant-token", tenant, "--neutron-port", str(port), "--config-port",
             str(config_port), "--status-port", str(bench.free_port()), "--console-port", str(bench.free_port())],
            stdout=subprocess.DEVNULL)
        try:
            api = API(f"http://127.0.0.1:{port}", token)
            for _ in range(600):
                try:
                    api.call("GET", "/readyz")
                    break
                except OSError:
                    if server.poll() is not None:
                        sys.exit("the server ended")
                    time.sleep(0.05)
            kept = measure(api, API(f"http://127.0.0.1:{config_port}", token), API(api.url, tenant))
            print(f"resident afterwards: {bench.resident_mib(server.pid):.0f} MiB")
            return kept
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                print("the server was deaf to SIGTERM for 30 s: MISSED")


if __name__ == "__main__":
    if sys.argv[1:] == ["embedded"]:
        embedded()
    elif len(sys.argv) in (4, 5):
        administrator = API(sys.argv[1].rstrip("/"), sys.argv[3])
        measure(administrator, API(sys.argv[2].rstrip("/"), sys.argv[3]), API(administrator.url, sys.argv[-1]))
    else:
        sys.exit(__doc__)
