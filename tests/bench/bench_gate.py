# The gate beside plain nginx: throughput and requests a second
# SPDX-License-Identifier: Apache-2.0
"""Ratios over interleaved rounds by wrk, 512 MB and 16 KB files, and the gate's memory with 1,000
connections that have begun a head. The last line is JSON. Needs nginx, wrk and openssl."""
import argparse
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "app"))
from guarded import NGINX, Guarded, Repository, free_port, has_programs, stop, wait_for  # noqa: E402

SMALL, LARGE = 16 << 10, 512 << 20


def plain_server(directory, root):
    port = free_port()
    config = directory / "plain.conf"
    user = "user root;\n" if os.getuid() == 0 else ""
    config.write_text(f"""{user}worker_processes 1;
pid {directory}/plain.pid;
error_log {directory}/plain.err;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    client_body_temp_path {directory}/p1; proxy_temp_path {directory}/p2;
    fastcgi_temp_path {directory}/p3; uwsgi_temp_path {directory}/p4; scgi_temp_path {directory}/p5;
    server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
""")
    process = subprocess.Popen([NGINX, "-c", str(config), "-g", "daemon off;", "-e",
                                f"{directory}/plain.err"])
    return process, port


def wrk(port, path, seconds, connections):
    out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s",
                          f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True,
                         check=True).stdout
    if "Non-2xx" in out:
        raise SystemExit(out)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
    amount = re.search(r"Transfer/sec:\s+([\d.]+)(\w+)", out)
    scale = {"KB": 1e3, "MB": 1e6, "GB": 1e9}[amount[2]]
    return rate, float(amount[1]) * scale


def cpu_seconds(*pids):
    """User and system time so far of processes with all their threads."""
    fields = [pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
              for pid in pids]
    return [(int(one[11]) + int(one[12])) / os.sysconf("SC_CLK_TCK") for one in fields]


def worker_of(pid):
    return int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def cpu_a_request(pids, rounds, port):
    """Microseconds that each process spends on a small file."""
    before, count = cpu_seconds(*pids), 0
    for _ in range(rounds):
        count += wrk(port, "/packages/small.bin", 1, 32)[0]
    return [(after - was) / count * 1e6 for was, after in zip(before, cpu_seconds(*pids))]


def memory(pid):
    return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def hold(path, count):
    """Connections to the gate, each with a head begun."""
    held = []
    for _ in range(count):
        one = socket.socket(socket.AF_UNIX)
        one.connect(str(path))
        one.sendall(b"GET /packages/small.bin HTTP/1.1\r\nHost: gate\r\nX-Long: " + b"a" * 4000)
        held.append(one)
    return held


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vedette", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    if not has_programs() or not shutil.which("wrk"):
        print("nginx, openssl or wrk is not installed")
        return 77
    os.environ["VEDETTE"] = str(pathlib.Path(given.vedette).resolve())
    directory = pathlib.Path(tempfile.mkdtemp(prefix="vedette-gate-"))
    tree = directory / "tree" / "packages"
    tree.mkdir(parents=True)
    files = {"small.bin": os.urandom(SMALL), "large.bin": os.urandom(1 << 20) * (LARGE >> 20)}
    for name, data in files.items():
        (tree / name).write_bytes(data)
    repository = Repository(directory / "repository")
    repository.publish(files)
    guarded, plain = Guarded(directory, repository, directory / "tree"), None
    rows = {"small": [], "large": []}
    try:
        plain, port = plain_server(directory, directory / "tree")
        wait_for(lambda: subprocess.run(["curl", "-sf", "-o", "/dev/null",
                                         f"http://127.0.0.1:{port}/packages/small.bin"],
                                        check=False).returncode == 0)
        for name in files:
            guarded.ask(f"/packages/{name}")
        for _ in range(given.rounds):
            for kind, path, seconds, connections, part in (
                    ("small", "/packages/small.bin", 2, 32, 0),
                    ("large", "/packages/large.bin", 3, 2, 1)):
                base = wrk(port, path, seconds, connections)[part]
                rows[kind].append((wrk(guarded.port, path, seconds, connections)[part] / base, base))
        cpu_plain, = cpu_a_request([worker_of(plain.pid)], given.rounds, port)
        cpu_front, cpu_gate = cpu_a_request([worker_of(guarded.nginx.pid), guarded.gate.pid],
                                            given.rounds, guarded.port)
        held = hold(directory / "gate.sock", 1000)
        mib = memory(guarded.gate.pid)
        for one in held:
            one.close()
    finally:
        if plain:
            stop(plain)
        guarded.stop()
        shutil.rmtree(directory, ignore_errors=True)
    figures = {"gate_memory": mib}
    for kind, text in (("large", "512 MB files, throughput"), ("small", "16 KB files, requests/s")):
        ratios = [one for one, _ in rows[kind]]
        figures[f"gate_{kind}"] = statistics.median(ratios)
        print(f"{text}: {statistics.median(ratios):.2f} of plain nginx ({min(ratios):.2f} to "
              f"{max(ratios):.2f}); plain {statistics.median(base for _, base in rows[kind]):.3g}"
              + (kind == "small") * f"; CPU a request: plain {cpu_plain:.0f} us, guarded nginx "
              f"{cpu_front:.0f} us and gate {cpu_gate:.0f} us")
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
