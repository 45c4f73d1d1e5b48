#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Which of two policies is in force, by what it lets through.

    in_force.py HOST PORT-A PORT-B

PORT-A is permitted by the one only and PORT-B by the other; nobody listens on them, so
that what is let through is answered by a reset at once. Prints a, b, both or neither.
What seems to be neither is asked again: on a busy machine an answer takes its time.
"""

import errno
import select
import socket
import sys
import time

SILENCE_SEC = 0.12
TRIES = 6


def answered(host, ports, patience_sec):
    """Those of the ports whose connection is refused, or accepted."""
    socks = {}
    for port in ports:
        sock = socket.socket()
        sock.setblocking(False)
        sock.connect_ex((host, port))
        socks[sock] = port
    waiting, told = list(socks), set()
    end = time.monotonic() + patience_sec
    while waiting and time.monotonic() < end:
        _, ready, _ = select.select([], waiting, [], end - time.monotonic())
        for sock in ready:
            waiting.remove(sock)
            error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error in (0, errno.ECONNREFUSED):  # and not "no route to host"
                told.add(socks[sock])
    for sock in socks:
        sock.close()
    return told


def main():
    host, first, second = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    for patience in range(1, TRIES + 1):
        told = answered(host, (first, second), SILENCE_SEC * patience)
        if told:
            break
    words = {(): "neither", (first,): "a", (second,): "b"}
    print(words.get(tuple(sorted(told)), "both"))


if __name__ == "__main__":
    main()
