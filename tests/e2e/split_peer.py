#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Either end of a control connection whose announcements come in pieces.

Why it exists: that they arrive translated is one thing; that two real TCP
stacks, which acknowledge, wait and repeat as they see fit, never come to a halt
over it is another.

    split_peer.py listen ADDRESS PORT FILE
        Takes one connection and writes what it says to FILE, to its end.
    split_peer.py say HOST PORT burst|typed|waiting REAL
        Says PORT REAL, again and again: all at once; byte by byte, each sent at
        once; or in two pieces cut at every place in turn, the second of which
        the stack sends when the first was acknowledged (Nagle).
    split_peer.py want burst|typed|waiting ADDRESS
        Prints the same with that address.
"""

import socket
import sys
import time

HOW_MANY = {"burst": 150, "typed": 6, "waiting": 21}
TIMEOUT_SEC = 60


def text(mode, address):
    host = address.replace(".", ",")
    lines = (f"PORT {host},200,{i % 256}\r\n" for i in range(HOW_MANY[mode]))
    return [line.encode() for line in lines]


def listen(address, port, path):
    with socket.create_server((address, int(port))) as server:
        server.settimeout(TIMEOUT_SEC)
        connection, _ = server.accept()
        connection.settimeout(TIMEOUT_SEC)
        with open(path, "wb") as out:
            while data := connection.recv(65536):
                out.write(data)


def say(host, port, mode, real):
    with socket.create_connection((host, int(port)), TIMEOUT_SEC) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, mode != "waiting")
        time.sleep(0.2)  # the handshake's last packet goes alone
        lines = text(mode, real)
        if mode == "burst":
            peer.sendall(b"".join(lines))
        for i, line in enumerate(lines if mode == "waiting" else []):
            peer.sendall(line[: i + 1])
            peer.sendall(line[i + 1 :])
        for byte in b"".join(lines if mode == "typed" else []):
            peer.sendall(bytes([byte]))
        peer.shutdown(socket.SHUT_WR)
        peer.settimeout(TIMEOUT_SEC)
        peer.recv(1)  # the other end closes when it has read all


def main():
    command, *arguments = sys.argv[1:]
    if command == "want":
        sys.stdout.buffer.write(b"".join(text(*arguments)))
    else:
        {"listen": listen, "say": say}[command](*arguments)


main()
