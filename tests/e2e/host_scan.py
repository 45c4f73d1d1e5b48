#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Sends a SYN to each of many ports and tells which of them answered.

Why it exists: that a firewall has exactly one port open shows only if all are
tried, and while that one is open: in about a second. So segments are made here
and sent by a raw socket; the kernel resets what is accepted.

    host_scan.py SOURCE HOST [--first 1024] [--last 65535]

Prints "PORT open" and "PORT reset" of those that answered. IPv4 and IPv6.
"""

import argparse
import socket
import struct
import sys
import time

SYN, RST, ACK = 0x02, 0x04, 0x10
WINDOW = 64240
BATCH = 128  # then the receiver's queue is let run dry
LATE_SEC = 0.3
IPV6_CHECKSUM_AT = 16


def ones_sum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


class Scan:
    def __init__(self, source, host):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # A port that the kernel knows to be ours, so that replies meet no other.
        self.holder = socket.socket(family)
        self.holder.bind((source, 0))
        self.port = self.holder.getsockname()[1]
        self.sock = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_TCP)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        self.sock.bind((source, 0))
        self.sock.connect((host, 0))
        self.sock.setblocking(False)
        self.pseudo = None
        if family == socket.AF_INET6:
            self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_CHECKSUM, IPV6_CHECKSUM_AT)
        else:
            self.pseudo = ones_sum(socket.inet_aton(source) + socket.inet_aton(host) +
                                   struct.pack("!HH", socket.IPPROTO_TCP, 20))
        self.answers = {}

    def syn(self, port):
        head = (self.port, port, 1000, 0, 5 << 4, SYN, WINDOW)
        checksum = 0
        if self.pseudo is not None:
            total = self.pseudo + ones_sum(struct.pack("!HHIIBBHHH", *head, 0, 0))
            checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
        return struct.pack("!HHIIBBHHH", *head, checksum, 0)

    def listen(self):
        while True:
            try:
                data = self.sock.recv(65536)
            except BlockingIOError:
                return
            if self.pseudo is not None:
                data = data[(data[0] & 15) * 4:]
            port, ours, _, _, _, flags = struct.unpack("!HHIIBB", data[:14])
            if ours == self.port:
                what = {SYN | ACK: "open"}.get(flags & (SYN | ACK | RST), "reset")
                self.answers.setdefault(port, what)

    def run(self, ports):
        for count, port in enumerate(ports):
            self.sock.send(self.syn(port))
            if count % BATCH == 0:
                self.listen()
                time.sleep(0.0005)
        end = time.monotonic() + LATE_SEC
        while time.monotonic() < end:
            self.listen()
            time.sleep(0.02)
        return sorted(self.answers.items())


def scan(source, host, first=1024, last=65535):
    """What answered: a list of (port, open|reset)."""
    return Scan(source, host).run(range(first, last + 1))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("source")
    parser.add_argument("host")
    parser.add_argument("--first", type=int, default=1024)
    parser.add_argument("--last", type=int, default=65535)
    args = parser.parse_args()
    for port, what in scan(args.source, args.host, args.first, args.last):
        print(port, what)
    return 0


if __name__ == "__main__":
    sys.exit(main())
