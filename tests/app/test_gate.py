# The gate behind nginx, rows of the attack matrix
# SPDX-License-Identifier: Apache-2.0
import hashlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from evidence import TOP, program
from guarded import Guarded, Origin, Repository, has_programs, wait_for

sys.path.insert(0, str(TOP / "tests" / "acceptance"))
import gate_crash  # noqa: E402

SIGNED = bytes(range(256)) * 40
TROJAN = SIGNED[:5000] + b"Trojan" + SIGNED[5006:]
NEXT = b"the next release" * 700


@unittest.skipUnless(has_programs(), "nginx or openssl is not installed")
class GateCase(unittest.TestCase):
    settings = {}

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vedette-gate-"))
        self.addCleanup(shutil.rmtree, self.directory, True)
        self.repository = Repository(self.directory / "repository")
        self.repository.publish({"setup.exe": SIGNED, "dir/other file.msi": NEXT})
        self.origin = Origin()
        self.addCleanup(self.origin.close)
        self.origin.files = {"/packages/setup.exe": SIGNED,
                             "/packages/dir/other%20file.msi": NEXT,
                             "/packages/unlisted.exe": b"nobody signed this"}
        self.guarded = Guarded(self.directory, self.repository, self.origin, **self.settings)
        self.addCleanup(self.guarded.stop)
        self.ask = self.guarded.ask

    def assert_refused(self, answer, status, reason):
        self.assertEqual(answer[0], status)
        self.assertEqual(answer[1].get("X-Vedette-Refused"), reason)
        self.assertEqual(answer[2], f"refused: {reason}\n".encode())
        self.assertEqual(self.guarded.lines("refuse")[-1]["reason"], reason)

    def temporary_files(self):
        """What the gate holds open that has no name."""
        found = []
        for one in pathlib.Path(f"/proc/{self.guarded.gate.pid}/fd").iterdir():
            try:
                place = os.readlink(one)
            except OSError:
                continue
            if str(self.guarded.store) in place and "deleted" in place:
                found.append(place)
        return found


