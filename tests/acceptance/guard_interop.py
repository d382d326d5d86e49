#!/usr/bin/env python3
# Our repositories in python-tuf, python-tuf's in our client
# SPDX-License-Identifier: Apache-2.0
"""Needs python-tuf (pip install tuf==7.0.0): in this Python, or in the one that $TUF_PYTHON names.
Ours: owners with keys of every kind, releases, a withdrawal, a rotation; python-tuf's client follows
over HTTP and downloads every file. Theirs: a repository made by python-tuf with keys of every kind,
a rotated root, delegations; our client follows and downloads."""
import argparse
import contextlib
import datetime
import functools
import http.server
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

SKIPPED = 77


class Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serve(directory):
    handler = functools.partial(Silent, directory=str(directory))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class Ours:
    """A repository that the program under test keeps."""

    def __init__(self, vedette, top):
        self.vedette, self.top = vedette, top
        self.content = top / "content"
        (self.content / "sub dir").mkdir(parents=True)
        self.files = {"a.msi": b"first", "sub dir/b.msi": b"second", "c \u00fc.bin": b"third"}
        for name, data in self.files.items():
            (self.content / name).write_bytes(data)

    def guard(self, *words):
        run = subprocess.run([self.vedette, "guard", *map(str, words)], cwd=self.top,
                             capture_output=True, check=False)
        if run.returncode:
            raise AssertionError(f"guard {words}: {run.stdout.decode()}{run.stderr.decode()}")

    def sign(self, *owners):
        self.guard("sign", "repo", "--yes", *[word for owner in owners
                                              for word in ("--key", f"{owner}.key")])
        self.guard("publish", "repo", "--copy")

    def found(self):
        for owner, kind in (("ed", "ed25519"), ("ec", "ecdsa-p256"), ("rsa", "rsa-pss")):
            self.guard("key", f"{owner}.key", "--type", kind, "--no-passphrase")
        self.guard("init", "repo", "content")
        self.guard("key", "first.key", "--no-passphrase", "--repository", "repo")
        self.guard("add", "repo", *self.files)
        self.sign("first")

    def rotate(self):
        self.guard("rotate", "repo", "--add", "ed.pub", "--add", "ec.pub", "--add", "rsa.pub",
                   "--remove", "first", "--threshold", "3", "--online")
        self.sign("first", "ed", "ec", "rsa")

    def withdraw(self):
        self.guard("withdraw", "repo", "a.msi")
        self.sign("ec", "rsa", "ed")


def read_ours(ours, url):
    """python-tuf's client over what is published now: {path: bytes or None}."""
    from tuf.ngclient import Updater
    store, target = ours.top / "store", ours.top / "fetched"
    store.mkdir(exist_ok=True)
    target.mkdir(exist_ok=True)
    root = (ours.top / "repo/public/metadata/1.root.json").read_bytes()
    updater = Updater(str(store), f"{url}/metadata/", str(target), f"{url}/targets/",
                      bootstrap=root)
    updater.refresh()
    found = {}
    for name in ours.files:
        info = updater.get_targetinfo(name)
        found[name] = info and pathlib.Path(updater.download_target(info)).read_bytes()
    return found


def check_ours(vedette, top):
    ours = Ours(vedette, top)
    ours.found()
    with serve(ours.top / "repo" / "public") as url:
        if read_ours(ours, url) != ours.files:
            raise AssertionError("python-tuf reads other files than were released")
        ours.rotate()
        if read_ours(ours, url) != ours.files:
            raise AssertionError("python-tuf does not follow the rotation")
        ours.withdraw()
        if read_ours(ours, url) != dict(ours.files, **{"a.msi": None}):
            raise AssertionError("python-tuf still sees what was withdrawn")
    return 3 * len(ours.files) - 1


