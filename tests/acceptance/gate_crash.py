#!/usr/bin/env python3
# kill -9, full disks and damage over the gate's store
# SPDX-License-Identifier: Apache-2.0
"""Each round has clients ask nginx and the gate for releases, some new and some in pieces, while
the gate is killed, may not write beyond some file size, or (root only) finds its disk full: store,
log, trusted metadata and socket lie on one small tmpfs. Between rounds the store and the log are
damaged as by a disk that lied. Whatever comes as 200 or 206 has the right bytes and stands in the
log with its hash; no round leaves a file under a name that is not its hash; with room again the
gate serves everything without being restarted; and after a restart everything is healed."""
import argparse
import concurrent.futures
import hashlib
import http.client
import itertools
import json
import math
import os
import pathlib
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "tests" / "app"), str(TOP / "tests" / "acceptance")]
from evidence import program  # noqa: E402
from guard_crash import can_mount  # noqa: E402
from guarded import Guarded, Origin, Repository, has_programs, wait_for  # noqa: E402

FULL_BYTES = 24 << 20  # the tmpfs
SIZES = (1, 4096, 70_000, 300_000, 1 << 20)
UNLIMITED = resource.RLIM_INFINITY
REFUSED = (502, 503)  # nginx itself says 502 while there is no gate