class Artifacts(GateCase):
    def test_signed_bytes_pass_and_are_told(self):
        for _ in range(2):
            status, headers, body = self.ask("/packages/setup.exe", client="127.0.7.9")
            self.assertEqual((status, body), (200, SIGNED))
            self.assertEqual(headers["ETag"], f'"{hashlib.sha256(SIGNED).hexdigest()}"')
        self.assertEqual(self.origin.asked, ["/packages/setup.exe"])
        line = self.guarded.lines("allow")[-1]
        wanted = {"client": "127.0.7.9", "method": "GET", "raw_uri": "/packages/setup.exe",
                  "norm_path": "/packages/setup.exe", "decision": "allow", "reason": "signed",
                  "target": "setup.exe", "length": len(SIGNED), "bytes": len(SIGNED),
                  "sha256_expected": hashlib.sha256(SIGNED).hexdigest(),
                  "sha256_served": hashlib.sha256(SIGNED).hexdigest(), "role": "targets",
                  "targets_version": 1, "snapshot_version": 1, "timestamp_version": 1,
                  "root_version": 1, "status": 200}
        self.assertEqual({name: line.get(name) for name in wanted}, wanted)
        self.assertEqual(len(line["req_id"]), 32)
        self.assertRegex(line["ts"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6,9}Z$")
        self.assertGreaterEqual(line["ms"], 0)

    def test_escaped_names_head_and_conditions(self):
        status, headers, body = self.ask("/packages/dir/other%20file.msi", "HEAD")
        self.assertEqual((status, headers["Content-Length"], body), (200, str(len(NEXT)), b""))
        self.assertEqual(self.ask("/packages/dir/other%20file.msi")[2], NEXT)
        tag = {"If-None-Match": headers["ETag"]}
        self.assertEqual(self.ask("/packages/dir/other%20file.msi", headers=tag)[0], 304)

    def test_matrix_01_unlisted_is_refused_and_never_fetched(self):
        self.assert_refused(self.ask("/packages/unlisted.exe"), 403, "unlisted")
        self.assert_refused(self.ask("/packages/unlisted.exe"), 403, "unlisted")
        self.assert_refused(self.ask("/elsewhere/setup.exe"), 403, "unlisted")
        self.assert_refused(self.ask("/"), 403, "unlisted")
        self.assertEqual(self.origin.asked, [])

    def test_matrix_02_wrong_bytes_of_the_right_length(self):
        self.origin.files["/packages/setup.exe"] = TROJAN
        self.assert_refused(self.ask("/packages/setup.exe", client="127.0.3.3"), 502,
                            "hash_mismatch")
        line = self.guarded.lines("refuse")[-1]
        self.assertEqual(line["sha256_expected"], hashlib.sha256(SIGNED).hexdigest())
        self.assertEqual(line["sha256_served"], hashlib.sha256(TROJAN).hexdigest())
        self.assertEqual((line["bytes"], line["client"]), (0, "127.0.3.3"))
        self.assertEqual(list(self.guarded.store.iterdir()), [])
        self.origin.files["/packages/setup.exe"] = SIGNED
        self.assertEqual(self.ask("/packages/setup.exe")[2], SIGNED)

    def test_matrix_03_too_long_and_endless(self):
        sent = []

        def endless(handler):
            handler.send_response(200)
            handler.send_header("Connection", "close")
            handler.end_headers()
            handler.close_connection = True
            try:
                for _ in range(100000):
                    handler.wfile.write(b"\0" * 65536)
                    sent.append(65536)
            except OSError:
                pass

        self.origin.files["/packages/setup.exe"] = SIGNED + b"!"
        self.assert_refused(self.ask("/packages/setup.exe"), 502, "length")
        self.origin.files["/packages/setup.exe"] = endless
        self.assert_refused(self.ask("/packages/setup.exe"), 502, "length")
        self.assertTrue(wait_for(lambda: self.temporary_files() == []))
        self.assertLess(sum(sent), 64 << 20)
        self.assertEqual(list(self.guarded.store.iterdir()), [])

    def test_matrix_20_links_and_special_files_of_a_directory(self):
        self.guarded.stop()
        tree = self.directory / "tree"
        (tree / "packages").mkdir(parents=True)
        (self.directory / "outside").write_bytes(SIGNED)
        (tree / "packages" / "setup.exe").symlink_to(self.directory / "outside")
        self.guarded.log.unlink()
        other = Guarded(self.directory, self.repository, tree)
        self.addCleanup(other.stop)
        self.assertEqual(other.ask("/packages/setup.exe")[0], 502)
        self.assertEqual(other.lines("refuse")[-1]["reason"], "missing")
        (tree / "packages" / "setup.exe").unlink()
        os.mkfifo(tree / "packages" / "setup.exe")
        self.assertEqual(other.ask("/packages/setup.exe")[0], 502)
        (tree / "packages" / "setup.exe").unlink()
        (tree / "packages" / "setup.exe").write_bytes(SIGNED)
        self.assertEqual(other.ask("/packages/setup.exe")[2], SIGNED)

    def test_matrix_21_urls_that_read_in_two_ways(self):
        refused = ["//packages/setup.exe", "/packages//setup.exe", "/packages/./setup.exe",
                   "/packages/x/../setup.exe", "/packages/%2e/setup.exe", "/packages%2fsetup.exe",
                   "/packages/setup%2eexe", "/packages/setup%252eexe", "/packages/setup.exe;x",
                   "/packages/setup.exe.", "/packages/setup.exe%20", "/packages\\setup.exe",
                   "/packages/%ff", "/packages/setup.exe%3f", "/packages/%5csetup.exe"]
        for target in refused:
            self.assert_refused(self.ask(target), 400, "bad_path")
        for target in ("/packages/setup.exe%00", "/packages/setup.exe%00.txt", "/../etc/passwd",
                       "/packages/%2e%2e/%2e%2e/x"):
            self.assertEqual(self.ask(target)[0], 400)
        for target in ("/packages/SETUP.EXE", "/Packages/setup.exe", "/packages/setup.exe/",
                       "/packages/setup.exe::$DATA", "/vedette-content/" + "0" * 64,
                       "/packages/setup.exe%3a%3a$DATA"):
            self.assertIn(self.ask(target)[0], (403, 404))
        self.assertEqual(self.origin.asked, [])
        for target in ("/packages/%73etup.exe", "/packages/setup.exe?a=/../b"):
            self.assertEqual(self.ask(target)[2], SIGNED)

    def test_matrix_22_ranges_come_of_one_verified_file(self):
        tag = f'"{hashlib.sha256(SIGNED).hexdigest()}"'
        status, headers, body = self.ask("/packages/setup.exe", headers={"Range": "bytes=100-199"})
        self.assertEqual((status, body), (206, SIGNED[100:200]))
        self.origin.files["/packages/setup.exe"] = TROJAN
        status, headers, body = self.ask("/packages/setup.exe",
                                         headers={"Range": "bytes=4990-5020", "If-Range": tag})
        self.assertEqual((status, body), (206, SIGNED[4990:5021]))
        self.assertEqual(headers["ETag"], tag)
        self.assertNotIn("Last-Modified", headers)
        for old in ('"0000"', "Sat, 01 Jan 2022 00:00:00 GMT"):
            status, _, body = self.ask("/packages/setup.exe",
                                       headers={"Range": "bytes=1-2", "If-Range": old})
            self.assertEqual((status, body), (200, SIGNED))
        many = ",".join(f"{i}-{i + 1}" for i in range(0, 1600, 4))
        self.assertEqual(self.ask("/packages/setup.exe", headers={"Range": f"bytes={many}"})[2],
                         SIGNED)
        self.assertEqual(self.ask("/packages/setup.exe",
                                  headers={"Range": f"bytes={len(SIGNED)}-"})[0], 416)
        self.assertEqual(self.guarded.lines("allow")[0]["range"], "bytes=100-199")

    def test_matrix_23_encodings_short_bodies_and_redirects(self):
        def say(status, body, length=None, **headers):
            def answer(handler):
                handler.send_response(status)
                handler.send_header("Content-Length", str(len(body) if length is None else length))
                for name, value in headers.items():
                    handler.send_header(name.replace("_", "-"), value)
                handler.end_headers()
                handler.wfile.write(body)
                handler.close_connection = True
            return answer

        def chunked(handler):
            handler.send_response(200)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            handler.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(SIGNED), SIGNED))

        other = Origin()
        self.addCleanup(other.close)
        other.files["/packages/setup.exe"] = SIGNED
        place = f"http://127.0.0.1:{other.port}/packages/setup.exe"
        for answer, reasons in (
                (say(200, SIGNED, Content_Encoding="gzip"), ("fetch",)),
                (say(200, SIGNED[:-1]), ("length",)),
                (say(200, SIGNED[:-1], len(SIGNED)), ("fetch", "length")),
                (say(302, b"", Location=place), ("fetch",)),
                (say(206, SIGNED, Content_Range=f"bytes 0-{len(SIGNED) - 1}/{len(SIGNED)}"),
                 ("fetch",)),
                (say(404, SIGNED), ("missing",)),
                (say(500, SIGNED), ("fetch",))):
            self.origin.files["/packages/setup.exe"] = answer
            status, headers, _ = self.ask("/packages/setup.exe")
            self.assertEqual(status, 502)
            self.assertIn(headers["X-Vedette-Refused"], reasons)
        self.assertEqual(other.asked, [])
        self.origin.files["/packages/setup.exe"] = chunked
        self.assertEqual(self.ask("/packages/setup.exe")[2], SIGNED)

    def raw(self, path, data):
        with socket.socket(socket.AF_UNIX) as one:
            one.connect(str(path))
            one.settimeout(10)
            one.sendall(data)
            found = b""
            while True:
                try:
                    piece = one.recv(65536)
                except OSError:
                    return found
                if not piece:
                    return found
                found += piece

    def test_matrix_24_smuggling(self):
        gate = self.directory / "gate.sock"
        for data in (b"GET /packages/setup.exe HTTP/1.1\r\nContent-Length: 4\r\n\r\nGET ",
                     b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                     b"GET / HTTP/1.1\r\n\r\nGET /packages/setup.exe HTTP/1.1\r\n\r\n",
                     b"GET / HTTP/1.1\r\nX: a\r\n\tb\r\n\r\n", b"GET / HTTP/1.1\nHost: a\n\n"[:-1] +
                     b"\r\n\r\n"):
            found = self.raw(gate, data)
            self.assertTrue(found.startswith(b"HTTP/1.1 400 "), found)
            self.assertEqual(found.count(b"HTTP/1.1"), 1)
        self.assertEqual(self.ask("/packages/setup.exe", "POST", body=b"x")[0], 405)
        self.assertEqual(self.guarded.lines("refuse")[-1]["reason"], "method")
        self.assertEqual(self.ask("/packages/setup.exe", "DELETE")[0], 405)
        # Headers that speak for the front end do not get through it.
        self.ask("/packages/setup.exe", headers={"X-Vedette-Client": "1.2.3.4",
                                                 "X-Vedette-Method": "POST"})
        self.assertEqual(self.guarded.lines("allow")[-1]["client"], "127.0.0.1")

    def test_matrix_25_withdrawn_at_once_and_who_has_it(self):
        for client in ("127.0.1.1", "127.0.1.2"):
            self.assertEqual(self.ask("/packages/setup.exe", client=client)[2], SIGNED)
        self.repository.publish({"dir/other file.msi": NEXT})
        self.assertTrue(self.guarded.refresh())
        self.assert_refused(self.ask("/packages/setup.exe"), 403, "unlisted")
        had = {line["client"] for line in self.guarded.lines("allow")
               if line["sha256_served"] == hashlib.sha256(SIGNED).hexdigest()}
        self.assertEqual(had, {"127.0.1.1", "127.0.1.2"})

    def test_matrix_26_killed_while_writing(self):
        def slow(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(SIGNED)))
            handler.end_headers()
            try:
                for i in range(0, len(SIGNED), 1024):
                    handler.wfile.write(SIGNED[i:i + 1024])
                    time.sleep(0.05)
            except OSError:
                handler.close_connection = True

        self.origin.files["/packages/setup.exe"] = slow
        asker = threading.Thread(target=lambda: self.ask("/packages/setup.exe"))
        asker.start()
        self.assertTrue(wait_for(self.temporary_files))
        self.guarded.gate.kill()
        self.guarded.gate.wait()
        asker.join()
        self.assertEqual(list(self.guarded.store.iterdir()), [])
        self.origin.files["/packages/setup.exe"] = SIGNED
        self.guarded.log.unlink()
        self.guarded.start_gate()
        self.assertEqual(self.ask("/packages/setup.exe")[2], SIGNED)

    def test_the_store_is_not_believed_either(self):
        self.assertEqual(self.ask("/packages/setup.exe")[2], SIGNED)
        kept = self.guarded.store / hashlib.sha256(SIGNED).hexdigest()
        kept.chmod(0o644)
        kept.write_bytes(TROJAN)
        self.assertEqual(self.ask("/packages/setup.exe")[2], SIGNED)
        self.assertEqual(self.guarded.lines("metadata")[-1]["reason"], "store_changed")

    def test_api_passes_with_its_body_and_is_told(self):
        def echo(handler):
            body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(body) + 4))
            handler.send_header("X-Accel-Redirect", "/vedette-content/passwd")
            handler.end_headers()
            handler.wfile.write(handler.command.encode()[:4].ljust(4) + body)

        self.origin.files["/client/check"] = echo
        self.assertEqual(self.ask("/client/check?v=1", "POST", body=b"hello")[2], b"POSThello")
        self.assertEqual(self.origin.asked, ["/client/check?v=1"])
        self.assertEqual(self.guarded.lines("pass")[-1]["reason"], "api")
        self.assert_refused(self.ask("/client/%63heck"), 400, "bad_path")

    def test_others_go_on_while_a_fetch_drips(self):
        gone = threading.Event()
        self.addCleanup(gone.set)

        def drip(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(NEXT)))
            handler.end_headers()
            gone.wait(20)
            handler.close_connection = True

        self.origin.files["/packages/dir/other%20file.msi"] = drip
        threads = [threading.Thread(target=self.ask, args=("/packages/dir/other%20file.msi",),
                                    daemon=True) for _ in range(20)]
        for one in threads:
            one.start()
        begun = time.monotonic()
        self.assertEqual(self.ask("/packages/setup.exe")[2], SIGNED)
        self.assertLess(time.monotonic() - begun, 5)
        gone.set()
        for one in threads:
            one.join()
        self.assertEqual(self.origin.asked.count("/packages/dir/other%20file.msi"), 1)


