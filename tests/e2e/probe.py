#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Small network probes for the end-to-end tests.

Why it exists: tests of a firewall must tell a closed port (reset) from a
dropped packet (silence), and must be able to offer a service on any port.

    probe.py connect [--source ADDR] HOST PORT   prints open, reset or silence
    probe.py udp [--source ADDR] HOST PORT       prints echo, reset or silence
    probe.py hear [--source ADDR] [--port N] HOST PORT
        sends HOST a datagram and prints who sent any back within 3 s
    probe.py shout [--source ADDR] [--port N] HOST PORT   sends one datagram
    probe.py hold HOST PORT CMD
        prints open if a connection still carries data after CMD has run
    probe.py abort HOST PORT       connects, has something echoed, and resets
    probe.py echo tcp|udp ADDR PORT              serves until killed

Addresses are of either family.
"""

import argparse
import socket
import struct
import subprocess
import sys
import threading
import time

# Longer than one retransmission of a SYN, so that one lost packet does not
# pass for a firewall.
SILENCE_SEC = 1.3


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def datagram_socket(args):
    return socket.socket(family_of(args.host), socket.SOCK_DGRAM)


def connect(args):
    with socket.socket(family_of(args.host)) as sock:
        sock.settimeout(SILENCE_SEC)
        sock.bind((args.source, 0))
        try:
            sock.connect((args.host, args.port))
        except ConnectionRefusedError:
            return "reset"
        except (socket.timeout, OSError) as error:
            if isinstance(error, socket.timeout):
                return "silence"
            return f"error: {error}"
        return "open"


def udp(args):
    with datagram_socket(args) as sock:
        sock.settimeout(SILENCE_SEC)
        sock.bind((args.source, 0))
        sock.connect((args.host, args.port))
        sock.send(b"probe")
        try:
            sock.recv(100)
        except ConnectionRefusedError:
            return "reset"
        except socket.timeout:
            return "silence"
        return "echo"


def hear(args):
    heard = []
    with datagram_socket(args) as sock:
        sock.bind((args.source, args.source_port))
        sock.sendto(b"probe", (args.host, args.port))
        end = time.monotonic() + 3
        while (left := end - time.monotonic()) > 0:
            sock.settimeout(left)
            try:
                _, peer = sock.recvfrom(100)
            except socket.timeout:
                break
            heard.append(f"{peer[0]}:{peer[1]}")
    return "\n".join(heard)


def shout(args):
    with datagram_socket(args) as sock:
        sock.bind((args.source, args.source_port))
        sock.sendto(b"shout", (args.host, args.port))
    return "sent"


def hold(args):
    with socket.create_connection((args.host, args.port), 5) as sock:
        sock.sendall(b"before")
        sock.recv(100)
        subprocess.run(args.cmd, shell=True, check=True, stdout=subprocess.DEVNULL)
        sock.settimeout(SILENCE_SEC)
        sock.sendall(b"after")
        try:
            return "open" if sock.recv(100) == b"after" else "closed"
        except socket.timeout:
            return "silence"
        except ConnectionResetError:
            return "reset"


def abort(args):
    with socket.create_connection((args.host, args.port), 5) as sock:
        sock.sendall(b"before")
        sock.recv(100)
        linger = struct.pack("ii", 1, 0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    return "aborted"


def echo_stream(conn):
    with conn:
        while data := conn.recv(65536):
            conn.sendall(data)


def echo(args):
    if args.proto == "udp":
        sock = datagram_socket(args)
        sock.bind((args.host, args.port))
        while True:
            data, peer = sock.recvfrom(65536)
            sock.sendto(data, peer)
    sock = socket.create_server(
        (args.host, args.port), family=family_of(args.host), backlog=16
    )
    while True:
        conn, _ = sock.accept()
        threading.Thread(target=echo_stream, args=(conn,), daemon=True).start()


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("connect", "udp", "hear", "shout", "hold", "abort"):
        sub = commands.add_parser(name)
        sub.add_argument("--source", default="")
        sub.add_argument("--port", type=int, default=0, dest="source_port")
        sub.add_argument("host")
        sub.add_argument("port", type=int)
        if name == "hold":
            sub.add_argument("cmd")
    sub = commands.add_parser("echo")
    sub.add_argument("proto", choices=("tcp", "udp"))
    sub.add_argument("host")
    sub.add_argument("port", type=int)
    args = parser.parse_args()
    if args.command == "echo":
        echo(args)
    else:
        print(globals()[args.command](args))
    return 0


if __name__ == "__main__":
    sys.exit(main())