class CrashGate(Guarded):
    """A gate that may die while it starts, and whose log may be torn."""

    def start_gate(self):
        end = time.monotonic() + 10
        while not self.try_start():
            if time.monotonic() > end:
                raise AssertionError((self.directory / "gate.err").read_text())
            time.sleep(0.02)

    def try_start(self):
        self.gate = subprocess.Popen(
            [program(), "guard", "gate", "--config", str(self.config)], stdout=self.errors,
            stderr=self.errors,
            preexec_fn=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
        return wait_for(self.listens) and self.gate.poll() is None

    def listens(self):
        if self.gate.poll() is not None:
            return True
        with socket.socket(socket.AF_UNIX) as one:
            return one.connect_ex(str(self.directory / "gate.sock")) == 0

    def read_log(self):
        """Its lines, and how many are torn."""
        lines, torn = [], 0
        for line in self.log.read_bytes().split(b"\n"):
            try:
                lines += [json.loads(line)] if line else []
            except ValueError:
                torn += 1
        return lines, torn


class World:
    def __init__(self, top, dice, tmpfs):
        self.top, self.dice, self.tmpfs = top, dice, tmpfs
        self.disk = top / "disk"
        self.disk.mkdir()
        if tmpfs:
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={FULL_BYTES},mode=755", "tmpfs",
                            str(self.disk)], check=True)
        self.guarded = self.origin = None
        self.repository = Repository(top / "repository")
        self.origin = Origin()
        self.origin.server.handle_error = lambda *words: None  # the gate goes away in the middle
        self.files, self.ever, self.damaged, self.tears = {}, {}, set(), 0
        self.numbers = itertools.count()
        self.counts = {"right": 0, "refused": 0, "killed": 0, "full": 0, "limited": 0, "damaged": 0}
        self.release(len(SIZES))
        self.guarded = CrashGate(self.disk, self.repository, self.origin, refresh_seconds=1)

    def close(self):
        if self.guarded:
            self.guarded.stop()
        self.origin.close()
        if self.tmpfs:
            subprocess.run(["umount", "-l", str(self.disk)], check=False)

    def release(self, count):
        """New bytes for some files; what the origin offers drips, so that fills take a while."""
        for number in self.dice.sample(range(len(SIZES)), count):
            data = self.dice.randbytes(SIZES[number])
            self.files[f"file-{number}.bin"] = data
            self.origin.files[f"/packages/file-{number}.bin"] = self.dripper(data)
            self.ever.setdefault(f"file-{number}.bin", []).append(data)
        self.repository.publish(self.files)

    def dripper(self, data):
        pause = self.dice.random() * 0.02

        def answer(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(data)))
            handler.end_headers()
            try:
                for at in range(0, len(data), 128 << 10):
                    handler.wfile.write(data[at:at + (128 << 10)])
                    time.sleep(pause)
            except OSError:
                handler.close_connection = True
        return answer

    def ask(self, name, extent=None):
        """A status and, when it is 200 or 206, bytes that were signed some time; None: cut off."""
        target = f"/packages/{name}?n={next(self.numbers)}"
        headers = {"Range": f"bytes={extent[0]}-{extent[1]}"} if extent else {}
        try:
            status, told, body = self.guarded.ask(target, headers=headers)
        except (OSError, http.client.HTTPException):
            return target, None, b""
        if status in (200, 206):
            at, end = extent if status == 206 else (0, len(self.files[name]) - 1)
            good = [data for data in self.ever[name] if data[at:end + 1] == body]
            digest = told["ETag"].strip('"')
            if digest not in [hashlib.sha256(data).hexdigest() for data in good]:
                raise AssertionError(f"{target}: {len(body)} wrong bytes")
            return target, status, digest
        if status not in REFUSED:
            raise AssertionError(f"{target}: {status} {body[:200]}")
        return target, status, b""

    def ask_some(self):
        name = self.dice.choice(list(self.files))
        size = len(self.files[name])
        at = self.dice.randrange(size)
        return name, (at, self.dice.randrange(at, size)) if self.dice.random() < 0.3 else None

    def settle(self, answers):
        """What was handed out is told in the log."""
        lines, torn = self.guarded.read_log()
        if torn > self.tears:
            raise AssertionError(f"{torn} lines of the log are torn, not {self.tears} at most")
        told = {line["raw_uri"]: line.get("sha256_served") for line in lines
                if line["decision"] == "allow"}
        for target, status, digest in answers:
            good = status in (200, 206)
            if good and told.get(target) != digest:
                raise AssertionError(f"{target} was served, the log says {told.get(target)}")
            self.counts["right" if good else "refused"] += 1

    def hashes(self):
        return {hashlib.sha256(data).hexdigest() for data in self.files.values()}

    def check_store(self):
        """Names are hashes of bytes, and nothing else is there; what was damaged here and nobody
        asks for any more stays as it is."""
        for path in self.guarded.store.iterdir():
            if path.name in self.damaged and path.name not in self.hashes():
                continue
            if path.is_symlink() or not path.is_file() or \
                    hashlib.sha256(path.read_bytes()).hexdigest() != path.name:
                raise AssertionError(f"the store holds {path.name} with other bytes")

    def check_whole(self):
        """Everything is served, now."""
        answers = []
        for name, data in self.files.items():
            def served(name=name, data=data):
                answers.append(self.ask(name))
                return answers[-1][2] == hashlib.sha256(data).hexdigest()
            if not wait_for(served, 10):
                raise AssertionError(f"{name} is not served: {answers[-1]}")
        self.settle(answers)
        self.check_store()

    # Ways to stop the gate in the middle; each leaves it running again, or with room again.

    def stop_killed(self):
        time.sleep(self.dice.random() * 0.08)
        self.guarded.gate.kill()
        self.guarded.gate.wait()
        self.tears += 1  # a write may be stopped between two pages
        self.counts["killed"] += 1
        return True

    def stop_limited(self):
        """No file, the log neither, may grow beyond some size."""
        limit = self.dice.choice([self.dice.randrange(1 << 20),
                                  self.guarded.log.stat().st_size + self.dice.randrange(2000)])
        resource.prlimit(self.guarded.gate.pid, resource.RLIMIT_FSIZE, (limit, UNLIMITED))
        time.sleep(self.dice.random() * 0.08)
        self.tears = math.inf
        self.counts["limited"] += 1
        return False

    def stop_full(self):
        filler = self.disk / "filler"
        room = self.dice.choice([0, 0, 4096, 200_000, 1 << 20])
        with open(filler, "wb", buffering=0) as file:
            try:
                for _ in range(FULL_BYTES >> 12):
                    file.write(bytes(4096))
            except OSError:
                pass
            os.ftruncate(file.fileno(), max(0, os.fstat(file.fileno()).st_size - room))
        time.sleep(self.dice.random() * 0.08)
        self.tears = math.inf
        self.counts["full"] += 1
        return False

    def give_room(self):
        (self.disk / "filler").unlink(missing_ok=True)
        if self.guarded.gate.poll() is None:
            resource.prlimit(self.guarded.gate.pid, resource.RLIMIT_FSIZE, (UNLIMITED, UNLIMITED))

    def damage(self):
        """What a disk that lied may have made of a file, and of the log's last line."""
        names = sorted(path for path in self.guarded.store.iterdir())
        for path in self.dice.sample(names, min(len(names), self.dice.randrange(3))):
            data = path.read_bytes()
            half = self.dice.randrange(len(data))
            ways = [data[:half], data[:half] + bytes(len(data) - half), b"", data + b"more",
                    data[:half] + bytes([data[half] ^ 1]) + data[half + 1:]]
            path.unlink()
            if self.dice.random() < 0.2:
                path.symlink_to("/etc/hostname")
            else:
                path.write_bytes(self.dice.choice([way for way in ways if way != data]))
                path.chmod(0o444)
            self.damaged.add(path.name)
            self.counts["damaged"] += 1
        if self.dice.random() < 0.3:
            with open(self.guarded.log, "ab") as log:
                log.write(b'{"ts":"2026-11-22T10:00')
            self.tears += 1

    def sweep(self):
        """Room for new releases: nobody asks for the old bytes. A gate that runs notices."""
        keep = self.hashes()
        for path in self.guarded.store.iterdir():
            if path.name not in keep:
                path.unlink()
        self.damaged.clear()
        for name, data in self.files.items():
            self.ever[name] = [data]
            if self.dice.random() < 0.3:
                (self.guarded.store / hashlib.sha256(data).hexdigest()).unlink(missing_ok=True)

    def round(self, pool):
        if self.dice.random() < 0.5:
            self.release(self.dice.randrange(1, 4))
        asked = [pool.submit(self.ask, *self.ask_some()) for _ in range(12)]
        ways = [self.stop_killed, self.stop_limited] + [self.stop_full] * self.tmpfs
        dead = self.dice.choice(ways)()
        asked += [pool.submit(self.ask, *self.ask_some()) for _ in range(4)]
        self.settle([one.result() for one in asked])
        self.check_store()
        if not dead:
            self.give_room()
            if self.guarded.gate.poll() is not None:
                raise AssertionError(f"the gate ended: {self.guarded.gate.poll()}")
            self.check_whole()
            self.tears = self.guarded.read_log()[1]
            if self.dice.random() < 0.5:
                return self.sweep()
            self.stop_killed()
        self.damage()
        self.guarded.start_gate()
        self.check_whole()
        return self.sweep()


