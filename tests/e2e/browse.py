#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Opens the exporter's landing page in a real browser, headless, and clicks on its link.

Usage: browse.py BROWSER URL EXPECTED-STATE EXPECTED-METRIC

Spoken to by the DevTools protocol over two pipes. Fails if the page asks for anything
from elsewhere, if its own security policy is in its way, if a script is on it, if its
style has no effect, or if what the link leads to does not have the metric.
"""

import json
import os
import select
import subprocess
import sys
import tempfile
import time

SECONDS = 40


class Browser:
    def __init__(self, program, profile):
        to_browser, self.out = os.pipe()
        self.in_, from_browser = os.pipe()
        # The protocol is on descriptors 3 and 4.
        self.process = subprocess.Popen(
            ["sh", "-c", 'exec "$@" 3<&%d 4>&%d' % (to_browser, from_browser), "sh", program,
             "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--disable-background-networking", "--remote-debugging-pipe",
             "--user-data-dir=" + profile],
            pass_fds=(to_browser, from_browser), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.buffer = b""
        self.events = []
        self.last = 0
        self.session = None
        self.deadline = time.monotonic() + SECONDS

    def receive(self):
        while b"\0" not in self.buffer:
            left = self.deadline - time.monotonic()
            if left <= 0 or not select.select([self.in_], [], [], left)[0]:
                raise SystemExit("the browser does not answer")
            got = os.read(self.in_, 1 << 16)
            if not got:
                raise SystemExit("the browser ended")
            self.buffer += got
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **params):
        self.last += 1
        message = {"id": self.last, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            got = self.receive()
            if got.get("id") == self.last:
                if "error" in got:
                    raise SystemExit("%s: %s" % (method, got["error"]))
                return got["result"]
            self.events.append(got)

    def wait_for(self, method):
        for at, event in enumerate(self.events):
            if event.get("method") == method:
                del self.events[at]
                return
        while True:
            event = self.receive()
            if event.get("method") == method:
                return
            self.events.append(event)

    def evaluate(self, expression):
        return self.call("Runtime.evaluate", expression=expression,
                         returnByValue=True)["result"].get("value")

    def open(self):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target,
                                 flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(domain + ".enable")

    def close(self):
        self.process.kill()
        self.process.wait()


def expect(condition, what):
    if not condition:
        raise SystemExit("FAILED: " + what)


def check(browser, url, state, metric):
    browser.open()
    browser.call("Page.navigate", url=url)
    browser.wait_for("Page.loadEventFired")
    expect(browser.evaluate("document.title") == "Pinhole exporter", "title")
    shown = browser.evaluate("document.querySelector('#state').innerText")
    expect(shown and state in shown, "state: %r" % shown)
    expect(browser.evaluate("getComputedStyle(document.querySelector('nav')).display")
           == "flex", "the page has no style")
    expect(browser.evaluate("document.scripts.length") == 0, "there is a script")
    browser.evaluate("document.querySelector('#metrics').click()")
    browser.wait_for("Page.loadEventFired")
    text = browser.evaluate("document.body.innerText") or ""
    expect(metric in text, "'%s' is not behind the link: %.200s" % (metric, text))
    asked = [e["params"]["request"]["url"] for e in browser.events
             if e.get("method") == "Network.requestWillBeSent"]
    expect(len(asked) >= 2, "two pages were asked for")
    for one in asked:
        expect(one.startswith((url, "data:")), "asked for " + one)
    said = [e["params"]["entry"]["text"] for e in browser.events
            if e.get("method") == "Log.entryAdded"]
    expect(not said, "the browser complains: %s" % said)


def main():
    program, url, state, metric = sys.argv[1:]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(program, profile)
        try:
            check(browser, url, state, metric)
        finally:
            browser.close()


main()
