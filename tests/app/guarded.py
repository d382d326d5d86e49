# An upgrade server, its releases, the gate and nginx, for tests
# SPDX-License-Identifier: Apache-2.0
"""Signed releases made with openssl, a server that misbehaves as told, and the gate behind nginx
with the shipped configuration. The program under test is $VEDETTE."""
import datetime
import hashlib
import http.client
import http.server
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading
import time

from evidence import TOP, program

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
SECONDS_MAX = 20


def has_programs():
    return pathlib.Path(NGINX).exists() and shutil.which("openssl") is not None


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(condition, seconds=SECONDS_MAX):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


class Key:
    def __init__(self, directory, name):
        self.path = directory / f"{name}.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", self.path], check=True,
                       stderr=subprocess.DEVNULL)
        public = subprocess.run(["openssl", "pkey", "-in", self.path, "-pubout", "-outform", "DER"],
                                check=True, capture_output=True).stdout[-32:]
        self.value = {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": public.hex()}}
        self.id = hashlib.sha256(canonical(self.value)).hexdigest()

    def sign(self, data):
        path = self.path.with_suffix(".data")
        path.write_bytes(data)
        return subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.path, "-in",
                               path], check=True, capture_output=True).stdout.hex()


class Repository:
    """Metadata of one release after the other; consistent snapshots."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.metadata = self.directory / "metadata"
        self.metadata.mkdir(parents=True)
        self.keys = {role: Key(self.directory, role)
                     for role in ("root", "timestamp", "snapshot", "targets")}
        self.stranger = Key(self.directory, "stranger")
        self.version = 0
        roles = {role: {"keyids": [key.id], "threshold": 1} for role, key in self.keys.items()}
        self.root = self.sign("root", {
            "consistent_snapshot": True, "version": 1, "expires": self.end(3650 * 86400),
            "keys": {key.id: key.value for key in self.keys.values()}, "roles": roles})
        (self.metadata / "1.root.json").write_bytes(self.root)

    @staticmethod
    def end(seconds):
        now = datetime.datetime.now(datetime.timezone.utc)
        return (now + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def sign(self, role, signed, key=None):
        key = key or self.keys[role]
        signed = dict(signed, _type=role, spec_version="1.0.31")
        return canonical({"signed": signed, "signatures": [
            {"keyid": self.keys[role].id, "sig": key.sign(canonical(signed))}]})

    def publish(self, targets, seconds=86400, version=None, key=None, only_timestamp=False):
        """targets: {path: bytes}. `key` signs the timestamp instead of the right one."""
        self.version = version or self.version + 1
        number = self.version
        listed = {path: {"length": len(data), "hashes": {"sha256": hashlib.sha256(data).hexdigest()}}
                  for path, data in targets.items()}
        files = {}
        files["targets"] = self.sign("targets", {
            "version": number, "expires": self.end(365 * 86400), "targets": listed})
        files["snapshot"] = self.sign("snapshot", {
            "version": number, "expires": self.end(365 * 86400),
            "meta": {"targets.json": {"version": number}}})
        stamp = self.sign("timestamp", {
            "version": number, "expires": self.end(seconds), "meta": {"snapshot.json": {
                "version": number, "length": len(files["snapshot"]),
                "hashes": {"sha256": hashlib.sha256(files["snapshot"]).hexdigest()}}}}, key)
        for role, data in files.items():
            if not only_timestamp:
                (self.metadata / f"{number}.{role}.json").write_bytes(data)
        new = self.metadata / "timestamp.new"
        new.write_bytes(stamp)
        new.rename(self.metadata / "timestamp.json")


class Origin:
    """An upgrade server in the intruder's hands: self.files {path: bytes or function(handler)}."""

    def __init__(self):
        self.files, self.asked = {}, []
        origin = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                origin.asked.append(self.path)
                found = origin.files.get(self.path.split("?")[0])
                if callable(found):
                    found(self)
                    return
                self.send_response(404 if found is None else 200)
                self.send_header("Content-Length", str(len(found or b"")))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(found or b"")

            do_POST = do_HEAD = do_GET

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Guarded:
    """The gate and nginx before an origin (a port, or a directory)."""

    def __init__(self, directory, repository, origin, **settings):
        self.directory = pathlib.Path(directory)
        self.repository, self.origin = repository, origin
        self.port = free_port()
        self.log = self.directory / "gate.log"
        self.glass = self.directory / "break-glass"
        self.store = self.directory / "content"
        self.trusted = self.directory / "trusted"
        for path in (self.store, self.trusted):
            path.mkdir(exist_ok=True)
            path.chmod(0o755)
        (self.trusted / "root.json").write_bytes(repository.root)
        self.config = self.directory / "gate.yml"
        place = origin if isinstance(origin, (str, pathlib.Path)) else \
            f"http://127.0.0.1:{origin.port}"
        lines = [f"listen: {self.directory}/gate.sock", f"origin: {place}", f"store: {self.store}",
                 f"metadata: {repository.metadata}", f"trusted: {self.trusted}", f"log: {self.log}",
                 f"break-glass: {self.glass}", "targets-at: /packages/",
                 "paths:", "  - /packages/**: artifact", "  - /metadata/*.json: metadata",
                 "  - /client/check: api"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in settings.items()]
        self.config.write_text("\n".join(lines) + "\n")
        self.errors = open(self.directory / "gate.err", "ab")
        self.gate = self.nginx = None
        try:
            self.start_gate()
            self.start_nginx()
        except AssertionError:
            self.stop()
            raise

    def start_gate(self):
        self.gate = subprocess.Popen([program(), "guard", "gate", "--config", str(self.config)],
                                     stdout=self.errors, stderr=self.errors)
        if not wait_for(lambda: self.lines("metadata") or (self.gate.poll() is not None)):
            raise AssertionError("the gate did not refresh")
        if self.gate.poll() is not None:
            raise AssertionError((self.directory / "gate.err").read_text())

    def start_nginx(self):
        """The shipped configuration; only places are others."""
        port = getattr(self.origin, "port", 9)
        shipped = (TOP / "packaging/nginx/vedette-gate.conf").read_text()
        for old, new in (("/run/vedette/gate.sock", f"{self.directory}/gate.sock"),
                         ("10.0.0.5:8080", f"127.0.0.1:{port}"),
                         ("listen 80;", f"listen 127.0.0.1:{self.port};"),
                         ("/var/lib/vedette/content", f"{self.store}")):
            assert old in shipped
            shipped = shipped.replace(old, new)
        paths = "".join(f"    {name}_temp_path {self.directory}/{name};\n"
                        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        user = "user root;\n" if os.getuid() == 0 else ""
        config = self.directory / "nginx.conf"
        config.write_text(f"{user}worker_processes 1;\npid {self.directory}/nginx.pid;\n"
                          f"error_log {self.directory}/nginx.err;\n"
                          "events { worker_connections 4096; }\n"
                          f"http {{\n    access_log off;\n{paths}{shipped}}}\n")
        self.nginx = subprocess.Popen([NGINX, "-c", str(config), "-g", "daemon off;", "-e",
                                       f"{self.directory}/nginx.err"])
        if not wait_for(self.answers):
            raise AssertionError((self.directory / "nginx.err").read_text())

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def ask(self, target, method="GET", headers=None, client=None, body=None):
        """(status, headers, body); the target goes out as it is."""
        source = (client, 0) if client else None
        connection = http.client.HTTPConnection("127.0.0.1", self.port, SECONDS_MAX, source)
        try:
            connection.putrequest(method, target, skip_host=False, skip_accept_encoding=True)
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def lines(self, decision=None):
        if not self.log.exists():
            return []
        found = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [one for one in found if decision in (None, one["decision"])]

    def refresh(self):
        """Have the gate look at its metadata now, and wait until it has said so."""
        before = len(self.lines("metadata"))
        self.gate.send_signal(signal.SIGHUP)
        return wait_for(lambda: len(self.lines("metadata")) > before, 5)

    def stop(self):
        for process in (self.nginx, self.gate):
            if process:
                stop(process)
        self.errors.close()
