# Swaps under the gate's hands, and attack 1 with and without it
# SPDX-License-Identifier: Apache-2.0
"""--swaps N downloads through nginx and the gate while the origin's file is replaced by rename,
written in place, through a hard link, through mmap, and truncated: no wrong byte may come.
--play DIR (a played drill) replays each client's fetches of the package, one address in 127/8 each,
against the upgrade server as the drill's catalogue says, with the gate and without."""
import argparse
import concurrent.futures
import csv
import datetime
import hashlib
import json
import mmap
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "app"))
from guarded import Guarded, Origin, Repository, has_programs, wait_for  # noqa: E402

SIZE = 200_000
GOOD = hashlib.sha256(b"good").digest() * (SIZE // 32)
EVIL = hashlib.sha256(b"evil").digest() * (SIZE // 32)


def swap(path, over):
    """One way after the other, there and back, until told to end."""
    second = path.with_name("second-name")
    new = path.with_name("new")

    def by_rename(data):
        new.write_bytes(data)
        new.rename(path)

    def in_place(data):
        with open(path, "r+b") as file:
            file.write(data)

    def by_link(data):
        second.unlink(missing_ok=True)
        os.link(path, second)
        with open(second, "r+b") as file:
            file.write(data)

    def by_map(data):
        with open(path, "r+b") as file, mmap.mmap(file.fileno(), len(data)) as view:
            view[:] = data

    def by_truncation(data):
        with open(path, "r+b") as file:
            file.truncate(len(data) // 2)
            file.truncate(len(data))
            file.write(data)

    while not over.is_set():
        for way in (by_rename, in_place, by_link, by_map, by_truncation):
            for data in (EVIL, GOOD):
                way(data)
                time.sleep(0.002)


def play_swaps(directory, downloads):
    repository = Repository(directory / "repository")
    repository.publish({"setup.exe": GOOD})
    tree = directory / "tree" / "packages"
    tree.mkdir(parents=True)
    (tree / "setup.exe").write_bytes(GOOD)
    guarded = Guarded(directory, repository, directory / "tree")
    kept = guarded.store / hashlib.sha256(GOOD).hexdigest()
    over, counts = threading.Event(), {"right": 0, "refused": 0, "wrong": 0}
    swapper = threading.Thread(target=swap, args=(tree / "setup.exe", over))
    swapper.start()

    def download(number):
        if number % 2 == 0:
            kept.unlink(missing_ok=True)  # fetch again, under the swapper's hands
        status, _, body = guarded.ask("/packages/setup.exe")
        return "right" if (status, body) == (200, GOOD) else \
            "refused" if status in (404, 502) and EVIL[:32] not in body else "wrong"

    try:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for outcome in pool.map(download, range(downloads)):
                counts[outcome] += 1
    finally:
        over.set()
        swapper.join()
        guarded.stop()
    caught = sum(line["reason"] in ("hash_mismatch", "length") for line in guarded.lines("refuse"))
    print(f"swaps: {downloads} downloads, {counts['right']} right, {counts['refused']} refused, "
          f"{counts['wrong']} wrong; {caught} swapped files caught")
    return counts["wrong"] == 0 and counts["right"] > 0 and caught > 0


def read_play(play):
    """[(time, what)]: what is a release, a Trojan, or a client's fetch; in order."""
    server = next(play.glob("**/catalogue.csv")).parent
    moment = datetime.datetime.fromisoformat
    released = {row["sha256"] for row in csv.DictReader(open(server / "releases.csv"))}
    events = [(moment(row["time"].replace("Z", "+00:00")), 0, row)
              for row in csv.DictReader(open(server / "catalogue.csv"))]
    logs = server.parents[1] / "var" / "log" / "nginx"
    line = re.compile(r'(\S+) \S+ \S+ \[([^]]+)\] "GET (/packages/\S+) [^"]*" 200 (\d+)')
    for log in logs.iterdir():
        for match in map(line.match, open(log)):
            if match:
                time_of = datetime.datetime.strptime(match[2], "%d/%b/%Y:%H:%M:%S %z")
                events.append((time_of, 1, (match[1], match[3], int(match[4]))))
    return sorted(events, key=lambda one: one[:2]), released


def content(row):
    """Made-up bytes for a catalogue's row; equal sizes stay equal."""
    seed = hashlib.sha256(row["sha256"].encode()).digest()
    return (seed * 400)[:4096 + int(row["size"]) % 4096]


def replay(directory, play, with_gate):
    """Clients that got a Trojan, and those who asked."""
    events, released = read_play(play)
    origin, got, asked, addresses, turns = Origin(), set(), set(), {}, {}
    repository = Repository(directory / "repository")
    repository.publish({})
    guarded = Guarded(directory, repository, origin, origin_check_seconds=1) if with_gate else None
    targets, trojans, offered = {}, set(), {}
    try:
        for _, is_fetch, what in events:
            if not is_fetch:
                data = content(what)
                offered.setdefault(int(what["size"]), []).append(data)
                name = what["path"].removeprefix("/packages/")
                origin.files[what["path"]] = data
                if what["sha256"] not in released:
                    trojans.add(data)
                    if with_gate and targets:
                        before = len(guarded.lines("refuse"))
                        wait_for(lambda: len(guarded.lines("refuse")) > before, 8)
                elif with_gate:
                    targets[name] = data
                    repository.publish(targets)
                    guarded.refresh()
                continue
            client, path, size = what
            # What the drill's server gave this client; some attacks choose whom they serve.
            data = offered.get(size, [origin.files[path]])[-1]
            held, origin.files[path] = origin.files[path], data
            # DHCP gives an address to two hosts, one after the other: each victim fetches the
            # Trojan once, so that a second time at an address is another host's.
            if data in trojans:
                turns[client] = turns.get(client, 0) + 1
                client = f"{client} #{turns[client]}"
            number = addresses.setdefault(client, len(addresses))
            source = f"127.1.{number // 250}.{number % 250 + 1}"
            body = guarded.ask(path, client=source)[2] if with_gate else fetch(origin, path, source)
            origin.files[path] = held
            asked.add(client)
            if body in trojans:
                got.add(client)
    finally:
        if guarded:
            guarded.stop()
        origin.close()
    return got, asked, guarded


def fetch(origin, path, source):
    import http.client
    connection = http.client.HTTPConnection("127.0.0.1", origin.port, 20, (source, 0))
    connection.request("GET", path)
    body = connection.getresponse().read()
    connection.close()
    return body


def play_attack(directory, play, vedette, victims):
    (directory / "open").mkdir()
    (directory / "guarded").mkdir()
    unguarded, asked, _ = replay(directory / "open", play, False)
    got, _, guarded = replay(directory / "guarded", play, True)
    run = subprocess.run([vedette, "scan", str(guarded.log), "-r", str(TOP / "rules"), "-f", "jsonl",
                          "-o", "-"], capture_output=True, text=True, check=False)
    findings = [json.loads(line) for line in run.stdout.splitlines()]
    told = [one for one in findings if "nobody signed" in one["rule"]["name"]]
    stages = {one["stage"] for one in told}
    print(f"attack 1: unguarded {len(unguarded)} of {victims}, guarded {len(got)} of {victims} got "
          f"the Trojan; {len(asked)} clients asked; finding of stage {', '.join(stages) or 'none'}")
    return len(unguarded) == victims and not got and stages == {"spread"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vedette", default=os.environ.get("VEDETTE", "vedette"))
    parser.add_argument("--swaps", type=int, default=0)
    parser.add_argument("--play", type=pathlib.Path)
    parser.add_argument("--victims", type=int, default=276)
    parser.add_argument("--out", type=pathlib.Path, help="play the drill here first")
    given = parser.parse_args()
    if not has_programs():
        print("nginx or openssl is not installed")
        return 77
    os.environ["VEDETTE"] = str(pathlib.Path(given.vedette).resolve())
    good = True
    directory = pathlib.Path(tempfile.mkdtemp(prefix="vedette-gate-"))
    try:
        if given.swaps:
            (directory / "swaps").mkdir()
            good = play_swaps(directory / "swaps", given.swaps)
        play = given.play
        if given.out:
            play = given.out / "gate-play"
            shutil.rmtree(play, ignore_errors=True)
            subprocess.run([os.environ["VEDETTE"], "drill", "play", "upgrade-server", "-o", str(play),
                            "--victims", str(given.victims), "--hosts", "320", "--noise", "low",
                            "--variant", "prompt", "--variant", "everyone"], check=True,
                           stdout=subprocess.DEVNULL,
                           env=dict(os.environ, VEDETTE_SCENARIOS=str(TOP / "scenarios")))
        if play:
            good = play_attack(directory, play, os.environ["VEDETTE"], given.victims) and good
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        if given.out:
            shutil.rmtree(given.out / "gate-play", ignore_errors=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
