#!/usr/bin/env python3
# A headless browser over its debugging pipe
# SPDX-License-Identifier: Apache-2.0
"""Starts Chromium without a window and speaks the DevTools protocol over two pipes (descriptors 3
and 4, one JSON text and a NUL each): no port, no socket, no library."""
import collections
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
SECONDS_MAX = 60


class BrowserError(Exception):
    """The browser said no, or nothing."""


def find():
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    """One browser with one page. Events that come in between are kept in `events`."""

    def __init__(self, program):
        self.profile = tempfile.mkdtemp(prefix="vedette-browser-")
        to_read, self.write_to = os.pipe()
        self.read_from, to_write = os.pipe()
        words = [program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                 "--no-first-run", "--disable-background-networking", "--disable-extensions",
                 "--disable-sync", "--disable-component-update", "--remote-debugging-pipe",
                 f"--user-data-dir={self.profile}", "about:blank"]

        def place():
            # Copies lie above 9 first: 3 and 4 may be in use by either.
            high_read, high_write = os.dup2(to_read, 20), os.dup2(to_write, 21)
            os.dup2(high_read, 3, inheritable=True)
            os.dup2(high_write, 4, inheritable=True)
        self.process = subprocess.Popen(words, preexec_fn=place, close_fds=False,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(to_read)
        os.close(to_write)
        self.held, self.number, self.session = b"", 0, None
        self.events = collections.deque()
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target,
                                 flatten=True)["sessionId"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
        os.close(self.write_to)
        os.close(self.read_from)
        shutil.rmtree(self.profile, ignore_errors=True)

    def read(self, deadline):
        """The next message; None when there is none in time."""
        while b"\0" not in self.held:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.read_from], [], [], left)[0]:
                return None
            part = os.read(self.read_from, 1 << 20)
            if not part:
                raise BrowserError("the browser has gone")
            self.held += part
        text, self.held = self.held.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.write_to, data):]
        deadline = time.monotonic() + SECONDS_MAX
        while (answer := self.read(deadline)) is not None:
            if answer.get("id") != self.number:
                self.events.append(answer)
            elif "error" in answer:
                raise BrowserError(f"{method}: {answer['error']['message']}")
            else:
                return answer["result"]
        raise BrowserError(f"{method}: no answer in {SECONDS_MAX} s")

    def wait(self, method):
        """Until an event of this name has come."""
        deadline = time.monotonic() + SECONDS_MAX
        while not any(event.get("method") == method for event in self.events):
            answer = self.read(deadline)
            if answer is None:
                raise BrowserError(f"no {method} in {SECONDS_MAX} s")
            self.events.append(answer)

    def settle(self, seconds):
        deadline = time.monotonic() + seconds
        while (answer := self.read(deadline)) is not None:
            self.events.append(answer)

    def open(self, address):
        self.events.clear()
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=address)
        self.wait("Page.loadEventFired")
        self.settle(0.3)

    def run(self, script):
        """The value of an expression in the page."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise BrowserError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def key(self, name, code):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name,
                      windowsVirtualKeyCode=code)
