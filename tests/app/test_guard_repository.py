# The release owners' side of the guard, as its users would
# SPDX-License-Identifier: Apache-2.0
import hashlib
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import sys
import tempfile
import time

from evidence import TOP, EvidenceCase, program

sys.path.insert(0, str(TOP / "tests" / "acceptance"))
import guard_crash  # noqa: E402

PASSPHRASE = "correct horse battery"


def readme_commands():
    """The five commands of the README, as they stand there."""
    text = (TOP / "README.md").read_text()
    block = re.search(r"five commands.*?```sh\n(.*?)```", text, re.S | re.I)
    return [line.split("#")[0].strip() for line in block[1].splitlines() if line.strip()]


FOUND = {}  # what GuardCase.found has made, by its arguments
FOUND_IN = None


def setUpModule():
    """Everything is synced to the disk, many times: memory is quicker."""
    global FOUND_IN
    if os.access("/dev/shm", os.W_OK):
        tempfile.tempdir = "/dev/shm"
    FOUND_IN = tempfile.TemporaryDirectory(prefix="vedette-found-")


def tearDownModule():
    FOUND.clear()
    FOUND_IN.cleanup()
    tempfile.tempdir = None


class GuardCase(EvidenceCase):
    def setUp(self):
        super().setUp()
        self.content, self.repository = self.top / "upgrade", self.top / "repo"
        self.content.mkdir()
        self.metadata = self.repository / "public" / "metadata"

    def package(self, name, data=None):
        path = self.content / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"package {name}".encode() if data is None else data)
        return path

    def guard(self, *words, status=0, **options):
        run = self.call("guard", *words, status=status, **options)
        return run.stdout.decode() + run.stderr.decode()

    def keys(self, *names):
        return [word for name in names for word in ("--key", self.top / f"{name}.key")]

    def found(self, owners=("alice", "bob", "carol"), names=("a.msi", "d/b.msi")):
        """A repository with owners, and its first release: made once, then copied."""
        if (owners, names) not in FOUND:
            self.make(owners, names)
            FOUND[owners, names] = kept = pathlib.Path(tempfile.mkdtemp(dir=FOUND_IN.name))
            shutil.copytree(self.top, kept, dirs_exist_ok=True)
            (kept / "top").write_text(str(self.top))
            return
        kept = FOUND[owners, names]
        shutil.copytree(kept, self.top, dirs_exist_ok=True)
        settings = self.repository / "repository.json"
        settings.write_text(settings.read_text().replace((kept / "top").read_text(),
                                                         str(self.top)))

    def make(self, owners, names):
        for name in names:
            self.package(name)
        self.guard("init", "repo", "upgrade", "--ledger-name", "example.com/updates")
        self.guard("key", *[f"{owner}.key" for owner in owners], "--no-passphrase",
                   "--repository", "repo")
        self.guard("add", "repo", *names)
        self.sign(*owners[:len(owners) // 2 + 1])
        self.guard("publish", "repo")

    def sign(self, *owners, repository="repo", status=0):
        return self.guard("sign", repository, "--yes", *self.keys(*owners), status=status)

    def trust(self):
        self.guard("client", "init", self.metadata / "1.root.json", "-m", "trusted")

    def refresh(self, status=0):
        return self.guard("client", "refresh", "-m", "trusted", "-u", self.metadata, status=status)

    def targets(self, version):
        return json.loads((self.metadata / f"{version}.targets.json").read_text())[
            "signed"]["targets"]


class FiveCommands(GuardCase):
    def type_in(self, command):
        """Run a command on a terminal of its own; answer what it asks. (output, exit status)"""
        environment = {key: value for key, value in self.environment.items()}
        environment["PATH"] = f"{self.top}:{environment['PATH']}"
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.top)
            os.execvpe("sh", ["sh", "-c", command], environment)
        said, answered, end = b"", 0, time.monotonic() + 60
        while time.monotonic() < end:
            if not select.select([terminal], [], [], 0.5)[0]:
                continue
            try:
                piece = os.read(terminal, 4096)
            except OSError:
                break
            if not piece:
                break
            said += piece
            asked = re.findall(rb"Passphrase of [^\r\n]*: |And again: |Type yes: ", said)
            for question in asked[answered:]:
                os.write(terminal, b"yes\n" if b"yes" in question
                         else PASSPHRASE.encode() + b"\n")
            answered = len(asked)
        else:
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        os.close(terminal)
        return said.decode(), os.waitstatus_to_exitcode(status)

    def test_readme(self):
        """From nothing to a guarded directory, with exactly the README's words."""
        (self.top / "vedette").symlink_to(pathlib.Path(program()).resolve())
        backup = self.top / "backup"
        for name in ("a.msi", "d/b.msi"):
            self.package(name)
        shutil.copytree(self.content, backup)
        self.package("unknown.msi")
        commands = readme_commands()
        self.assertEqual(len(commands), 5)
        outputs = []
        for command in commands:
            command = command.replace("/srv/upgrade", str(self.content)) \
                             .replace("/mnt/backup", str(backup))
            output, status = self.type_in(command)
            self.assertEqual(status, 0, output)
            self.assertNotIn(PASSPHRASE, output)
            outputs.append(output)
        repository = re.search(r"guard init (\S+)", commands[0])[1]
        self.metadata = self.top / repository / "public" / "metadata"
        self.assertEqual(sorted(self.targets(1)), ["a.msi", "d/b.msi"])
        self.assertIn("3 files, all of them unverified", outputs[0])
        self.assertIn("vouched for: backup", outputs[3])
        self.trust()
        self.assertIn("targets   version 1", self.refresh())


class Verified(GuardCase):
    def test_nothing_found_is_signed(self):
        self.package("a.msi")
        told = self.guard("init", "repo", "upgrade")
        self.assertIn("1 file, still unverified", told)
        self.assertIn("vedette guard key", told)
        self.assertFalse(list(self.repository.glob("staged/*")))
        self.assertIn("no owners yet", self.guard("publish", "repo", status=1))
        self.assertIn("1 unverified", self.guard("status", "repo"))

    def test_second_source_decides(self):
        self.found(names=("a.msi",))
        self.package("b.msi"), self.package("c.msi")
        (self.top / "sums").write_text(
            f"{hashlib.sha256(b'package b.msi').hexdigest()}  b.msi\n{'0' * 64}  c.msi\n")
        told = self.guard("add", "repo", "--against", "sums", status=1)
        self.assertIn("differs: c.msi", told)
        staged = json.loads((self.repository / "staged/targets.json").read_text())
        self.assertEqual(sorted(staged["signed"]["targets"]), ["a.msi", "b.msi"])
        self.assertEqual(staged["signed"]["targets"]["b.msi"]["custom"]["vouched"], "list sums")

    def test_first_seen_is_kept(self):
        self.found()
        before = json.loads((self.repository / "book.json").read_text())["signed"]["targets"]
        self.package("a.msi", b"other")
        time.sleep(1.1)
        self.guard("add", "repo", "a.msi")
        after = json.loads((self.repository / "book.json").read_text())["signed"]["targets"]
        self.assertEqual(before["d/b.msi"], after["d/b.msi"])
        self.assertNotEqual(before["a.msi"]["custom"]["first_seen"],
                            after["a.msi"]["custom"]["first_seen"])

    def test_changed_after_signing(self):
        """What is signed, but no longer what lies there, does not go out."""
        self.found()
        self.package("new.msi")
        self.guard("add", "repo", "new.msi")
        self.sign("alice", "bob")
        self.package("new.msi", b"replaced by somebody")
        self.assertIn("hash_mismatch", self.guard("publish", "repo", status=1))
        self.assertFalse((self.metadata / "2.targets.json").exists())
        self.assertIn("1 changed", self.guard("status", "repo", status=1))

    def test_odd_files_are_not_listed(self):
        self.found()
        (self.content / "link.msi").symlink_to("/etc/passwd")
        self.assertIn("no regular file", self.guard("add", "repo", "link.msi", status=2))
        self.assertIn("1 links", self.guard("status", "repo"))

    def test_repository_inside(self):
        told = self.guard("init", "upgrade/repo", "upgrade", status=2)
        self.assertIn("lies in the guarded directory", told)


class Signing(GuardCase):
    def test_any_order_on_copies(self):
        self.found()
        self.package("new.msi")
        self.guard("add", "repo", "new.msi")
        for owner in ("carol", "alice"):
            shutil.copytree(self.repository, self.top / owner,
                            ignore=shutil.ignore_patterns("online"))
            told = self.sign(owner, repository=owner)
            self.assertIn("new        new.msi", told)
            self.assertIn(hashlib.sha256(b"package new.msi").hexdigest(), told)
            self.assertIn("first seen", told)
        self.assertIn("threshold", self.guard("publish", "repo", status=1))
        self.guard("sign", "repo", "--merge", "carol")
        self.assertIn("threshold", self.guard("publish", "repo", status=1))
        self.guard("sign", "repo", "--merge", "alice/staged")
        self.assertIn("targets 2", self.guard("publish", "repo"))

    def test_waiting_ends_nothing(self):
        """The daily publish goes on renewing while an owner is away, and says what waits."""
        self.found()
        self.trust()
        self.package("new.msi")
        self.guard("add", "repo", "new.msi")
        self.sign("alice")
        told = self.guard("publish", "repo", status=1)
        self.assertIn("renewed: root 1, targets 1, snapshot 1, timestamp 2", told)
        self.assertIn("1 of the 2 signatures", told)
        self.guard("rotate", "repo", "--online")
        self.assertIn("timestamp 3", self.guard("publish", "repo", status=1))
        self.assertIn("targets   version 1", self.refresh())
        self.sign("carol", "bob")
        self.assertIn("published: root 2, targets 2", self.guard("publish", "repo"))
        self.assertIn("targets   version 2", self.refresh())

    def test_other_signatures_are_not_taken(self):
        self.found()
        self.package("new.msi")
        shutil.copytree(self.repository, self.top / "copy")
        self.guard("add", "repo", "new.msi")
        self.package("new.msi", b"other bytes")
        self.guard("add", "copy", "new.msi")
        self.sign("alice", repository="copy")
        self.assertIn("for another targets.json",
                      self.guard("sign", "repo", "--merge", "copy", status=1))

    def test_one_key_is_not_two(self):
        self.found()
        self.package("new.msi")
        self.guard("add", "repo", "new.msi")
        self.sign("alice", "alice")
        self.sign("alice")
        self.assertIn("threshold", self.guard("publish", "repo", status=1))

    def test_change_drops_signatures(self):
        self.found()
        self.package("new.msi"), self.package("late.msi")
        self.guard("add", "repo", "new.msi")
        self.sign("alice", "bob")
        self.guard("add", "repo", "late.msi")
        self.assertIn("threshold", self.guard("publish", "repo", status=1))

    def test_strangers(self):
        self.found()
        self.package("new.msi")
        self.guard("add", "repo", "new.msi")
        self.guard("key", "mallory.key", "--no-passphrase")
        self.assertIn("none of the owners'", self.sign("mallory", status=2))

    def test_forged_repository(self):
        """Metadata that the owners did not sign is not even opened."""
        self.found()
        path = self.metadata / "1.targets.json"
        path.write_bytes(path.read_bytes().replace(b"a.msi", b"e.msi"))
        self.assertIn("threshold", self.guard("sign", "repo", status=1))

    def test_asks(self):
        self.found()
        self.package("new.msi")
        self.guard("add", "repo", "new.msi")
        told = self.guard("sign", "repo", *self.keys("alice"), status=2, start_new_session=True)
        self.assertIn("nothing was signed", told)

    def test_passphrases(self):
        (self.top / "right").write_text("a good passphrase\n")
        (self.top / "wrong").write_text("another passphrase\n")
        (self.top / "short").write_text("short\n")
        self.package("a.msi")
        self.guard("init", "repo", "upgrade")
        self.assertIn("at least 8", self.guard("key", "a.key", "--passphrase-file", "short",
                                               status=2))
        self.guard("key", "a.key", "--passphrase-file", "right", "--type", "ecdsa-p256",
                   "--repository", "repo")
        self.guard("add", "repo", "a.msi")
        self.assertIn("BEGIN ENCRYPTED PRIVATE KEY", (self.top / "a.key").read_text())
        self.assertEqual((self.top / "a.key").stat().st_mode & 0o777, 0o600)
        words = ("sign", "repo", "--yes", "--key", "a.key", "--passphrase-file")
        self.assertIn("passphrase is not", self.guard(*words, "wrong", status=2))
        self.assertIn("signed 2 files", self.guard(*words, "right"))
        self.assertIn("is there already", self.guard("key", "a.key", "--no-passphrase", status=2))
        told = self.guard(*words[:-1], status=2, start_new_session=True)
        self.assertIn("no terminal", told)
        self.guard("publish", "repo")
        self.trust()
        self.refresh()


class Rotation(GuardCase):
    def test_lost_key(self):
        """Bob's key is lost: the others go on, clients follow, Bob's signature no longer counts."""
        self.found()
        self.trust()
        self.guard("key", "dave.key", "--no-passphrase")
        self.guard("rotate", "repo", "--remove", "bob", "--add", "dave.pub")
        told = self.sign("alice", "carol")
        self.assertIn("removed    owner bob", told)
        self.assertIn("new        owner dave", told)
        self.assertIn("root 2, targets 2", self.guard("publish", "repo"))
        self.refresh()
        self.package("new.msi")
        self.guard("add", "repo", "new.msi")
        self.assertIn("none of the owners'", self.sign("bob", status=2))
        self.sign("dave", "carol")
        self.guard("publish", "repo")
        self.assertIn("targets   version 3", self.refresh())

    def test_new_owners_alone_are_not_enough(self):
        self.found(owners=("alice", "bob"))
        self.guard("key", "m1.key", "m2.key", "--no-passphrase")
        self.guard("rotate", "repo", "--remove", "alice", "--remove", "bob", "--add", "m1.pub",
                   "--add", "m2.pub")
        self.sign("m1", "m2")
        self.assertIn("threshold", self.guard("publish", "repo", status=1))
        self.sign("alice", "bob")
        self.guard("publish", "repo")

    def test_threshold(self):
        self.found()
        self.assertIn("cannot be had", self.guard("rotate", "repo", "--threshold", "4", status=2))
        self.guard("rotate", "repo", "--threshold", "3")
        self.sign("alice", "bob")
        self.assertIn("threshold", self.guard("publish", "repo", status=1))
        self.sign("carol")
        self.guard("publish", "repo")
        self.assertIn("no key may be lost", self.guard("status", "repo"))

    def test_online_key(self):
        self.found()
        self.trust()
        before = (self.repository / "online/online.key").read_bytes()
        self.guard("rotate", "repo", "--online")
        self.sign("alice", "bob")
        self.guard("publish", "repo")
        self.assertNotEqual(before, (self.repository / "online/online.key").read_bytes())
        self.refresh()
        self.guard("publish", "repo")
        self.refresh()


class Ledger(GuardCase):
    def entries(self):
        return [json.loads(entry) for entry in
                guard_crash.read_ledger(self.repository / "public" / "ledger")]

    def test_every_release_and_withdrawal(self):
        self.found()
        self.package("a.msi", b"second version")
        self.guard("add", "repo", "a.msi")
        self.sign("alice", "bob")
        self.guard("publish", "repo")
        self.guard("withdraw", "repo", "d/b.msi")
        self.sign("alice", "bob")
        self.guard("publish", "repo")
        self.assertEqual([(one["kind"], one["path"], one["version"]) for one in self.entries()],
                         [("release", "a.msi", 1), ("release", "d/b.msi", 1),
                          ("release", "a.msi", 2), ("withdrawal", "d/b.msi", 3)])
        self.assertEqual(list(self.targets(3)), ["a.msi"])
        self.assertIn("renewed", self.guard("publish", "repo"))
        self.assertEqual(len(self.entries()), 4)
        self.assertIn("is not listed", self.guard("withdraw", "repo", "d/b.msi", status=2))

    def test_prove(self):
        self.found()
        told = self.guard("log", "prove", "repo", "upgrade/a.msi", "-o", "a.proof")
        self.assertIn("entry 0 of 2", told)
        lines = (self.top / "a.proof").read_text().split("\n")
        self.assertEqual(lines[0], "c2sp.org/tlog-proof@v1")
        # Among the guarded files a proof would be one that nobody released.
        self.assertIn("a.msi.tlog-proof: entry 0 of 2",
                      self.guard("log", "prove", "repo", "upgrade/a.msi"))
        self.assertTrue((self.top / "a.msi.tlog-proof").exists())
        self.assertIn("lies in the guarded directory", self.guard(
            "log", "prove", "repo", "upgrade/a.msi", "-o", "upgrade/d/a.proof", status=2))
        self.assertIn("two files of the name a.msi", self.guard(
            "log", "prove", "repo", "upgrade/a.msi", "upgrade/d/../a.msi", status=2))
        self.assertEqual(list((self.top / "upgrade").rglob("*proof*")), [])
        self.package("evil.msi")
        self.assertIn("never released",
                      self.guard("log", "prove", "repo", "upgrade/evil.msi", status=1))

    def test_fork(self):
        """Two histories under one key: the second is refused, both checkpoints are kept."""
        self.found()
        shutil.copytree(self.repository, self.top / "other")
        for repository, word in (("repo", b"for the auditors"), ("other", b"for the victim")):
            (self.top / "entry").write_bytes(word)
            self.guard("log", "append", repository, "entry")
        self.guard("log", "consistency", "repo", "--from", "2", "--memory", "seen")
        told = self.guard("log", "consistency", "other", "--from", "2", "--memory", "seen",
                          status=1)
        self.assertIn("log_fork", told)
        kept = [path.read_text() for path in self.top.glob("seen.fork-*")]
        self.assertEqual(len(kept), 1)
        for repository in ("repo", "other"):
            self.assertIn((self.top / repository / "public/ledger/checkpoint").read_text(), kept[0])
        self.assertIn("log_fork", self.guard(
            "log", "consistency", "other", "--from", "repo/public/ledger/checkpoint", status=1))

    def test_stopped_anywhere(self):
        """At random; test_repository_publish.c stops at each write, acceptance 200 times."""
        told = guard_crash.run_rounds(program(), 3, 20261122, with_mount=False)
        self.assertGreater(told["stopped"], 0)
