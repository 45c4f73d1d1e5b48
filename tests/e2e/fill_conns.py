#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""fill_conns.py PIN_DIR COUNT IFINDEX_OUT IFINDEX_IN - fills the connection table.

Why it exists: to see how those who look do with as many connections as a busy
gateway has, without the minutes that it takes to make them. They are copies of what
the datapath writes (struct conn of abi.h), as from so many clients to one server. What
the datapath counts of connections does not know them.
"""
import ctypes
import struct
import sys
import time

SYS_BPF = 321
BPF_OBJ_GET, BPF_MAP_UPDATE_BATCH = 7, 26
KEY_BYTES, CONN_BYTES = 40, 296
ESTABLISHED = 4
FIRST_CLIENT = 198 << 24 | 18 << 16
PORTS = 60000
libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes.ljust(128, b"\0"), 128)
    got = libc.syscall(SYS_BPF, command, buffer, 128)
    if got < 0:
        raise OSError(ctypes.get_errno(), "bpf command %d" % command)
    return got


def address(number):
    return bytes(10) + b"\xff\xff" + number.to_bytes(4, "big")


def first_entry(now, ifindexes):
    server, client = address(10 << 24 | 10), address(FIRST_CLIENT)
    key = server + client + struct.pack(">HH", 80, 1024) + bytes([6, 0, 0, 0])
    conn = bytearray(CONN_BYTES)
    # seen_ns, flags (CONN_F_INITIATOR_1), generation, devices, lines: none
    struct.pack_into("=QIIIIII", conn, 0, now, 1, 1, *ifindexes, 0xffffffff, 0xffffffff)
    struct.pack_into(">HH", conn, 32, 1024, 80)
    conn[36] = ESTABLISHED
    struct.pack_into("=QQQQ", conn, 104, 12, 10, 3456, 7890)
    conn[136:152], conn[152:168] = client, address(203 << 24 | 113 << 8 | 10)
    struct.pack_into("=QQ", conn, 168, 1, now - 10 ** 9)  # id, created_ns
    return key, bytes(conn)


def bytes_of(first, count):
    """The lowest four bytes of so many numbers that follow one another, each by itself:
    a column at a time, for a million rows one by one take seconds."""
    numbers = range(first >> 8, (first + count >> 8) + 1)
    low = first & 255
    columns = [(bytes(range(256)) * len(numbers))[low:low + count]]
    for shift in (0, 8, 16):
        column = b"".join(bytes([n >> shift & 255]) * 256 for n in numbers)
        columns.append(column[low:low + count])
    return columns


def put(table, width, offset, columns):
    for i, column in enumerate(columns):
        table[offset + i::width] = column


def entries(count, now, ifindexes):
    key, conn = first_entry(now, ifindexes)
    keys, conns = bytearray(key * count), bytearray(conn * count)
    clients = bytes_of(FIRST_CLIENT, count)[::-1]
    ports = [(column * (count // PORTS + 1))[:count] for column in
             reversed(bytes_of(1024, PORTS)[:2])]
    put(keys, KEY_BYTES, 28, clients)
    put(keys, KEY_BYTES, 34, ports)
    put(conns, CONN_BYTES, 232, bytes_of(1, count))
    put(conns, CONN_BYTES, 136 + 12, clients)
    put(conns, CONN_BYTES, 32, ports)
    return keys, conns


def main():
    pin_dir, count, *ifindexes = sys.argv[1], *map(int, sys.argv[2:])
    path = ctypes.create_string_buffer((pin_dir + "/maps/conns").encode())
    fd = bpf(BPF_OBJ_GET, struct.pack("=QII", ctypes.addressof(path), 0, 0))
    now = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    keys, values = ((ctypes.c_char * len(table)).from_buffer(table)
                    for table in entries(count, now, ifindexes))
    bpf(BPF_MAP_UPDATE_BATCH,
        struct.pack("=QQQQIIQQ", 0, 0, ctypes.addressof(keys), ctypes.addressof(values),
                    count, fd, 0, 0))


if __name__ == "__main__":
    main()
