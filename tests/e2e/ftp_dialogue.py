#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""An FTP client (RFC 959, RFC 2428) that stops where tests want to look.

Why it exists: curl and lftp open the data connection as soon as they can. To
see a hole while it is open, who else can use it and when it closes, a test
must announce a port, wait, and only then go on. Sockets only.

    ftp_dialogue.py hole HOST METHOD [--while-open CMD] [--intruder CMD]
        A hole admits its one connection and nobody else, and closes with use
        and with the control connection. CMD may contain {host} and {port}.
    ftp_dialogue.py cycles HOST COUNT METHOD...
        COUNT transfers and long replies in one control connection.
    ftp_dialogue.py foreign HOST ADDRESS
        Announces another host's address, as a bounce attack would.
    ftp_dialogue.py say HOST LINE...
        Sends the lines in one segment after login; prints the replies.

Exit status 0 if every promise held; otherwise 1 and the reason.
"""

import argparse
import re
import socket
import subprocess
import sys
import time

TIMEOUT_SEC = 8
SILENCE_SEC = 1.3


class Broken(Exception):
    """A promise was not kept."""


def check(condition, what):
    if not condition:
        raise Broken(what)


class Session:
    """One control connection, logged in."""

    def __init__(self, host, port=21, user="anonymous", password="lab@"):
        self.host = host
        self.sock = socket.create_connection((host, port), TIMEOUT_SEC)
        self.local = self.sock.getsockname()[0]
        self.buffer = b""
        self.reply("220")
        self.command(f"USER {user}", "331", "230")
        self.command(f"PASS {password}", "230")

    def line(self):
        while b"\r\n" not in self.buffer:
            data = self.sock.recv(65536)
            check(data, "the control connection was closed")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line.decode("latin-1")

    def reply(self, *codes):
        """The whole reply, lines joined; RFC 959, 4.2 about several lines."""
        lines = [self.line()]
        if lines[0][3:4] == "-":
            while not lines[-1].startswith(lines[0][:3] + " "):
                lines.append(self.line())
        text = "\n".join(lines)
        check(not codes or text[:3] in codes, f"expected {codes}, got: {text}")
        return text

    def command(self, line, *codes):
        self.sock.sendall(line.encode("latin-1") + b"\r\n")
        return self.reply(*codes)

    def announce(self, method):
        """Returns a Data object of either direction."""
        return (Passive if method in ("pasv", "epsv") else Active)(self, method)

    def close(self):
        self.sock.close()


class Passive:
    def __init__(self, session, method):
        if method == "pasv":
            reply = session.command("PASV", "227")
            numbers = re.search(r"\((\d+),(\d+),(\d+),(\d+),(\d+),(\d+)\)", reply)
            check(numbers, f"no address in: {reply}")
            numbers = numbers.groups()
            self.host = ".".join(numbers[:4])
            self.port = int(numbers[4]) * 256 + int(numbers[5])
            check(self.host == session.host, f"{reply} names another host")
        else:
            reply = session.command("EPSV", "229")
            port = re.search(r"\(\|\|\|(\d+)\|\)", reply)
            check(port, f"no port in: {reply}")
            self.host = session.host
            self.port = int(port.group(1))

    def open(self):
        return socket.create_connection((self.host, self.port), TIMEOUT_SEC)

    def close(self):
        pass


class Active:
    """Listens; host and port are where the other side has to dial."""

    def __init__(self, session, method):
        self.listener = socket.create_server((session.local, 0))
        self.listener.settimeout(TIMEOUT_SEC)
        self.host = session.local
        self.port = self.listener.getsockname()[1]
        if method == "port":
            numbers = self.host.split(".") + [str(self.port >> 8), str(self.port & 255)]
            session.command("PORT " + ",".join(numbers), "200")
        else:
            session.command(f"EPRT |1|{self.host}|{self.port}|", "200")

    def open(self):
        conn, _ = self.listener.accept()
        return conn

    def close(self):
        self.listener.close()


def read_all(conn):
    conn.settimeout(TIMEOUT_SEC)
    with conn:
        chunks = []
        while chunk := conn.recv(65536):
            chunks.append(chunk)
    return b"".join(chunks)


def transfer(session, data, verb="NLST pub/many", count=50):
    """One listing over an announced data connection."""
    if isinstance(data, Passive):
        conn = data.open()
        session.command(verb, "150", "125")
    else:
        session.command(verb, "150", "125")
        conn = data.open()
    lines = read_all(conn).split(b"\r\n")
    session.reply("226")
    data.close()
    check(len(lines) == count + 1, f"{verb} gave {len(lines) - 1} names, not {count}")


def dial(host, port):
    """Whether a port is open, answered by reset, or silent."""
    try:
        socket.create_connection((host, port), SILENCE_SEC).close()
    except ConnectionRefusedError:
        return "reset"
    except OSError:
        return "silence"
    return "open"


def run(command, host, port):
    command = command.format(host=host, port=port)
    return subprocess.run(command, shell=True, check=True, text=True,
                          stdout=subprocess.PIPE).stdout.strip()


def must_be_silent(outcome, what):
    check(outcome == "silence", f"{what}: {outcome}, expected silence")


def hole(args):
    session = Session(args.host)
    data = session.announce(args.method)
    passive = isinstance(data, Passive)
    shown = args.announced or data.host
    if passive:
        must_be_silent(dial(data.host, data.port + 1), "the port beside the hole")
    if args.intruder:
        must_be_silent(run(args.intruder, shown, data.port), "a third host")
    if args.while_open:
        print(run(args.while_open, shown, data.port))
    transfer(session, data)
    if passive:
        must_be_silent(dial(data.host, data.port), "the port after its use")

    # Now a hole that nobody uses, and the end of its control connection.
    data = session.announce(args.method)
    session.close()
    time.sleep(0.3)
    if args.after_close:
        print(run(args.after_close, shown, data.port))
    if passive:
        must_be_silent(dial(data.host, data.port), "the port after the session")


def cycles(args):
    session = Session(args.host)
    for i in range(args.count):
        transfer(session, session.announce(args.method[i % len(args.method)]))
        if i % 5 == 0:
            # The listing as a reply: far longer than one segment.
            reply = session.command("STAT pub/many", "213", "211", "212")
            check(reply.count("file-") == 50, "the long reply lost lines")
        session.command("NOOP", "200")
    session.command("QUIT", "221")
    session.close()


def foreign(args):
    session = Session(args.host)
    numbers = ",".join(args.address.split(".")) + ",200,1"
    print(session.command("PORT " + numbers))
    session.command("NOOP", "200")
    session.close()


def say(args):
    session = Session(args.host)
    session.sock.sendall("".join(line + "\r\n" for line in args.line).encode("latin-1"))
    for _ in args.line:
        print(session.reply())
    session.close()


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    sub = commands.add_parser("hole")
    sub.add_argument("host")
    sub.add_argument("method", choices=("pasv", "epsv", "port", "eprt"))
    sub.add_argument("--while-open")
    sub.add_argument("--after-close")
    sub.add_argument("--intruder")
    sub.add_argument("--announced", help="the address under which others know us")
    sub = commands.add_parser("cycles")
    sub.add_argument("host")
    sub.add_argument("count", type=int)
    sub.add_argument("method", nargs="+")
    sub = commands.add_parser("foreign")
    sub.add_argument("host")
    sub.add_argument("address")
    sub = commands.add_parser("say")
    sub.add_argument("host")
    sub.add_argument("line", nargs="+")
    args = parser.parse_args()
    try:
        {"hole": hole, "cycles": cycles, "foreign": foreign, "say": say}[args.command](args)
    except (Broken, OSError, subprocess.CalledProcessError) as error:
        print(f"ftp_dialogue: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
