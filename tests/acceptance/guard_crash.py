#!/usr/bin/env python3
# kill -9 and full disks over publish and log append
# SPDX-License-Identifier: Apache-2.0
"""Each round changes the guarded directory, signs, and stops `guard publish` or `guard log append`
somewhere: by SIGKILL after a random time, by a file size limit, or (root only) on a full tmpfs.
After each: what is published verifies for a client, the ledger continues what was seen before, no
entry that was acknowledged is gone, and the next try goes through. The ledger is read by Python's
own Merkle tree, not by the program under test."""
import argparse
import base64
import hashlib
import json
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

FULL_BYTES = 32 << 20  # the tmpfs: each round leaves some files of at least a page


def sha256(data):
    return hashlib.sha256(data).digest()


def merkle_root(leaves):
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha256(b"\x01" + merkle_root(leaves[:half]) + merkle_root(leaves[half:]))


def tile_name(index, width):
    parts = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        parts.insert(0, f"x{index % 1000:03d}")
    return "/".join(parts) + (f".p/{width}" if width < 256 else "")


def read_ledger(directory):
    """The entries that the checkpoint stands for; its root is checked."""
    lines = (directory / "checkpoint").read_text().split("\n")
    size, root = int(lines[1]), base64.b64decode(lines[2])
    entries = []
    for index in range((size + 255) // 256):
        width = min(256, size - index * 256)
        data = (directory / "tile" / "entries" / tile_name(index, width)).read_bytes()
        for _ in range(width):
            length = int.from_bytes(data[:2], "big")
            entries.append(data[2:2 + length])
            data = data[2 + length:]
    leaves = [sha256(b"\x00" + entry) for entry in entries]
    if merkle_root(leaves) != root:
        raise AssertionError("the tiles are not those of the checkpoint")
    for index in range((size + 255) // 256):
        width = min(256, size - index * 256)
        tile = (directory / "tile" / "0" / tile_name(index, width)).read_bytes()
        if tile != b"".join(leaves[index * 256:index * 256 + width]):
            raise AssertionError("a tile does not hold its leaves")
    return entries


class World:
    def __init__(self, vedette, top, dice, tmpfs):
        self.vedette, self.top, self.dice, self.tmpfs = vedette, top, dice, tmpfs
        self.content, self.repository = top / "content", top / "disk" / "repository"
        self.content.mkdir()
        (top / "disk").mkdir()
        if tmpfs:
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={FULL_BYTES}", "tmpfs",
                            str(top / "disk")], check=True)
        for n in range(3):
            self.put(n)
        self.call("init", self.repository, self.content)
        self.call("key", top / "a.key", top / "b.key", "--no-passphrase", "--repository",
                  self.repository)
        self.release(range(3))
        start = time.monotonic()
        self.call("publish", self.repository)
        self.seconds = time.monotonic() - start
        self.call("client", "init", self.repository / "public/metadata/1.root.json", "-m",
                  top / "trusted")
        self.entries = read_ledger(self.ledger)
        self.done = {"finished": 0, "stopped": 0}

    @property
    def ledger(self):
        return self.repository / "public" / "ledger"

    def put(self, n):
        (self.content / f"package-{n}.msi").write_bytes(self.dice.randbytes(300))

    def call(self, *words, status=0, **options):
        run = subprocess.run([self.vedette, "guard", *map(str, words)], capture_output=True,
                             check=False, **options)
        if status is not None and run.returncode != status:
            raise AssertionError(f"guard {' '.join(map(str, words))}: exit {run.returncode}\n"
                                 f"{run.stdout.decode()}{run.stderr.decode()}")
        return run

    def release(self, numbers):
        names = [f"package-{n}.msi" for n in numbers]
        self.call("add", self.repository, *names)
        self.call("sign", self.repository, "--yes", "--key", self.top / "a.key", "--key",
                  self.top / "b.key")

    def stop_killed(self, words):
        """SIGKILL somewhere in the time that it takes."""
        run = subprocess.Popen([self.vedette, "guard", *map(str, words)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(self.dice.random() * self.seconds * 1.2)
        run.send_signal(signal.SIGKILL)
        return run.wait()

    def stop_limited(self, words):
        """No file may grow beyond some size."""
        limit = self.dice.randrange(4000)

        def prepare():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        return self.call(*words, status=None, preexec_fn=prepare).returncode

    def stop_full(self, words):
        """Little is left of the disk."""
        filler = self.top / "disk" / "filler"
        free = shutil.disk_usage(self.top / "disk").free
        filler.write_bytes(bytes(max(0, free - self.dice.randrange(0, 40000, 4096))))
        code = self.call(*words, status=None).returncode
        filler.unlink()
        return code

    def stop(self, words):
        ways = [self.stop_killed, self.stop_killed, self.stop_limited]
        code = self.dice.choice(ways + [self.stop_full] * (2 if self.tmpfs else 0))(words)
        self.done["finished" if code == 0 else "stopped"] += 1
        return code

    def check(self):
        """What clients see is whole, and nothing that was there is gone."""
        entries = read_ledger(self.ledger)
        if entries[:len(self.entries)] != self.entries:
            raise AssertionError("an entry is lost or changed")
        self.entries = entries
        self.call("log", "consistency", self.repository, "--from", "0", "--memory",
                  self.top / "seen")
        self.call("client", "refresh", "-m", self.top / "trusted", "-u",
                  self.repository / "public" / "metadata")
        self.call("status", self.repository, status=None)

    def check_releases(self):
        """Each target that is published stands in the ledger, once."""
        metadata = self.repository / "public" / "metadata"
        newest = max(metadata.glob("*.targets.json"), key=lambda path: int(path.name.split(".")[0]))
        listed = json.loads(newest.read_text())["signed"]["targets"]
        told = [(one["path"], one["sha256"]) for one in
                (json.loads(entry) for entry in self.entries if entry.startswith(b"{"))
                if one["kind"] == "release"]
        for path, target in listed.items():
            if told.count((path, target["hashes"]["sha256"])) != 1:
                raise AssertionError(f"{path} is in the ledger "
                                     f"{told.count((path, target['hashes']['sha256']))} times")

    def round_publish(self):
        numbers = [self.dice.randrange(6) for _ in range(self.dice.randrange(1, 3))]
        for n in numbers:
            self.put(n)
        self.release(numbers)
        for _ in range(self.dice.randrange(1, 4)):
            self.stop(["publish", self.repository])
            self.check()
        self.call("publish", self.repository)
        self.check()
        self.check_releases()

    def round_append(self):
        entry = self.top / "entry"
        entry.write_bytes(b"entry " + self.dice.randbytes(self.dice.randrange(1, 500)).hex().encode())
        count = self.dice.choice([1, 3, 300])
        before = len(self.entries)
        code = self.stop(["log", "append", self.repository, *[entry] * count])
        self.check()
        if len(self.entries) - before not in ((count,) if code == 0 else (0, count)):
            raise AssertionError("half of what was appended is there")

    def close(self):
        if self.tmpfs:
            subprocess.run(["umount", str(self.top / "disk")], check=False)


def can_mount(top):
    place = top / "try"
    place.mkdir()
    run = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)],
                         capture_output=True, check=False)
    if run.returncode == 0:
        subprocess.run(["umount", str(place)], check=True)
    return run.returncode == 0


def run_rounds(vedette, rounds, seed, with_mount=True):
    """{finished, stopped, entries}; AssertionError when something was lost."""
    with tempfile.TemporaryDirectory(prefix="vedette-crash-") as name:
        top = pathlib.Path(name)
        tmpfs = with_mount and can_mount(top)
        world = World(vedette, top, random.Random(seed), tmpfs)
        try:
            for n in range(rounds):
                world.round_append() if n % 3 == 2 and len(world.entries) < 2000 \
                    else world.round_publish()
            return dict(world.done, entries=len(world.entries), tmpfs=tmpfs)
        finally:
            world.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vedette", required=True)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    told = run_rounds(arguments.vedette, arguments.rounds, arguments.seed)
    print(f"{arguments.rounds} rounds, {told['stopped']} runs stopped in the middle, "
          f"{told['finished']} finished, {told['entries']} entries, none lost"
          f"{'' if told['tmpfs'] else ' (no tmpfs: full disks by size limits only)'}")


if __name__ == "__main__":
    sys.exit(main())
