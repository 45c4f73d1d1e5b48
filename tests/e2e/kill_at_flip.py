#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Run a command and kill it by SIGKILL in the moment in which another generation of the
policy comes into force, before it has done anything else.

kill_at_flip.py MAP COMMAND...: MAP is the pinned map `active`. Exit status: 0 it was
killed after the flip, 1 it had ended before.
"""
import ctypes
import os
import signal
import struct
import subprocess
import sys

SYS_BPF = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
BPF_MAP_LOOKUP_ELEM = 1
BPF_OBJ_GET = 7
libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attr):
    result = libc.syscall(SYS_BPF, command, attr, len(attr))
    if result < 0:
        raise OSError(ctypes.get_errno(), f"bpf command {command}")
    return result


def address(buffer):
    return ctypes.addressof(buffer)


def main():
    path = ctypes.create_string_buffer(sys.argv[1].encode())
    fd = bpf(BPF_OBJ_GET, struct.pack("=QII", address(path), 0, 0))
    key = ctypes.create_string_buffer(4)
    value = ctypes.create_string_buffer(8)
    lookup = struct.pack("=IIQQQ", fd, 0, address(key), address(value), 0)
    bpf(BPF_MAP_LOOKUP_ELEM, lookup)
    before = value.raw
    # Not to be late on a busy machine; the command has no such privilege.
    os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    child = subprocess.Popen(sys.argv[2:])
    while True:
        for _ in range(100):
            bpf(BPF_MAP_LOOKUP_ELEM, lookup)
            if value.raw != before:
                child.send_signal(signal.SIGKILL)
                return 0 if child.wait() == -signal.SIGKILL else 1
        if child.poll() is not None:
            return 1


if __name__ == "__main__":
    sys.exit(main())