def make_theirs(top):
    """A repository by python-tuf; {target path: bytes}."""
    from securesystemslib.signer import CryptoSigner
    from tuf.api import metadata as tuf
    place, store = top / "metadata", top / "targets"
    place.mkdir()
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=7)
    signers = {"ed": CryptoSigner.generate_ed25519(), "ec": CryptoSigner.generate_ecdsa(),
               "rsa": CryptoSigner.generate_rsa()}
    files = {"p/one.msi": b"one" * 1000, "q/two.msi": b"two" * 500, "top.bin": b"\0\xff" * 9}
    listed = {path: tuf.TargetFile.from_data(path, data, ["sha256", "sha512"])
              for path, data in files.items()}
    for path, data in files.items():
        for digest in listed[path].hashes.values():
            name = store / path
            name.parent.mkdir(parents=True, exist_ok=True)
            (name.parent / f"{digest}.{name.name}").write_bytes(data)
    delegated = tuf.Targets(expires=end, targets={"p/one.msi": listed["p/one.msi"]})
    deeper = tuf.Targets(expires=end, targets={"q/two.msi": listed["q/two.msi"]})
    targets = tuf.Targets(expires=end, targets={"top.bin": listed["top.bin"]})
    targets.delegations = tuf.Delegations(
        keys={}, roles={"p role": tuf.DelegatedRole("p role", [], 1, False, paths=["p/*"]),
                        "q": tuf.DelegatedRole("q", [], 2, True, path_hash_prefixes=[
                            f"{n:x}" for n in range(16)])})
    targets.add_key(signers["rsa"].public_key, "p role")
    for signer in ("ec", "ed"):
        targets.add_key(signers[signer].public_key, "q")
    root = tuf.Root(expires=end, consistent_snapshot=True)
    for role in ("root", "timestamp", "snapshot", "targets"):
        root.add_key(signers["ec"].public_key, role)
    write_theirs(place, "1.root", root, [signers["ec"]])
    root.version = 2
    for signer in signers.values():
        root.add_key(signer.public_key, "root")
        root.add_key(signer.public_key, "targets")
    root.roles["root"].threshold = root.roles["targets"].threshold = 3
    root.unrecognized_fields["extra"] = {"b": [1, True, None], "a": "\u00e9\n\"\\"}
    write_theirs(place, "2.root", root, signers.values())
    write_theirs(place, "1.targets", targets, signers.values())
    write_theirs(place, "1.p role", delegated, [signers["rsa"]])
    write_theirs(place, "1.q", deeper, [signers["ed"], signers["ec"]])
    write_theirs(place, "1.snapshot", tuf.Snapshot(expires=end, meta={
        f"{name}.json": tuf.MetaFile(1) for name in ("targets", "p role", "q")}), [signers["ec"]])
    write_theirs(place, "timestamp", tuf.Timestamp(expires=end, snapshot_meta=tuf.MetaFile(1)),
                 [signers["ec"]])
    return files


def write_theirs(place, name, signed, signers):
    from tuf.api.metadata import Metadata
    from tuf.api.serialization.json import JSONSerializer
    metadata = Metadata(signed)
    for signer in signers:
        metadata.sign(signer, append=True)
    metadata.to_file(str(place / f"{name}.json"), JSONSerializer(compact=False))


def check_theirs(vedette, top):
    files = make_theirs(top)
    with serve(top) as url:
        words = [vedette, "guard", "client", "-m", str(top / "trusted")]
        subprocess.run([*words, "init", str(top / "metadata/1.root.json")], check=True)
        (top / "into").mkdir()
        for path, data in files.items():
            run = subprocess.run([*words, "-u", f"{url}/metadata", "-t", f"{url}/targets", "-o",
                                  str(top / "into"), "download", path], capture_output=True,
                                 text=True, check=False)
            if run.returncode:
                raise AssertionError(f"download {path}: {run.stderr}")
            if pathlib.Path(run.stdout.strip()).read_bytes() != data:
                raise AssertionError(f"{path}: other bytes")
    return len(files)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vedette", required=True)
    arguments = parser.parse_args()
    if importlib.util.find_spec("tuf") is None:
        other = os.environ.get("TUF_PYTHON")
        if not other:
            print("python-tuf is not here: pip install tuf==7.0.0, and TUF_PYTHON names the python")
            return SKIPPED
        return subprocess.run([other, __file__, "--vedette", arguments.vedette],
                              env={key: value for key, value in os.environ.items()
                                   if key != "TUF_PYTHON"}, check=False).returncode
    vedette = str(pathlib.Path(arguments.vedette).resolve())
    with tempfile.TemporaryDirectory(prefix="vedette-ours-") as one, \
            tempfile.TemporaryDirectory(prefix="vedette-theirs-") as two:
        ours = check_ours(vedette, pathlib.Path(one))
        theirs = check_theirs(vedette, pathlib.Path(two))
    print(f"python-tuf read {ours} files of ours over a rotation and a withdrawal; we read {theirs} "
          "of theirs through two roots and two delegations")
    return 0


if __name__ == "__main__":
    sys.exit(main())
