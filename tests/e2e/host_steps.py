#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Sessions with real servers at the same time, that stop where tests want to look.

Why it exists: who may reach which port, and from when until when, shows only while
several sessions wait at the same step. Each server has two clients, of different
addresses; all announcements of a step are made before anything is tried.

    host_steps.py HOST SOURCE OTHER FILE HOLES MEANWHILE SERVER...
        SERVER is PORT:SECURITY:USER:PASSWORD, SECURITY as of host_client.py. FILE is
        what pub/ has by that name. HOLES is a command that prints, one a line, the
        address and the port of each open hole; MEANWHILE one that runs once while
        each session has one.

Exit status 0 if every promise held; otherwise 1 and the reason.
"""

import os
import socket
import ssl
import subprocess
import sys
import time

import host_client
from host_client import Broken, attempts, check, tls_context


class Session(host_client.Session):
    """As host_client.py has it, with a server that is told."""

    def __init__(self, host, source, server):
        port, self.security, user, password = server.split(":")
        self.host, self.source, self.port = host, source, None
        self.name = f"{server} session of {source}"
        self.buffer = self.raw = b""
        self.listener = None
        self.sock = socket.create_connection((host, int(port)), host_client.TIMEOUT_SEC,
                                             source_address=(source, 0))
        if self.security == "implicit":
            self.secure()
        self.reply("220")
        if self.security == "explicit":
            self.command("AUTH TLS", "234")
            self.secure()
        if self.command(f"USER {user}", "").startswith("331"):
            self.command(f"PASS {password}", "230")
        if self.security != "plain":
            self.command("PBSZ 0", "200")
            self.command("PROT P", "200")
        self.command("TYPE I", "200")

    def fetch(self, path):
        data = self.dial()
        self.command(f"RETR pub/{os.path.basename(path)}", "150")
        if self.security != "plain":
            data = tls_context().wrap_socket(data)
        parts = []
        while part := data.recv(65536):
            parts.append(part)
        data.close()
        self.reply("226")
        with open(path, "rb") as original:
            check(b"".join(parts) == original.read(), f"{self.name}: {path} is damaged")

    def end(self, politely):
        if politely:
            self.command("QUIT", "221")
        self.sock.close()


def announce(sessions):
    """By EPSV and, where it exists, by PASV in turn."""
    for number, session in enumerate(sessions):
        session.announce("epsv" if number % 2 or ":" in session.host else "pasv")


def must_be_silent(when, dials):
    for (source, _, port), outcome in zip(dials, attempts(dials)):
        check(outcome == "silence", f"{when}: {source} to port {port}: {outcome}")


def own(sessions):
    return [(session.source, session.host, session.port) for session in sessions]


def must_have_holes(command, sessions):
    shown = subprocess.run(command, shell=True, check=True, text=True,
                           stdout=subprocess.PIPE).stdout.split("\n")
    expected = sorted(f"{session.source} {session.port}" for session in sessions)
    got = sorted(line for line in shown if line)
    check(got == expected, f"holes: {got}, expected {expected}")


def steps(host, source, other, path, holes, meanwhile, servers):
    sessions = [Session(host, address, server)
                for server in servers for address in (source, other)]
    stranger = {source: other, other: source}

    announce(sessions)
    must_have_holes(holes, sessions)
    must_be_silent("another session's port",
                   [(stranger[address], host, port) for address, host, port in own(sessions)])
    for session in sessions:
        session.fetch(path)
    must_have_holes(holes, [])
    must_be_silent("a port after its use", own(sessions))

    announce(sessions)
    unused = own(sessions)
    announce(sessions)
    must_have_holes(holes, sessions)
    subprocess.run(meanwhile, shell=True, check=True)
    must_be_silent("a port given up", [dial for dial in unused if dial not in own(sessions)])
    for session in sessions:
        session.fetch(path)

    announce(sessions)
    for number, session in enumerate(sessions):
        session.end(politely=number % 4 < 2)
    time.sleep(0.3)
    must_have_holes(holes, [])
    must_be_silent("a port after its session", own(sessions))


def main():
    try:
        steps(*sys.argv[1:7], sys.argv[7:])
    except (Broken, OSError, ssl.SSLError, subprocess.CalledProcessError) as error:
        print(f"host_steps: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
