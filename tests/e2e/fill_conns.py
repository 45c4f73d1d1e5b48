#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""fill_conns.py PIN_DIR COUNT IFINDEX_OUT IFINDEX_IN - fills the connection table.

Why it exists: to see how `fwctl show conn` does with as many connections as a busy
gateway has, without the minutes that it takes to make them. They are copies of what
the datapath writes (struct conn of abi.h), as from so many clients to one server.
"""
import ctypes
import struct
import sys
import time

SYS_BPF = 321
BPF_OBJ_GET, BPF_MAP_UPDATE_BATCH = 7, 26
KEY_BYTES, CONN_BYTES = 40, 232
ESTABLISHED = 4
libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes.ljust(128, b"\0"), 128)
    got = libc.syscall(SYS_BPF, command, buffer, 128)
    if got < 0:
        raise OSError(ctypes.get_errno(), "bpf command %d" % command)
    return got


def address(text):
    return bytes(10) + b"\xff\xff" + bytes(int(part) for part in text.split("."))


def entry(i, now, ifindexes):
    server, client = address("10.0.0.10"), address("198.%d.%d.%d"
                                                   % (18 + (i >> 16), i >> 8 & 255, i & 255))
    key = server + client + struct.pack(">HH", 80, 1024 + i % 60000) + bytes([6, 0, 0, 0])
    conn = bytearray(CONN_BYTES)
    struct.pack_into("=QQQQQQQ", conn, 0, 1 + i, now - 10 ** 9, now, 12, 10, 3456, 7890)
    conn[56:72], conn[72:88] = client, address("203.0.113.10")
    struct.pack_into("=III", conn, 136, 1, *ifindexes)
    struct.pack_into("=I", conn, 148, 0xffffffff)  # acl_counter: none
    struct.pack_into("=I", conn, 212, 0xffffffff)  # acl_counter_out
    struct.pack_into("=I", conn, 216, 1)  # CONN_F_INITIATOR_1
    struct.pack_into(">HH", conn, 220, 1024 + i % 60000, 80)
    conn[224] = ESTABLISHED
    return key, bytes(conn)


def main():
    pin_dir, count, *ifindexes = sys.argv[1], *map(int, sys.argv[2:])
    path = ctypes.create_string_buffer((pin_dir + "/maps/conns").encode())
    fd = bpf(BPF_OBJ_GET, struct.pack("=QII", ctypes.addressof(path), 0, 0))
    now = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    entries = [entry(i, now, ifindexes) for i in range(count)]
    keys = ctypes.create_string_buffer(b"".join(k for k, _ in entries), count * KEY_BYTES)
    values = ctypes.create_string_buffer(b"".join(v for _, v in entries),
                                         count * CONN_BYTES)
    bpf(BPF_MAP_UPDATE_BATCH,
        struct.pack("=QQQQIIQQ", 0, 0, ctypes.addressof(keys), ctypes.addressof(values),
                    count, fd, 0, 0))


if __name__ == "__main__":
    main()
