# The gate asks the ledger: signed is not enough
# SPDX-License-Identifier: Apache-2.0
import functools
import http.server
import pathlib
import shutil
import subprocess
import tempfile
import threading
import types
import unittest

from evidence import program
from guarded import Guarded, Origin, has_programs


class Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@unittest.skipUnless(has_programs(), "nginx or openssl is not installed")
class GateLedger(unittest.TestCase):
    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="vedette-gate-ledger-"))
        self.addCleanup(shutil.rmtree, self.top, True)
        (self.top / "upgrade").mkdir()
        self.origin = Origin()
        self.addCleanup(self.origin.close)
        self.package("setup.exe", b"the first release")
        self.guard("init", "repo", "upgrade")
        self.guard("key", "a.key", "--no-passphrase", "--repository", "repo")
        self.release("setup.exe")
        self.public = self.top / "repo" / "public"
        shutil.copytree(self.public / "ledger", self.top / "ledger")
        where = types.SimpleNamespace(metadata=self.public / "metadata", root=(
            self.public / "metadata" / "1.root.json").read_bytes())
        self.guarded = Guarded(self.top, where, self.origin, ledger=self.ledger_place())
        self.addCleanup(self.guarded.stop)

    def ledger_place(self):
        return self.top / "ledger"

    def guard(self, *words):
        subprocess.run([program(), "guard", *words], cwd=self.top, check=True,
                       stdout=subprocess.DEVNULL)

    def package(self, name, data):
        (self.top / "upgrade" / name).write_bytes(data)
        self.origin.files[f"/packages/{name}"] = data

    def release(self, name):
        self.guard("add", "repo", name)
        self.guard("sign", "repo", "--yes", "--key", "a.key")
        self.guard("publish", "repo")

    def take_ledger(self, source=None):
        shutil.rmtree(self.top / "ledger")
        shutil.copytree(source or self.public / "ledger", self.top / "ledger")

    def test_logged_passes_with_its_place(self):
        status, _, body = self.guarded.ask("/packages/setup.exe")
        self.assertEqual((status, body), (200, b"the first release"))
        self.assertEqual(self.guarded.lines("allow")[-1]["tlog_index"], 0)

    def test_signed_but_not_logged_is_refused(self):
        """The ledger that the gate can see does not have the new release."""
        self.package("new.exe", b"signed, and nobody was told")
        self.release("new.exe")
        self.guarded.refresh()
        status, headers, body = self.guarded.ask("/packages/new.exe")
        self.assertEqual((status, headers.get("X-Vedette-Refused")), (503, "not_logged"))
        self.assertEqual(self.guarded.ask("/packages/setup.exe")[0], 200)
        self.package("more.exe", b"the next one")
        self.release("more.exe")
        self.take_ledger()
        self.guarded.refresh()
        self.assertEqual(self.guarded.ask("/packages/new.exe")[0], 200)
        self.assertEqual(self.guarded.lines("allow")[-1]["tlog_index"], 1)

    def test_forked_ledger_is_refused(self):
        """Another history under the same key: refused, and both checkpoints are kept."""
        shutil.copytree(self.top / "repo", self.top / "other")
        (self.top / "entry").write_bytes(b"another history")
        self.guard("log", "append", "other", "entry")
        self.package("new.exe", b"new")
        self.release("new.exe")
        self.take_ledger()
        self.guarded.refresh()
        self.assertEqual(self.guarded.ask("/packages/new.exe")[0], 200)
        self.package("evil.exe", b"evil")
        self.release("evil.exe")
        self.take_ledger(self.top / "other" / "public" / "ledger")
        self.guarded.refresh()
        self.assertEqual(self.guarded.ask("/packages/evil.exe")[0], 503)
        self.assertEqual(len(list(self.guarded.trusted.glob("ledger-checkpoint.fork-*"))), 1)


class GateLedgerByHttp(GateLedger):
    def ledger_place(self):
        handler = functools.partial(Silent, directory=str(self.top))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/ledger"


if __name__ == "__main__":
    unittest.main()
