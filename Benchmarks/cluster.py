"""A cluster of controllers on this machine's loopback addresses, without a lab: etcd members with TLS, a controller beside
each, no broker, no proxy, and a Keystone that calls every token valid. What is measured with it is Skein and etcd alone."""
import contextlib
import json
import os
import subprocess
import tempfile
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NEUTRON = 19696
CERTIFICATES = """
set -e
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=authority \
    -keyout authority.key -out authority.pem
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=member -keyout member.key -out member.csr
printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$1" > extensions
openssl x509 -req -days 2 -in member.csr -CA authority.pem -CAkey authority.key -CAcreateserial -extfile extensions \
    -out member.pem
"""


class Keystone(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    TOKEN = json.dumps({"token": {
        "user": {"id": "u" * 32, "name": "bench", "domain": {"id": "default", "name": "Default"}},
        "project": {"id": "a" * 32, "name": "bench", "domain": {"id": "default", "name": "Default"}},
        "roles": [{"id": "r" * 32, "name": "admin"}],
        "issued_at": "2020-01-01T00:00:00.000000Z", "expires_at": "2099-01-01T00:00:00.000000Z"}}).encode()

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(201 if self.command == "POST" else 200)
        self.send_header("X-Subject-Token", "service")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.TOKEN)))
        self.end_headers()
        self.wfile.write(self.TOKEN)

    do_GET = do_POST = answer

    def log_message(self, *arguments):
        pass


def etcd(index, addresses, folder):
    address = addresses[index]
    peers = ",".join(f"m{i}=http://{other}:23800" for i, other in enumerate(addresses))
    return subprocess.Popen(
        ["etcd", "--name", f"m{index}", "--data-dir", f"{folder}/m{index}", "--max-txn-ops", "8192",
         "--listen-client-urls", f"https://{address}:23790", "--advertise-client-urls", f"https://{address}:23790",
         "--listen-peer-urls", f"http://{address}:23800", "--initial-advertise-peer-urls", f"http://{address}:23800",
         "--initial-cluster", peers, "--cert-file", f"{folder}/member.pem", "--key-file", f"{folder}/member.key",
         "--trusted-ca-file", f"{folder}/authority.pem", "--client-cert-auth", "--logger", "zap", "--log-outputs",
         f"{folder}/etcd-{index}.log"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def controller(index, addresses, folder, keystone, binary):
    path = f"{folder}/controller-{index}.json"
    configuration = {
        "node_name": f"c{index}", "roles": ["neutron"], "bind_address": addresses[index],
        "store_endpoints": [f"https://{address}:23790" for address in addresses],
        "authority_file": f"{folder}/authority.pem", "certificate_file": f"{folder}/member.pem",
        "private_key_file": f"{folder}/member.key", "broker_endpoints": [], "broker_user": "", "broker_password": "",
        "keystone": {"url": keystone, "user": "bench", "password": "bench", "project": "bench", "insecure": True,
                     "user_domain": "Default", "project_domain": "Default", "authority_file": None},
        "controllers": [{"name": f"c{i}", "address": address} for i, address in enumerate(addresses)],
        "internal_vip": None, "external_vip": None, "session_key": "0" * 64, "region": "RegionOne"}
    with open(path, "w") as file:
        json.dump(configuration, file)
    return subprocess.Popen([binary, "serve", "--config", path, "--log-level", "error"], stdout=subprocess.DEVNULL)


def ready(address, processes):
    began = time.monotonic()
    while True:
        try:
            urllib.request.urlopen(f"http://{address}:{NEUTRON}/readyz", timeout=5).close()
            return
        except OSError:
            if any(process.poll() is not None for process in processes) or time.monotonic() - began > 60:
                raise SystemExit(f"the controller at {address} did not become ready")
            time.sleep(0.05)


@contextlib.contextmanager
def running(count, binary=f"{ROOT}/bin/skein"):
    """Yields the URLs of the controllers' Neutron APIs and the process ids of all members and controllers."""
    # Not 127.0.0.1: a lab forwards its ports there.
    addresses = [f"127.0.71.{index + 1}" for index in range(count)]
    processes = []
    keystone = ThreadingHTTPServer(("127.0.0.1", 0), Keystone)
    threading.Thread(target=keystone.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(dir=ROOT) as folder:
        try:
            names = ",".join(f"IP:{address}" for address in addresses)
            subprocess.run(["sh", "-c", CERTIFICATES, "sh", names], cwd=folder, check=True, capture_output=True)
            processes += [etcd(index, addresses, folder) for index in range(count)]
            url = f"http://127.0.0.1:{keystone.server_port}/v3"
            processes += [controller(index, addresses, folder, url, binary) for index in range(count)]
            for address in addresses:
                ready(address, processes)
            yield [f"http://{address}:{NEUTRON}" for address in addresses], {process.pid for process in processes}
        finally:
            for process in reversed(processes):
                process.terminate()
            for process in reversed(processes):
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            keystone.shutdown()
