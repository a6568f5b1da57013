#!/usr/bin/env python3
"""Measures the Neutron API: requests per second, p50 and p99, memory and time to ready, and the CPU time of a request.

    Benchmarks/bench.py embedded [BINARY]         starts `bin/skein serve` itself, on free ports
    Benchmarks/bench.py cluster COUNT [BINARY]    starts so many controllers and etcd members on loopback addresses
    Benchmarks/bench.py lab NAME URL TOKEN        measures an installation in a lab of this machine

Every figure stands beside one of the same run for scale: `GET /`, which does no work, and for creates a bare fsync of
the same disk. The load is wrk's (a Debian package): closed loop, a fixed number of connections. The last columns are
milliseconds of CPU time of all processes of a kind together, of all controllers, for each request; a target that there
is for one stands in brackets. They hold what the processes take each second without any request as well (the row "at
rest"), which is the more of a request's figure the slower they come, and grow beside other heavy work: compare runs of one load only.
"""
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from cluster import running
from processes import KINDS, Processes

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECONDS = int(os.environ.get("BENCH_SECONDS", "5"))
SIZES = [int(text) for text in os.environ.get("BENCH_SIZES", "10,1000,10000").split(",")]
# Milliseconds of CPU time for a request to three controllers, by workload and clients.
TARGETS = {("GET one port", 8): {"skein": 0.25, "etcd": 0.25},
           ("POST port", 32): {"skein": 2, "etcd": 1.5, "rabbitmq": 0.5}}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class API:
    def __init__(self, urls, token, processes):
        """urls: one or several controllers; clients are spread over them."""
        self.urls, self.token, self.processes = urls, token, processes

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.urls[0] + path, method=method)
        request.add_header("X-Auth-Token", self.token)
        request.add_header("Content-Type", "application/json")
        data = json.dumps(body).encode() if body is not None else None
        with urllib.request.urlopen(request, data, timeout=60) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def wrk(self, path, connections, script=None):
        """Requests a second, p50 and p99 in ms, errors, and CPU seconds of a request by kind."""
        shares = [connections // len(self.urls) + (index < connections % len(self.urls))
                  for index in range(len(self.urls))]
        before = self.processes.seconds()
        with ThreadPoolExecutor(len(self.urls)) as pool:
            results = list(pool.map(lambda url, share: self._wrk(url + path, share, script),
                                    *zip(*((url, share) for url, share in zip(self.urls, shares) if share))))
        after = self.processes.seconds()
        count = sum(result[0] for result in results)
        cpu = {kind: (after[kind] - before[kind]) / max(1, count) for kind in after}
        return (sum(result[1] for result in results), max(result[2] for result in results),
                max(result[3] for result in results), sum(result[4] for result in results), cpu)

    def _wrk(self, url, connections, script):
        command = ["wrk", "--latency", "-t", "1", "-c", str(connections), "-d", f"{SECONDS}s"]
        command += ["-H", f"X-Auth-Token: {self.token}"]
        if script:
            command += ["-s", script]
        text = subprocess.run(command + [url], capture_output=True, text=True, check=True).stdout
        count = int(re.search(r"(\d+) requests in", text).group(1))
        rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
        errors = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        return count, rate, milliseconds(text, "50%"), milliseconds(text, "99%"), int(errors.group(1)) if errors else 0


