#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""FTP sessions that announce one data connection after the other and use none.

    hole_flood.py HOST SESSIONS ANNOUNCEMENTS

Each of the sessions sends as many PORT commands, each of a port that no other names,
some in one segment. Prints how many of them the server has taken, waits for a line on standard
input, and ends the sessions.
"""

import socket
import sys

TIMEOUT_SEC = 30
AT_ONCE = 8


class Session:
    def __init__(self, host):
        self.sock = socket.create_connection((host, 21), TIMEOUT_SEC)
        self.lines = self.sock.makefile("rb")
        self.own = self.sock.getsockname()[0].replace(".", ",")
        self.lines.readline()
        self.say("USER anonymous\r\nPASS x\r\n", 2)

    def say(self, text, replies):
        self.sock.sendall(text.encode())
        return [self.lines.readline() for _ in range(replies)]

    def announce(self, ports):
        said = self.say("".join(
            f"PORT {self.own},{port >> 8},{port & 255}\r\n" for port in ports), len(ports))
        return sum(line.startswith(b"200") for line in said)


def main():
    host, n_sessions, n_ports = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    sessions = [Session(host) for _ in range(n_sessions)]
    taken = 0
    for first in range(0, n_ports, AT_ONCE):
        for i, session in enumerate(sessions):
            base = 1024 + i * n_ports
            taken += session.announce(
                range(base + first, base + min(first + AT_ONCE, n_ports)))
    print(taken, flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main()
