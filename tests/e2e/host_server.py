#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""An FTP server (RFC 959, 2428, 4217) that serves all sessions in one process.

Why it exists: vsftpd and its kin have a process for each session, which tells
whose a listening socket is. Here nothing does: one process and one thread for
all, and on request ways of working that leave even less to go by.

    host_server.py ADDRESS --cert PEM [--work prompt|slow|threads|pool] ...

prompt   works a command to its end before it reads the next one of anybody
slow     waits --delay before it listens and again before it replies, and reads
         other sessions' commands meanwhile
threads  a thread for each session
pool     listens when a login is done with; the first PASV or EPSV names that port

--split sends replies in pieces of 7 bytes; --merge those to commands that came
together in one. :: is served to both families, by sockets of IPv6 alone.

Files exist by their names: NUMBER.LENGTH is LENGTH bytes that follow from the
name. What is stored must be what its name says. A data connection of another
address than the client's is closed, and told of on standard output.
"""

import argparse
import heapq
import random
import re
import select
import selectors
import socket
import ssl
import threading
import time

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


def content(name):
    return random.Random(name).randbytes(int(name.rpartition(".")[2]))


def bare(address):
    return address.removeprefix("::ffff:") if "." in address else address


# ---- tasks: they yield what they wait for, a socket's event or seconds --------


class Loop:
    """All tasks in one thread."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.timers = []

    def spawn(self, task):
        try:
            kind, what = next(task)
        except StopIteration:
            return
        if kind == "sleep":
            heapq.heappush(self.timers, (time.monotonic() + what, id(task), task))
        else:
            self.selector.register(what, kind, task)

    def run(self):
        while True:
            wait = self.timers[0][0] - time.monotonic() if self.timers else None
            for key, _ in self.selector.select(wait if wait is None else max(wait, 0)):
                self.selector.unregister(key.fileobj)
                self.spawn(key.data)
            while self.timers and self.timers[0][0] <= time.monotonic():
                self.spawn(heapq.heappop(self.timers)[2])


class Threads:
    """Each task in a thread of its own."""

    @staticmethod
    def work(task):
        for kind, what in task:
            if kind == "sleep":
                time.sleep(what)
            else:
                poller = select.poll()
                poller.register(what, select.POLLIN if kind == READ else select.POLLOUT)
                poller.poll()

    def spawn(self, task):
        threading.Thread(target=self.work, args=(task,), daemon=True).start()

    @staticmethod
    def run():
        threading.Event().wait()


class Stream:
    """A connection, with TLS or without."""

    def __init__(self, sock):
        self.sock = sock
        sock.setblocking(False)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do(self, kind, function, *args):
        while True:
            try:
                return function(*args)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError) as error:
                wanted = {ssl.SSLWantReadError: READ, ssl.SSLWantWriteError: WRITE}
                yield wanted.get(type(error), kind), self.sock

    def secure(self, context):
        self.sock = context.wrap_socket(self.sock, server_side=True,
                                        do_handshake_on_connect=False)
        yield from self.do(READ, self.sock.do_handshake)

    def recv(self):
        return (yield from self.do(READ, self.sock.recv, 65536))

    def send(self, data):
        while data:
            data = data[(yield from self.do(WRITE, self.sock.send, data)):]

    def close(self):
        if isinstance(self.sock, ssl.SSLSocket):
            try:
                self.sock.unwrap()
            except (OSError, ValueError):
                pass  # the peer need not answer
        self.sock.close()


# ---- sessions -----------------------------------------------------------------