@unittest.skipUnless(has_programs(), "nginx or openssl is not installed")
class Swaps(unittest.TestCase):
    def test_matrix_19_swaps_during_downloads(self):
        """Short; make acceptance has 1,000 downloads, and attack 1 on 276 clients."""
        run = subprocess.run([sys.executable, TOP / "tests" / "acceptance" / "check_gate.py",
                              "--vedette", program(), "--swaps", "60"],
                             capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)


    def test_stopped_anywhere(self):
        """Short; make acceptance has 200 rounds, with full disks."""
        told = gate_crash.run_rounds(6, 20261123, with_mount=False)
        self.assertGreater(min(told["killed"], told["limited"], told["right"]), 0)

    def test_half_a_line_of_the_log_stays_by_itself(self):
        with tempfile.TemporaryDirectory(prefix="vedette-gate-") as name:
            directory = pathlib.Path(name)
            (directory / "gate.log").write_text('{"ts":"2026-11-22T10:00')
            repository = Repository(directory / "repository")
            repository.publish({"setup.exe": SIGNED})
            guarded = gate_crash.CrashGate(directory, repository, directory)
            self.addCleanup(guarded.stop)
            self.assertTrue(wait_for(lambda: guarded.read_log()[0]))
            self.assertEqual(guarded.read_log()[1], 1)