def milliseconds(text, percent):
    number, unit = re.search(re.escape(percent) + r"\s+([\d.]+)(us|ms|s)\b", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def row(name, clients, result, scale=None):
    rate, p50, p99, errors, cpu = result
    ratio = f"{rate / scale:6.2f}" if scale else "      "
    targets = next((target for (work, number), target in TARGETS.items()
                    if name.startswith(work) and number == clients), {})
    columns = [f"{1000 * cpu[kind]:.3f}" + (f" [{targets[kind]}]" if kind in targets else "") if cpu[kind] else "-"
               for kind in KINDS.values()]
    print(f"{name:<42} {clients:>7} {rate:>9.1f} {p50:>8.2f} {p99:>8.2f} {ratio} {errors:>6} "
          + " ".join(f"{column:>13}" for column in columns), flush=True)


def rest(processes):
    before, began = processes.seconds(), time.monotonic()
    time.sleep(SECONDS)
    after, seconds = processes.seconds(), time.monotonic() - began
    columns = [f"{1000 * (after[kind] - before[kind]) / seconds:.1f}" for kind in KINDS.values()]
    print(f"{'at rest (ms of CPU each second)':<92} " + " ".join(f"{column:>13}" for column in columns), flush=True)


def create_script(network):
    script = tempfile.NamedTemporaryFile("w", suffix=".lua", delete=False)
    script.write(f'''
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{{"port": {{"network_id": "{network}", "name": "bench"}}}}'
''')
    script.close()
    return script.name


def fsync_rate():
    """Durable appends a second of this disk: what one commit after the other cannot be faster than."""
    with tempfile.NamedTemporaryFile(dir=ROOT) as file:
        began, count = time.monotonic(), 0
        while time.monotonic() - began < 1:
            file.write(b"x" * 1024)
            file.flush()
            os.fdatasync(file.fileno())
            count += 1
    return count


def resident_mib(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS"))


def fill(api, collection, resource, make, present, wanted):
    while present < wanted:
        count = min(50, wanted - present)
        api.call("POST", f"/v2.0/{collection}", {collection: [make(present + i) for i in range(count)]})
        present += count
    return present


def measure(api, pid=None):
    print(f"{'workload':<42} {'clients':>7} {'req/s':>9} {'p50 ms':>8} {'p99 ms':>8} {'ratio':>6} {'errors':>6} "
          + " ".join(f"{kind + ' ms':>13}" for kind in KINDS.values()))
    rest(api.processes)
    base = api.wrk("/", 8)
    row("GET / (no work)", 8, base)
    made = api.call("POST", "/v2.0/networks", {"network": {"name": "bench"}})["network"]
    network = made["id"]
    api.call("PUT", f"/v2.0/quotas/{made['project_id']}", {"quota": {"network": -1, "port": -1}})
    api.call("POST", "/v2.0/subnets",
             {"subnet": {"network_id": network, "cidr": "10.64.0.0/10", "ip_version": 4}})
    networks, ports, last_memory = 1, 0, None
    for size in SIZES:
        networks = fill(api, "networks", "network", lambda i: {"name": f"bench-{i}"}, networks, size)
        row(f"GET networks ({size} of them)", 8, api.wrk("/v2.0/networks", 8), base[0])
        row(f"GET one network ({size} of them)", 8, api.wrk(f"/v2.0/networks/{network}", 8), base[0])
        before = resident_mib(pid) if pid else None
        new = size - ports
        ports = fill(api, "ports", "port", lambda i: {"name": f"bench-{i}", "network_id": network}, ports, size)
        one = api.call("GET", "/v2.0/ports?limit=1")["ports"][0]["id"]
        if pid and new > 1000:
            last_memory = (resident_mib(pid) - before) * 10_000 / new
        row(f"GET ports ({size} of them)", 8, api.wrk("/v2.0/ports", 8), base[0])
        row(f"GET ports?limit=100 ({size})", 8, api.wrk("/v2.0/ports?limit=100", 8), base[0])
        row(f"GET ports?device_id= (none of {size})", 8, api.wrk("/v2.0/ports?device_id=none", 8), base[0])
        for clients in (1, 8, 32):
            row(f"GET one port ({size} of them)", clients, api.wrk(f"/v2.0/ports/{one}", clients), base[0])
    disk = fsync_rate()
    print(f"{'durable appends of this disk, one by one':<42} {1:>7} {disk:>9.1f}")
    script = create_script(network)
    try:
        for clients in (1, 8, 32):
            row("POST port (/10)", clients, api.wrk("/v2.0/ports", clients, script), disk)
    finally:
        os.unlink(script)
    if last_memory is not None:
        print(f"memory for 10,000 ports: {last_memory:.0f} MiB; now resident: {resident_mib(pid):.0f} MiB")


def embedded(binary):
    token, port = "bench", free_port()
    with tempfile.TemporaryDirectory(dir=ROOT) as folder:
        began = time.monotonic()
        server = subprocess.Popen(
            [binary, "serve", "--database", f"{folder}/bench.sqlite", "--token", token, "--neutron-port",
             str(port), "--config-port", str(free_port()), "--status-port", str(free_port()), "--console-port",
             str(free_port())], stdout=subprocess.DEVNULL)
        try:
            api = API([f"http://127.0.0.1:{port}"], token, Processes.of({server.pid}))
            while True:
                try:
                    api.call("GET", "/readyz")
                    break
                except OSError:
                    if server.poll() is not None or time.monotonic() - began > 30:
                        sys.exit("the server did not become ready")
                    time.sleep(0.005)
            print(f"start to ready: {time.monotonic() - began:.3f} s, {resident_mib(server.pid):.0f} MiB resident")
            measure(api, server.pid)
        finally:
            server.terminate()
            server.wait(30)


def cluster(count, binary):
    with running(count, binary) as (urls, pids):
        measure(API(urls, "bench", Processes.of(pids)))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["embedded", *binary] if len(binary) < 2:
            embedded((binary + [f"{ROOT}/bin/skein"])[0])
        case ["cluster", count, *binary] if len(binary) < 2:
            cluster(int(count), (binary + [f"{ROOT}/bin/skein"])[0])
        case ["lab", name, url, token]:
            measure(API([url.rstrip("/")], token, Processes.of_lab(name)))
        case _:
            sys.exit(__doc__)
