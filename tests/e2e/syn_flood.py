#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Connections that are begun and never completed, and a crowd that completes them.

Why it exists: a limit on half-open connections must cut the former, and let the
latter be as many and as fast as they like.

    syn_flood.py flood NET HOST PORT FIRST COUNT
        COUNT SYNs from ports from FIRST on of NET.100 to NET.199, whom nobody is;
        needs root
    syn_flood.py crowd HOST PORT COUNT
        opens COUNT connections one after the other, has something echoed by each, and
        keeps them all open. Prints how many they were.

IPv4.
"""

import socket
import struct
import sys


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def syn(source, sport, target, port):
    addresses = socket.inet_aton(source) + socket.inet_aton(target)
    fields = (sport, port, sport * 65537 & 0xFFFFFFFF, 0, 5 << 4, 2, 64240)
    tcp = struct.pack("!HHIIBBHHH", *fields, 0, 0)
    check = checksum(addresses + struct.pack("!HH", socket.IPPROTO_TCP, len(tcp)) + tcp)
    tcp = struct.pack("!HHIIBBHHH", *fields, check, 0)
    # The kernel fills in length, identification and checksum.
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 0, 0, 0, 64, socket.IPPROTO_TCP, 0)
    return ip + addresses + tcp


def flood(net, host, port, first, count):
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as sock:
        for i in range(int(count)):
            source = f"{net}.{100 + i % 100}"
            sock.sendto(syn(source, int(first) + i, host, int(port)), (host, 0))


def crowd(host, port, count):
    socks = []
    for _ in range(int(count)):
        sock = socket.socket()
        sock.settimeout(1)
        try:
            sock.connect((host, int(port)))
            sock.sendall(b"here")
            if sock.recv(4) == b"here":
                socks.append(sock)
        except OSError:
            sock.close()
    print(len(socks))


if __name__ == "__main__":
    {"flood": flood, "crowd": crowd}[sys.argv[1]](*sys.argv[2:])