class Session:
    def __init__(self, server, sock, implicit):
        self.server = server
        self.args = server.args
        self.control = Stream(sock)
        self.local = sock.getsockname()[:2]
        self.peer = sock.getpeername()[:2]
        self.implicit = self.secure = implicit
        self.buffer = b""
        self.output = b""
        self.listener = self.target = None
        self.private = False

    def run(self):
        try:
            if self.implicit:
                yield from self.control.secure(self.server.context)
            yield from self.say("220 ready")
            verb = ""
            while verb != "QUIT":
                verb, _, argument = (yield from self.line()).partition(" ")
                method = getattr(self, "do_" + verb.lower(), None)
                if not method:
                    yield from self.say("502 " + verb)
                else:
                    yield from method(argument)
        except (OSError, EOFError, ValueError) as error:
            print(f"session of {bare(self.peer[0])}: {error!r}", flush=True)
        finally:
            self.forget()
            self.control.close()

    def line(self):
        while b"\r\n" not in self.buffer:
            if data := (yield from self.control.recv()):
                self.buffer += data
            else:
                raise EOFError("no QUIT")
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line.decode("latin-1")

    def say(self, text):
        self.output += text.encode("latin-1") + b"\r\n"
        if self.args.merge and b"\r\n" in self.buffer:
            return
        size = 7 if self.args.split else len(self.output)
        while self.output:
            piece, self.output = self.output[:size], self.output[size:]
            yield from self.control.send(piece)
            if self.args.split:
                yield "sleep", 0.002

    def forget(self):
        if self.listener:
            self.listener.close()
        self.listener = self.target = None

    def do_user(self, _):
        yield from self.say("331 password")

    def do_pass(self, _):
        yield from self.say("230 welcome")
        if self.args.work == "pool":
            self.listen()

    def do_auth(self, _):
        yield from self.say("234 go on")
        yield from self.control.secure(self.server.context)
        self.secure = True

    def do_pbsz(self, _):
        yield from self.say("200 PBSZ=0")

    def do_prot(self, level):
        self.private = level == "P"
        yield from self.say("200 PROT " + level)

    def do_type(self, _):
        yield from self.say("200 any type is I")

    def do_noop(self, _):
        yield from self.say("200 done")

    def do_stat(self, lines):
        """A long reply that speaks of this machine's address, and means nothing."""
        for number in range(int(lines or 1)):
            yield from self.say(f"211-{number} at {bare(self.local[0])} "
                                f"({bare(self.local[0]).replace('.', ',')},200,1)")
        yield from self.say("211 end")

    def do_quit(self, _):
        yield from self.say("221 bye")

    # ---- data connections

    def listen(self):
        self.forget()
        self.listener = socket.socket(self.control.sock.family)
        self.listener.bind(("" if self.args.wildcard else self.local[0], 0))
        self.listener.listen(4)
        self.listener.setblocking(False)

    def passive(self, reply):
        if self.args.work == "slow":
            yield "sleep", self.args.delay
        if not self.listener or self.args.work != "pool":
            self.listen()
        if self.args.work == "slow":
            yield "sleep", self.args.delay
        yield from self.say(reply(self.listener.getsockname()[1]))

    def do_pasv(self, _):
        host = (self.args.announce or bare(self.local[0])).replace(".", ",")
        return self.passive(lambda port: "227 Entering Passive Mode "
                            f"({host},{port >> 8},{port & 255}).")

    def do_epsv(self, _):
        return self.passive(lambda port: f"229 Extended Passive Mode (|||{port}|)")

    def do_port(self, argument):
        numbers = argument.split(",")
        yield from self.active(".".join(numbers[:4]), int(numbers[4]) * 256 + int(numbers[5]))

    def do_eprt(self, argument):
        _, host, port = re.fullmatch(r"\|([12])\|([^|]+)\|(\d+)\|", argument).groups()
        yield from self.active(host, int(port))

    def active(self, host, port):
        self.forget()
        if host != bare(self.peer[0]):
            yield from self.say("500 not your address")
            return
        self.target = (self.peer[0], port)
        yield from self.say("200 I shall dial")

    def connect(self):
        if self.target:
            data = Stream(socket.socket(self.control.sock.family))
            data.sock.bind((self.local[0], 0))
            try:
                data.sock.connect(self.target)
            except BlockingIOError:
                yield WRITE, data.sock
                data.sock.getpeername()  # raises if it is not connected
            return data
        waiting = Stream(self.listener)
        while True:
            sock, peer = yield from waiting.do(READ, self.listener.accept)
            if peer[0] == self.peer[0]:
                return Stream(sock)
            print(f"intruder {bare(peer[0])} at a port of {bare(self.peer[0])}", flush=True)
            sock.close()

    def transfer(self, move):
        if not self.listener and not self.target:
            yield from self.say("425 by PASV or PORT first")
            return
        yield from self.say("150 coming")
        data = yield from self.connect()
        self.forget()
        if self.private:
            yield from data.secure(self.server.context)
        reply = yield from move(data)
        data.close()
        yield from self.say(reply)

    def do_retr(self, name):
        def move(data):
            yield from data.send(content(name))
            return "226 sent"
        return self.transfer(move)

    def do_stor(self, name):
        def move(data):
            parts = []
            while part := (yield from data.recv()):
                parts.append(part)
            return "226 intact" if b"".join(parts) == content(name) else "451 damaged"
        return self.transfer(move)


class Server:
    def __init__(self, args):
        self.args = args
        self.loop = Threads() if args.work == "threads" else Loop()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(args.cert)
        if args.tls:
            self.context.minimum_version = self.context.maximum_version = \
                ssl.TLSVersion["TLSv" + args.tls.replace(".", "_")]

    def accept(self, port, implicit):
        both = ":" in self.args.address
        listener = socket.create_server(
            (self.args.address, port), backlog=256, dualstack_ipv6=self.args.address == "::",
            family=socket.AF_INET6 if both else socket.AF_INET)
        listener.setblocking(False)
        while True:
            try:
                while True:
                    sock, _ = listener.accept()
                    self.loop.spawn(Session(self, sock, implicit).run())
            except OSError:  # no more of them, or one that is gone already
                yield READ, listener

    def run(self):
        for port in self.args.port:
            self.loop.spawn(self.accept(port, False))
        for port in self.args.implicit:
            self.loop.spawn(self.accept(port, True))
        print("ready", flush=True)
        self.loop.run()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("--cert", required=True)
    parser.add_argument("--port", type=int, action="append", default=[])
    parser.add_argument("--implicit", type=int, action="append", default=[])
    parser.add_argument("--work", choices=("prompt", "slow", "threads", "pool"),
                        default="prompt")
    parser.add_argument("--delay", type=float, default=0.3)
    parser.add_argument("--tls", choices=("1.2", "1.3"))
    parser.add_argument("--announce")
    parser.add_argument("--wildcard", action="store_true")
    parser.add_argument("--split", action="store_true")
    parser.add_argument("--merge", action="store_true")
    Server(parser.parse_args()).run()


if __name__ == "__main__":
    main()
