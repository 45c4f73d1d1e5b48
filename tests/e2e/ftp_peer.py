#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Either end of an FTP control connection, saying what it is told to (RFC 959).

Why it exists: attacks are made of what no real server or client says, and of
when they say it. Sockets only; nothing is checked here but what arrives.

    ftp_peer.py serve ADDRESS PORT [VERB=REPLY...]
        Answers every command with its REPLY, or obeys: PORT and EPRT are
        believed, PASV and EPSV listen until killed and admit everybody, RETR
        and LIST dial what PORT or EPRT named and print the outcome, and so does
        a REPLY that ends in "; dial HOST PORT". Escapes are as in Python.
    ftp_peer.py client [--source ADDRESS] HOST PORT STEP...
        The steps, in order, after the greeting was read:
        line:TEXT     sends the line, and prints the first line of the reply
        send:TEXT     sends the bytes, in a segment of their own
        reply:        prints the first line of the next reply
        dial:HOST PORT [SOURCE]   prints open, reset or silence; what is open
                      stays open. HOST "-" is what the last 227 or 229 said, and
                      so is PORT "-"
        listen:PORT   from now on, on the own address; "-" for any port
        announce:     PORT or EPRT of what listen: chose
        pause:SECONDS
        accepted:     prints how many connections came in by listen:
        tls:          begins TLS; certificates are of no interest
        end:          prints how the connection ended: reset, closed or alive
        close:        closes it
        run:COMMAND   waits for it, and prints what it prints