def run_rounds(rounds, seed, with_mount=True):
    """Counts of what happened; AssertionError when something was wrong."""
    with tempfile.TemporaryDirectory(prefix="vedette-crash-") as name:
        top = pathlib.Path(name)
        os.chmod(top, 0o755)  # nginx's workers read the store
        tmpfs = with_mount and can_mount(top)
        world = World(top, random.Random(seed), tmpfs)
        try:
            with concurrent.futures.ThreadPoolExecutor(6) as pool:
                for number in range(rounds):
                    try:
                        world.round(pool)
                    except AssertionError as error:
                        raise AssertionError(f"round {number}: {error}") from error
            return dict(world.counts, tmpfs=tmpfs)
        finally:
            world.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vedette", required=True)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if not has_programs():
        print("nginx or openssl is not installed")
        return 77
    os.environ["VEDETTE"] = str(pathlib.Path(arguments.vedette).resolve())
    told = run_rounds(arguments.rounds, arguments.seed)
    print(f"{arguments.rounds} rounds: {told['killed']} killed, {told['full']} with a full disk, "
          f"{told['limited']} with a size limit, {told['damaged']} files damaged; {told['right']} "
          f"answers right, {told['refused']} refused, 0 wrong"
          f"{'' if told['tmpfs'] else ' (no tmpfs: full disks by size limits only)'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