class Watch(GateCase):
    settings = {"origin_check_seconds": 1}

    def test_a_swap_behind_a_full_store_is_seen(self):
        self.assertEqual(self.ask("/packages/setup.exe")[2], SIGNED)
        self.origin.files["/packages/setup.exe"] = TROJAN
        self.assertEqual(self.ask("/packages/setup.exe")[2], SIGNED)
        self.assertTrue(wait_for(lambda: self.guarded.lines("refuse"), 8))
        line = self.guarded.lines("refuse")[-1]
        self.assertEqual((line["reason"], line["target"]), ("hash_mismatch", "setup.exe"))
        self.assertEqual(line["sha256_served"], hashlib.sha256(TROJAN).hexdigest())
        self.assertNotIn("client", line)


class SlowOrigin(GateCase):
    settings = {"fetch_seconds": 1}

    def test_matrix_03_slow_drip_ends(self):
        def drip(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(SIGNED)))
            handler.end_headers()
            for i in range(100):
                try:
                    handler.wfile.write(SIGNED[i:i + 1])
                    handler.wfile.flush()
                except OSError:
                    return
                time.sleep(0.1)

        self.origin.files["/packages/setup.exe"] = drip
        begun = time.monotonic()
        self.assert_refused(self.ask("/packages/setup.exe"), 502, "fetch")
        self.assertLess(time.monotonic() - begun, 6)
        self.assertTrue(wait_for(lambda: self.temporary_files() == []))


