# guard client through the gate: names by hash, broken downloads
# SPDX-License-Identifier: Apache-2.0
import hashlib
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import unittest

from evidence import program
from guarded import Guarded, Origin, Repository, has_programs, wait_for

SIZE = 3 << 20
SIGNED = random.Random(1).randbytes(SIZE)
NEXT = random.Random(2).randbytes(SIZE)
HALF = SIZE // 2


class Wire:
    """Between client and server: the first answer longer than HALF ends there, or stays there."""

    def __init__(self, port, ends):
        self.server_port, self.ends, self.over = port, ends, threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.carry, args=(client,), daemon=True).start()

    def carry(self, client):
        server = socket.create_connection(("127.0.0.1", self.server_port))
        threading.Thread(target=self.carry_requests, args=(client, server), daemon=True).start()
        carried = 0
        while piece := server.recv(65536):
            if carried + len(piece) > HALF:
                client.sendall(piece[:HALF - carried])
                self.ends or self.over.wait(20)
                break
            client.sendall(piece)
            carried += len(piece)
        client.shutdown(socket.SHUT_RDWR)
        server.close()

    @staticmethod
    def carry_requests(client, server):
        try:
            while piece := client.recv(65536):
                server.sendall(piece)
        except OSError:
            pass

    def close(self):
        self.over.set()
        self.listener.close()


@unittest.skipUnless(has_programs(), "nginx or openssl is not installed")
class Downloads(unittest.TestCase):
    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="vedette-gate-"))
        self.addCleanup(shutil.rmtree, self.top, True)
        self.repository = Repository(self.top / "repository")
        self.repository.publish({"new/setup.exe": SIGNED})
        self.origin = Origin()
        self.addCleanup(self.origin.close)
        self.origin.files = {"/packages/new/setup.exe": SIGNED}
        self.guarded = Guarded(self.top, self.repository, self.origin)
        self.addCleanup(self.guarded.stop)
        self.into = self.top / "into"
        self.into.mkdir()
        self.kept = self.into / "new%2Fsetup.exe"
        self.part = self.into / ".new%2Fsetup.exe.part"
        root = self.top / "shipped-root.json"
        root.write_bytes(self.repository.root)
        subprocess.run([program(), "guard", "client", "init", root, "-m", self.top / "memory"],
                       check=True, stdout=subprocess.DEVNULL)

    def words(self, port):
        """All through the gate; the files at `port`."""
        return [program(), "guard", "client", "download", "new/setup.exe", "-m",
                self.top / "memory", "-u", f"http://127.0.0.1:{self.guarded.port}/metadata/", "-t",
                f"http://127.0.0.1:{port}/packages/", "-o", self.into]

    def download(self, port, status=0):
        run = subprocess.run(self.words(port), capture_output=True, text=True, check=False,
                             timeout=30)
        self.assertEqual(run.returncode, status, run.stdout + run.stderr)
        return run.stderr

    def wire(self, ends):
        wire = Wire(self.guarded.port, ends)
        self.addCleanup(wire.close)
        return wire.port

    def last(self):
        return self.guarded.lines("allow")[-1]

    def test_a_name_by_hash_is_the_targets(self):
        self.download(self.guarded.port)
        self.assertEqual(self.kept.read_bytes(), SIGNED)
        digest = hashlib.sha256(SIGNED).hexdigest()
        self.assertEqual((self.last()["target"], self.last()["norm_path"]),
                         ("new/setup.exe", f"/packages/new/{digest}.setup.exe"))
        # First as asked for, then as a server has it that knows no such names; then never more.
        self.assertEqual([path for path in self.origin.asked if "setup" in path],
                         [f"/packages/new/{digest}.setup.exe", "/packages/new/setup.exe"])
        self.assertEqual(self.guarded.ask("/packages/new/setup.exe")[2], SIGNED)
        for other in (hashlib.sha256(NEXT).hexdigest(), digest.upper(), digest[:-1], f"{digest}."):
            self.assertEqual(self.guarded.ask(f"/packages/new/{other}.setup.exe")[0], 403, other)

    def test_goes_on_after_a_cut(self):
        self.download(self.wire(ends=True), status=4)
        size = self.part.stat().st_size
        self.assertTrue(0 < size < HALF and not self.kept.exists())
        self.download(self.guarded.port)
        self.assertEqual(self.last()["range"], f"bytes={size}-")
        self.assertEqual(self.kept.read_bytes(), SIGNED)
        self.assertFalse(self.part.exists())

    def test_goes_on_after_a_kill(self):
        run = subprocess.Popen(self.words(self.wire(ends=False)), stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
        wait_for(lambda: self.part.exists() and self.part.stat().st_size > HALF // 2)
        run.send_signal(signal.SIGKILL)
        run.wait()
        size = self.part.stat().st_size
        self.assertTrue(HALF // 2 < size < HALF and not self.kept.exists())
        self.download(self.guarded.port)
        self.assertEqual(self.last()["range"], f"bytes={size}-")
        self.assertEqual(self.kept.read_bytes(), SIGNED)

    def test_a_part_of_other_bytes_is_begun_anew(self):
        self.part.write_bytes(SIGNED[:1000] + b"Trojan" + SIGNED[1006:HALF])
        self.part.chmod(0o600)
        self.download(self.guarded.port)
        self.assertEqual([line.get("range") for line in self.guarded.lines("allow")][-2:],
                         [f"bytes={HALF}-", None])
        self.assertEqual(self.kept.read_bytes(), SIGNED)

    def test_a_release_between_the_halves(self):
        self.download(self.wire(ends=True), status=4)
        self.repository.publish({"new/setup.exe": NEXT})
        self.origin.files["/packages/new/setup.exe"] = NEXT
        self.assertTrue(self.guarded.refresh())
        self.download(self.guarded.port)
        self.assertEqual(self.kept.read_bytes(), NEXT)


if __name__ == "__main__":
    unittest.main()