"""

import argparse
import re
import socket
import ssl
import subprocess
import sys
import threading
import time

TIMEOUT_SEC = 8
SILENCE_SEC = 1.3
NUMBERS = re.compile(r"(\d+),(\d+),(\d+),(\d+),(\d+),(\d+)")


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def tell(text):
    print(text, flush=True)


def unescape(text):
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")


def dial(host, port, source="", keep=None):
    """Whether a port is open, answered by reset, or silent."""
    sock = socket.socket(family_of(host))
    sock.settimeout(SILENCE_SEC)
    sock.bind((source, 0))
    try:
        sock.connect((host, port))
    except ConnectionRefusedError:
        return "reset"
    except socket.timeout:
        return "silence"
    except OSError as error:
        return f"error: {error}"
    if keep is None:
        sock.close()
    else:
        keep.append(sock)
    return "open"


def listen(address, port, accepted):
    listener = socket.create_server((address, port), family=family_of(address))

    def admit():
        while True:
            conn, peer = listener.accept()
            accepted.append((conn, peer))

    threading.Thread(target=admit, daemon=True).start()
    return listener.getsockname()[1]


class Server(threading.Thread):
    """One control connection of the obedient server."""

    def __init__(self, conn, replies):
        super().__init__(daemon=True)
        self.conn = conn
        self.address = conn.getsockname()[0]
        self.replies = replies
        self.target = None
        self.accepted = []

    def say(self, text):
        self.conn.sendall(unescape(text) + b"\r\n")

    def run(self):
        try:
            self.say(self.replies.get("220", "220 ready"))
            for line in self.conn.makefile("rb"):
                text = line.decode("latin-1").rstrip("\r\n")
                tell(f"heard {text}")
                self.obey(text)
        except OSError as error:
            tell(f"ended {error}")
        else:
            tell("ended by the client")

    def obey(self, text):
        verb, _, argument = text.partition(" ")
        verb = verb.upper()
        self.believe(verb, argument)
        if verb in self.replies:
            reply, _, to_dial = self.replies[verb].partition("; dial ")
            self.say(reply)
            if to_dial:
                host, port = to_dial.split()
                tell(f"dial {dial(host, int(port))}")
        elif hasattr(self, "do_" + verb.lower()):
            getattr(self, "do_" + verb.lower())()
        else:
            self.say({"USER": "331 who", "PASS": "230 in", "QUIT": "221 bye"}.get(
                verb, "200 done"))

    def believe(self, verb, argument):
        if verb == "PORT" and (numbers := NUMBERS.search(argument)):
            numbers = numbers.groups()
            self.target = ".".join(numbers[:4]), int(numbers[4]) * 256 + int(numbers[5])
        elif verb == "EPRT" and argument.count("|") == 4:
            _, _, host, port, _ = argument.split("|")
            self.target = host, int(port)

    def do_retr(self):
        self.say("150 dialling")
        outcome = dial(*self.target) if self.target else "nobody"
        tell(f"dial {outcome}")
        self.say("226 done" if outcome == "open" else "425 " + outcome)

    do_list = do_retr

    def do_pasv(self):
        port = listen(self.address, 0, self.accepted)
        numbers = self.address.split(".") + [str(port >> 8), str(port & 255)]
        self.say(f"227 passive ({','.join(numbers)})")

    def do_epsv(self):
        self.say(f"229 passive (|||{listen(self.address, 0, self.accepted)}|)")


def serve(args):
    replies = dict(reply.split("=", 1) for reply in args.reply)
    listener = socket.create_server((args.host, args.port), family=family_of(args.host))
    tell("ready")
    while True:
        conn, _ = listener.accept()
        Server(conn, replies).start()


class Client:
    def __init__(self, args):
        self.host = args.host
        self.sock = socket.create_connection(
            (args.host, args.port), TIMEOUT_SEC, (args.source, 0))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.local = self.sock.getsockname()[0]
        self.buffer = b""
        self.was_reset = False
        self.announced = None
        self.port = None
        self.kept = []
        self.accepted = []

    def lose(self, error):
        self.was_reset = self.was_reset or isinstance(error, ConnectionResetError)
        tell(type(error).__name__)

    def one_line(self):
        while b"\n" not in self.buffer:
            data = self.sock.recv(65536)
            if not data:
                raise EOFError("closed")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode("latin-1").rstrip("\r")

    def reply(self, _=""):
        try:
            first = line = self.one_line()
            if first[3:4] == "-":
                while not line.startswith(first[:3] + " "):
                    line = self.one_line()
        except (OSError, EOFError) as error:
            self.lose(error)
            return
        if numbers := NUMBERS.search(first):
            numbers = numbers.groups()
            self.announced = ".".join(numbers[:4]), int(numbers[4]) * 256 + int(numbers[5])
        elif numbers := re.search(r"\|\|\|(\d+)\|", first):
            self.announced = self.host, int(numbers.group(1))
        tell(first)

    def line(self, text):
        self.send(text + "\\r\\n")
        self.reply()

    def send(self, text):
        try:
            self.sock.sendall(unescape(text))
        except OSError as error:
            self.lose(error)
        time.sleep(0.05)

    def dial(self, text):
        host, port, source = (text.split() + [""])[:3]
        host = self.announced[0] if host == "-" else host
        port = self.announced[1] if port == "-" else int(port)
        tell("dial " + dial(host, port, source, self.kept))

    def listen(self, text):
        self.port = listen(self.local, 0 if text == "-" else int(text), self.accepted)

    def announce(self, _):
        if ":" in self.local:
            return self.line(f"EPRT |2|{self.local}|{self.port}|")
        numbers = self.local.split(".") + [str(self.port >> 8), str(self.port & 255)]
        return self.line("PORT " + ",".join(numbers))

    def accepted_(self, _):
        tell(f"accepted {len(self.accepted)}")

    def tls(self, _):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.sock = context.wrap_socket(self.sock)
        tell("tls " + self.sock.version())

    def end(self, _):
        self.sock.settimeout(SILENCE_SEC)
        try:
            while self.sock.recv(65536):
                pass
        except ConnectionResetError:
            self.was_reset = True
        except socket.timeout:
            tell("end alive")
            return
        tell("end reset" if self.was_reset else "end closed")

    def pause(self, text):
        time.sleep(float(text))

    def close(self, _):
        self.sock.close()
        time.sleep(0.3)

    def run(self, command):
        done = subprocess.run(command, shell=True, check=False, text=True,
                              stdout=subprocess.PIPE)
        tell(done.stdout.strip())


def client(args):
    peer = Client(args)
    peer.reply()
    for step in args.step:
        name, _, argument = step.partition(":")
        getattr(peer, "accepted_" if name == "accepted" else name)(argument)


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    sub = commands.add_parser("serve")
    sub.add_argument("host")
    sub.add_argument("port", type=int)
    sub.add_argument("reply", nargs="*")
    sub = commands.add_parser("client")
    sub.add_argument("--source", default="")
    sub.add_argument("host")
    sub.add_argument("port", type=int)
    sub.add_argument("step", nargs="+")
    args = parser.parse_args()
    {"serve": serve, "client": client}[args.command](args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
