#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Services and their clients for the end-to-end tests, of either IP family.

Why it exists: whether a firewall carries DNS, bulk transfers, large datagrams
and long sessions unharmed shows only at both ends. Every payload is random
and compared; no client prints "intact" before it has seen every byte.

    services.py serve ADDRESS      until killed; all services below
    services.py name HOST NAME     asks DNS by UDP, and by TCP if truncated;
                                   prints by what, and the length of the answer
    services.py upload HOST BYTES     by TCP; ends with a half-closed connection
    services.py download HOST BYTES   by TCP
    services.py datagram HOST BYTES [TRIES]   by UDP, there and back. By more
                                   than one try where the first may be lost
                                   to teach either end the path MTU
    services.py discover HOST      sends a full-sized UDP datagram that must not
                                   be fragmented; prints the path MTU learnt
    services.py session HOST SECONDS  a word now and then, both ways, by TCP
"""

import argparse
import hashlib
import os
import random
import socket
import socketserver
import struct
import sys
import threading
import time

DNS_PORT = 53
ECHO_PORT = 7777
UPLOAD_PORT = 9000
DOWNLOAD_PORT = 9001
SESSION_PORT = 9022
TIMEOUT_SEC = 8
DNS_UDP_MAX_BYTES = 512  # RFC 1035, 4.2.1
DNS_TRUNCATED = 0x0200
IPV6_MTU_DISCOVER = 23  # <linux/in6.h>; the socket module names none of these
IPV6_MTU = 24
IP_MTU_DISCOVER = 10  # <linux/in.h>
IP_MTU = 14
PMTUDISC_DO = 2


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


# ---- servers ---------------------------------------------------------------


def read_exactly(conn, length):
    data = b""
    while len(data) < length:
        part = conn.recv(length - len(data))
        if not part:
            raise EOFError("the connection ended early")
        data += part
    return data


def dns_answer(query, max_bytes):
    """One TXT record; a name that begins with "long" has 3000 bytes of it."""
    name_end = query.index(b"\0", 12) + 5
    text = b"x" * 3000 if query[13:17] == b"long" else b"short"
    chunks = [text[i : i + 255] for i in range(0, len(text), 255)]
    rdata = b"".join(bytes([len(chunk)]) + chunk for chunk in chunks)
    question = query[12:name_end]
    answer = struct.pack("!HHHIH", 0xC00C, 16, 1, 60, len(rdata)) + rdata
    reply = query[:2] + struct.pack("!5H", 0x8400, 1, 1, 0, 0) + question + answer
    if len(reply) > max_bytes:
        flags = 0x8400 | DNS_TRUNCATED
        reply = query[:2] + struct.pack("!5H", flags, 1, 0, 0, 0) + question
    return reply


class DnsDatagram(socketserver.BaseRequestHandler):
    def handle(self):
        data, sock = self.request
        sock.sendto(dns_answer(data, DNS_UDP_MAX_BYTES), self.client_address)


class DnsStream(socketserver.BaseRequestHandler):
    def handle(self):
        (length,) = struct.unpack("!H", read_exactly(self.request, 2))
        reply = dns_answer(read_exactly(self.request, length), 65535)
        self.request.sendall(struct.pack("!H", len(reply)) + reply)


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        data, sock = self.request
        sock.sendto(data, self.client_address)


class Upload(socketserver.BaseRequestHandler):
    """Answers with the digest once the client has said all: half-closed."""

    def handle(self):
        digest = hashlib.sha256()
        while data := self.request.recv(65536):
            digest.update(data)
        self.request.sendall(digest.digest())


class Download(socketserver.BaseRequestHandler):
    """Sends as many bytes as it is asked for, and their digest."""

    def handle(self):
        data = os.urandom(struct.unpack("!I", read_exactly(self.request, 4))[0])
        self.request.sendall(data + hashlib.sha256(data).digest())


class Session(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(4096):
            self.request.sendall(data)


class StreamServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class DatagramServer(socketserver.UDPServer):
    max_packet_size = 65535


def serve(args):
    services = (
        (DatagramServer, DNS_PORT, DnsDatagram),
        (StreamServer, DNS_PORT, DnsStream),
        (DatagramServer, ECHO_PORT, Echo),
        (StreamServer, UPLOAD_PORT, Upload),
        (StreamServer, DOWNLOAD_PORT, Download),
        (StreamServer, SESSION_PORT, Session),
    )
    family = family_of(args.host)
    for kind, port, handler in services:
        server = type("Server", (kind,), {"address_family": family})(
            (args.host, port), handler
        )
        threading.Thread(target=server.serve_forever).start()
    return "ready"


# ---- clients ---------------------------------------------------------------


def connected(args, port):
    return socket.create_connection((args.host, port), TIMEOUT_SEC)


def datagrams(args, port):
    sock = socket.socket(family_of(args.host), socket.SOCK_DGRAM)
    sock.settimeout(TIMEOUT_SEC)
    sock.connect((args.host, port))
    return sock


def name(args):
    labels = b"".join(
        bytes([len(part)]) + part.encode() for part in args.name.split(".")
    )
    query = os.urandom(2) + struct.pack("!5H", 0x0100, 1, 0, 0, 0)
    query += labels + b"\0" + struct.pack("!HH", 16, 1)
    with datagrams(args, DNS_PORT) as sock:
        sock.send(query)
        reply = sock.recv(65535)
    by = "udp"
    if struct.unpack("!H", reply[2:4])[0] & DNS_TRUNCATED:
        by = "tcp"
        with connected(args, DNS_PORT) as sock:
            sock.sendall(struct.pack("!H", len(query)) + query)
            reply = read_exactly(sock, struct.unpack("!H", read_exactly(sock, 2))[0])
    if reply != dns_answer(query, 65535):
        raise ValueError("another answer than the server gave")
    return f"{by} {len(reply)}"


def upload(args):
    data = os.urandom(args.bytes)
    with connected(args, UPLOAD_PORT) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        answer = read_exactly(sock, 32)
    return "intact" if answer == hashlib.sha256(data).digest() else "broken"


def download(args):
    with connected(args, DOWNLOAD_PORT) as sock:
        sock.sendall(struct.pack("!I", args.bytes))
        data = bytearray()
        while part := sock.recv(1 << 20):
            data += part
    intact = data[-32:] == hashlib.sha256(data[:-32]).digest()
    return "intact" if intact and len(data) == args.bytes + 32 else "broken"


def datagram(args):
    for left in reversed(range(args.tries)):
        data = os.urandom(args.bytes)
        with datagrams(args, ECHO_PORT) as sock:
            sock.settimeout(1.5)
            try:
                sock.send(data)
                return "intact" if sock.recv(65535) == data else "broken"
            except OSError:  # silence, or "message too long"
                if not left:
                    raise


def discover(args):
    options = (socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_MTU, 28)
    if family_of(args.host) == socket.AF_INET6:
        options = (socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_MTU, 48)
    level, discover_option, mtu_option, header_bytes = options
    with datagrams(args, ECHO_PORT) as sock:
        sock.setsockopt(level, discover_option, PMTUDISC_DO)
        for _ in range(8):
            mtu = sock.getsockopt(level, mtu_option)
            data = os.urandom(mtu - header_bytes)
            try:
                sock.send(data)
                if sock.recv(65535) != data:
                    return "broken"
                return str(mtu)
            except OSError as error:
                if isinstance(error, socket.timeout):
                    return f"silence at {mtu}"
    return "no end"


def session(args):
    end = time.monotonic() + args.seconds
    with connected(args, SESSION_PORT) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
        while time.monotonic() < end:
            word = os.urandom(random.randrange(1, 200))
            sock.sendall(word)
            if read_exactly(sock, len(word)) != word:
                return "broken"
            time.sleep(random.uniform(0.05, 0.6))
    return "intact"


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    arguments = {
        serve: (),
        name: (("name", str),),
        upload: (("bytes", int),),
        download: (("bytes", int),),
        datagram: (("bytes", int),),
        discover: (),
        session: (("seconds", float),),
    }
    for function, extra in arguments.items():
        sub = commands.add_parser(function.__name__)
        sub.set_defaults(function=function)
        sub.add_argument("host")
        for argument, kind in extra:
            sub.add_argument(argument, type=kind)
        if function is datagram:
            sub.add_argument("tries", type=int, nargs="?", default=1)
    args = parser.parse_args()
    print(args.function(args), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