class Metadata(GateCase):
    def test_a_new_release_needs_no_restart(self):
        self.repository.publish({"setup.exe": NEXT})
        self.origin.files["/packages/setup.exe"] = NEXT
        self.assertTrue(self.guarded.refresh())
        self.assertEqual(self.ask("/packages/setup.exe")[2], NEXT)
        self.assertEqual(self.guarded.lines("allow")[-1]["targets_version"], 2)

    def test_metadata_that_is_refused_leaves_the_last_good_release(self):
        for reason, options in (("threshold", {"key": self.repository.stranger}),
                                ("rollback", {"version": 1})):
            self.repository.publish({"setup.exe": NEXT}, **({"version": 2}
                                                            if reason == "rollback" else {}))
            if reason == "rollback":
                self.guarded.refresh()
            self.repository.publish({"setup.exe": TROJAN}, **options)
            self.assertTrue(self.guarded.refresh())
            self.assertEqual(self.guarded.lines("metadata")[-1]["reason"], reason)
            self.origin.files["/packages/setup.exe"] = SIGNED if reason == "threshold" else NEXT
            self.assertEqual(self.ask("/packages/setup.exe")[2],
                             self.origin.files["/packages/setup.exe"])

    def test_after_its_end_all_is_refused_unless_the_glass_is_broken(self):
        self.repository.publish({"setup.exe": SIGNED}, seconds=3)
        self.assertTrue(self.guarded.refresh())
        self.assertEqual(self.ask("/packages/setup.exe")[2], SIGNED)
        self.assertTrue(wait_for(lambda: self.ask("/packages/setup.exe")[0] == 503, 10))
        self.assert_refused(self.ask("/packages/setup.exe"), 503, "expired")
        self.guarded.glass.write_text("the signers are on their way")
        self.assertTrue(wait_for(lambda: self.ask("/packages/setup.exe")[0] == 200))
        self.assertEqual(self.guarded.lines("allow")[-1]["reason"], "break_glass")
        errors = self.directory / "gate.err"
        self.assertTrue(wait_for(lambda: "BREAK GLASS" in errors.read_text()))
        self.guarded.glass.unlink()
        self.assert_refused(self.ask("/packages/setup.exe"), 503, "expired")

    def test_audit_against_signed_metadata(self):
        self.assertEqual(self.ask("/packages/setup.exe")[2], SIGNED)
        tree = self.directory / "packages"
        (tree / "dir").mkdir(parents=True)
        (tree / "setup.exe").write_bytes(SIGNED)
        (tree / "dir" / "other file.msi").write_bytes(NEXT)

        def audit():
            run = subprocess.run([program(), "guard", "audit", str(tree), "--signed",
                                  str(self.guarded.trusted)], capture_output=True, text=True,
                                 check=False)
            return run.returncode, run.stdout, run.stderr

        status, out, errors = audit()
        self.assertEqual((status, out), (0, "2 files looked at, 0 findings\n"))
        self.assertIn("the signed metadata ends at", errors)
        (tree / "setup.exe").write_bytes(TROJAN)
        (tree / "dropped.dll").write_bytes(b"x")
        (tree / "dir" / "other file.msi").unlink()
        status, out, _ = audit()
        self.assertEqual(status, 1)
        for word in ("changed     setup.exe", "extra       dropped.dll",
                     "missing     dir/other file.msi"):
            self.assertIn(word, out)
        (self.guarded.trusted / "timestamp.json").write_text("{}")
        self.assertEqual(audit()[0], 1)

    def test_clients_get_metadata_that_was_verified(self):
        status, _, body = self.ask("/metadata/timestamp.json")
        self.assertEqual((status, body),
                         (200, (self.repository.metadata / "timestamp.json").read_bytes()))
        self.repository.publish({"setup.exe": TROJAN}, key=self.repository.stranger)
        self.assertTrue(self.guarded.refresh())
        self.assertEqual(self.ask("/metadata/timestamp.json")[2], body)
        self.assertEqual(self.ask("/metadata/1.root.json")[2], self.repository.root)


if __name__ == "__main__":
    unittest.main()
