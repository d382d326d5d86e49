#!/usr/bin/env python3
# What tuf from PyPI needs for the same metadata
# SPDX-License-Identifier: Apache-2.0
"""make DIR COUNT       a repository of COUNT targets, signed 2 of 3 with Ed25519
load DIR TIMES TARGET   least milliseconds of CPU to load and verify it, out of memory
refresh DIR URL         one cold refresh of the client, DIR/1.root.json trusted
serve DIR               the repository over HTTP; prints the port, ends with its input
"""
import datetime
import functools
import hashlib
import http.server
import os
import pathlib
import sys
import tempfile
import threading
import time


def make(directory, count):
    from securesystemslib.signer import CryptoSigner
    from tuf.api.metadata import (MetaFile, Metadata, Root, Snapshot, TargetFile, Targets,
                                  Timestamp)
    from tuf.api.serialization.json import JSONSerializer
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True)
    expires = datetime.datetime(2035, 1, 1, tzinfo=datetime.timezone.utc)
    signers = [CryptoSigner.generate_ed25519() for _ in range(4)]
    root = Root(1, None, expires, consistent_snapshot=True)
    for role in ("root", "timestamp", "snapshot"):
        root.add_key(signers[3].public_key, role)
    for signer in signers[:3]:
        root.add_key(signer.public_key, "targets")
    root.roles["targets"].threshold = 2
    targets = Targets(1, None, expires)
    for number in range(int(count)):
        path = f"pkg/{number // 100:04d}/file-{number:06d}.bin"
        digest = hashlib.sha256(path.encode()).hexdigest()
        targets.targets[path] = TargetFile(100000 + number, {"sha256": digest}, path)

    def write(name, signed, *by):
        metadata = Metadata(signed)
        for signer in by:
            metadata.sign(signer, append=True)
        data = metadata.to_bytes(JSONSerializer(compact=True))
        (directory / name).write_bytes(data)
        return MetaFile(1, len(data), {"sha256": hashlib.sha256(data).hexdigest()})
    write("1.root.json", root, signers[3])
    about = write("1.targets.json", targets, *signers[:2])
    about = write("1.snapshot.json", Snapshot(1, None, expires, {"targets.json": about}),
                  signers[3])
    write("timestamp.json", Timestamp(1, None, expires, about), signers[3])


def load(directory, times, target):
    from tuf.ngclient._internal.trusted_metadata_set import TrustedMetadataSet
    from tuf.ngclient.config import EnvelopeType
    root, timestamp, snapshot, targets = ((pathlib.Path(directory) / name).read_bytes() for name in
                                          ("1.root.json", "timestamp.json", "1.snapshot.json",
                                           "1.targets.json"))
    taken = []
    for _ in range(int(times)):
        begun = time.process_time()
        trusted = TrustedMetadataSet(root, EnvelopeType.METADATA)
        trusted.update_timestamp(timestamp)
        trusted.update_snapshot(snapshot)
        trusted.update_targets(targets)
        assert target in trusted.targets.targets
        taken.append(time.process_time() - begun)
    print(f"{1000 * min(taken):.3f}")


def refresh(directory, url):
    from tuf.ngclient import Updater
    from tuf.ngclient.config import UpdaterConfig
    with tempfile.TemporaryDirectory() as kept:
        updater = Updater(metadata_dir=kept, metadata_base_url=url,
                          bootstrap=(pathlib.Path(directory) / "1.root.json").read_bytes(),
                          config=UpdaterConfig(targets_max_length=100_000_000))
        updater.refresh()


class Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass


def serve(directory):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(
        Quiet, directory=directory))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    {"make": make, "load": load, "refresh": refresh, "serve": serve}[sys.argv[1]](*sys.argv[2:])
