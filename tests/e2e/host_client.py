# SPDX-License-Identifier: GPL-2.0
"""One FTP session of a client that has several addresses, in steps.

Why it exists: what host_crowd.py and host_dialogue.py share. A session says
one command at a time, so that a test can look, or let others act, in between;
each transfer is compared to the last byte with what host_server.py must send.
"""

import errno
import re
import select
import socket
import ssl
import struct
import time

from host_server import content

TIMEOUT_SEC = 10
SILENCE_SEC = 1.3  # longer than one retransmission of a SYN


class Broken(Exception):
    """A promise was not kept."""


def check(condition, what):
    if not condition:
        raise Broken(what)


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def tls_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Session:
    """One control connection, from an address of choice, logged in."""

    def __init__(self, host, source, security="plain"):
        self.host, self.source, self.security = host, source, security
        self.name = f"{security} session of {source}"
        self.buffer = b""
        self.raw = b""  # all that was ever received in clear or decrypted
        self.listener = self.port = None
        port = 990 if security == "implicit" else 21
        self.sock = socket.create_connection((host, port), TIMEOUT_SEC,
                                             source_address=(source, 0))
        if security == "implicit":
            self.secure()
        self.reply("220")
        if security == "explicit":
            self.command("AUTH TLS", "234")
            self.secure()
        self.command("USER lab", "331")
        self.command("PASS lab", "230")
        if security != "plain":
            self.command("PBSZ 0", "200")
            self.command("PROT P", "200")

    def secure(self):
        self.sock = tls_context().wrap_socket(self.sock)

    def reply(self, code):
        while True:
            while b"\r\n" not in self.buffer:
                data = self.sock.recv(65536)
                check(data, f"{self.name}: the server closed it")
                self.raw += data
                self.buffer += data
            line, _, self.buffer = self.buffer.partition(b"\r\n")
            line = line.decode("latin-1")
            if line[3:4] == " ":
                check(line.startswith(code), f"{self.name}: expected {code}, got: {line}")
                return line

    def send(self, *lines):
        self.sock.sendall("".join(line + "\r\n" for line in lines).encode("latin-1"))

    def command(self, line, code):
        self.send(line)
        return self.reply(code)

    # ---- data connections

    def announce(self, method):
        """By pasv, epsv, port or eprt; .port is the listener's, whoever's it is."""
        self.begin(method)
        self.announced(method)

    def begin(self, method):
        if method in ("pasv", "epsv"):
            self.listener = None
            self.send(method.upper())
            return
        self.listener = socket.create_server((self.source, 0),
                                             family=family_of(self.source))
        self.listener.settimeout(TIMEOUT_SEC)
        self.port = self.listener.getsockname()[1]
        if method == "port":
            self.send(f"PORT {self.source.replace('.', ',')},{self.port >> 8},{self.port & 255}")
        else:
            number = 2 if ":" in self.source else 1
            self.send(f"EPRT |{number}|{self.source}|{self.port}|")

    def announced(self, method):
        if method == "pasv":
            numbers = re.search(r"\((\d+),(\d+),(\d+),(\d+),(\d+),(\d+)\)", self.reply("227"))
            numbers = [int(number) for number in numbers.groups()]
            host = ".".join(map(str, numbers[:4]))
            check(host == self.host, f"{self.name}: 227 names {host}")
            self.port = numbers[4] * 256 + numbers[5]
        elif method == "epsv":
            self.port = int(re.search(r"\(\|\|\|(\d+)\|\)", self.reply("229")).group(1))
        else:
            self.reply("200")

    def is_passive(self):
        return self.port is not None and self.listener is None

    def dial(self):
        return socket.create_connection((self.host, self.port), TIMEOUT_SEC,
                                        source_address=(self.source, 0))

    def transfer(self, verb, name):
        """RETR or STOR, over what was announced."""
        data = self.dial() if self.is_passive() else None
        self.command(f"{verb} {name}", "150")
        if data is None:
            data, _ = self.listener.accept()
            data.settimeout(TIMEOUT_SEC)
            self.listener.close()
        if self.security != "plain":
            data = tls_context().wrap_socket(data)
        if verb == "STOR":
            data.sendall(content(name))
            if self.security != "plain":
                data = data.unwrap()
        else:
            parts = []
            while part := data.recv(65536):
                parts.append(part)
            check(b"".join(parts) == content(name), f"{self.name}: {name} is damaged")
        data.close()
        self.reply("226")

    def quit(self):
        self.command("QUIT", "221")
        self.sock.close()


# ---- who gets in --------------------------------------------------------------


def attempts(dials, wait_sec=SILENCE_SEC):
    """Dials all of (source, host, port) at once. The outcomes: open, reset or
    silence, in the same order. What is open is closed by reset."""
    outcome = ["silence"] * len(dials)
    socks, poller, number_of = [], select.poll(), {}
    for number, (source, host, port) in enumerate(dials):
        sock = socket.socket(family_of(host))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.setblocking(False)
        sock.bind((source, 0))
        error = sock.connect_ex((host, port))
        check(error in (0, errno.EINPROGRESS, errno.ECONNREFUSED), f"dialling {host}: {error}")
        number_of[sock.fileno()] = number
        poller.register(sock, select.POLLOUT)
        socks.append(sock)
    end = time.monotonic() + wait_sec
    while number_of and (left := end - time.monotonic()) > 0:
        for descriptor, _ in poller.poll(left * 1000):
            number = number_of.pop(descriptor)
            poller.unregister(descriptor)
            error = socks[number].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            outcome[number] = {0: "open", errno.ECONNREFUSED: "reset"}.get(
                error, errno.errorcode.get(error, "?"))
    for sock in socks:
        sock.close()
    return outcome
