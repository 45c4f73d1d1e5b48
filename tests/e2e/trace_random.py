#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
trace_random.py - random packets for t_packet_tracer.sh: make them, send them, and
compare what became of them with what was foretold.

  make SEED COUNT SOURCES DESTINATIONS PORTS HOST-MAC FIREWALL-MAC   a capture of them
  play PCAP FROM-NAMESPACE TO-NAMESPACE DEVICE    send them; print which came through
  compare VERDICTS ARRIVALS    fails if something came through as it was not foretold
  hold ADDRESS PORT PCAP HOST-MAC FIREWALL-MAC   a connection; its port is printed, and what
       it could send next, a PORT command of another's address, is left in PCAP, and not
       sent. SIGUSR1 ends it: is it still "established" then, and was no reset on the
       wire, whatever station it was for?

Each packet carries its number: in the identification of IPv4, the flow label of IPv6.
Lists are separated by commas.
"""
import ctypes
import ipaddress
import json
import os
import random
import select
import signal
import socket
import struct
import sys
import time

FIRST = 0x2000
PACKET_OUTGOING = 4
CLONE_NEWNET = 0x40000000


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pseudo(src, dst, proto, length):
    return src.packed + dst.packed + struct.pack("!II", length, proto)


def transport(rng, src, dst, number, ports):
    """Return: protocol, bytes."""
    v6 = src.version == 6
    kind = rng.choice("tttttuuuueeig")
    sport, dport = 20000 + number, rng.choice(ports)
    if kind == "t":
        flags = rng.choice([2, 2, 2, 2, 2, 16, 18, 4, 1, 0, 3])
        head = struct.pack("!HHIIBBHHH", sport, dport, rng.getrandbits(32), 0, 80, flags, 1024, 0, 0)
        proto, at = 6, 16
    elif kind == "u":
        data = bytes(rng.randrange(40))
        head = struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data
        proto, at = 17, 6
    elif kind == "g":
        return 47, bytes(24)
    else:
        icmp = (128 if v6 else 8) if kind == "e" else rng.choice([0, 3, 5, 11, 13, 129, 1, 40])
        head = struct.pack("!BBHHH", icmp, 0, 0, sport, 1) + bytes(48)
        proto, at = (58 if v6 else 1), 2
    base = b"" if proto == 1 else pseudo(src, dst, proto, len(head)) if v6 else (
        src.packed + dst.packed + struct.pack("!BBH", 0, proto, len(head)))
    value = checksum(base + head) or 0xFFFF
    return proto, head[:at] + struct.pack("!H", value) + head[at + 2:]


def packet(rng, number, sources, destinations, ports):
    src = rng.choice(sources)
    dst = rng.choice([d for d in destinations if d.version == src.version])
    proto, data = transport(rng, src, dst, number, ports)
    ttl = rng.choice([64] * 15 + [1])
    tag = FIRST + number
    if src.version == 6:
        return 0x86DD, struct.pack("!IHBB", 6 << 28 | tag, len(data), proto, ttl) + src.packed + dst.packed + data
    spoil = rng.randrange(30)
    length = 20 + len(data) + (7 if spoil == 1 else 0)  # longer than the frame
    flags = 0x2000 if spoil == 2 else 185 if spoil == 3 else 0  # a fragment, first or later
    head = struct.pack("!BBHHHBBH", 0x45 if spoil else 0x44, 0, length, tag, flags, ttl, proto, 0)
    head += src.packed + dst.packed
    value = checksum(head) ^ (spoil == 4)
    return 0x0800, head[:10] + struct.pack("!H", value) + head[12:] + data


def put_file(out, frames):
    out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    for number, frame in enumerate(frames):
        out.write(struct.pack("<IIII", number, 0, len(frame), len(frame)) + frame)


def macs_of(firewall_mac, host_mac):
    return bytes.fromhex((firewall_mac + host_mac).replace(":", ""))


def make(seed, count, sources, destinations, ports, host_mac, firewall_mac):
    rng = random.Random(int(seed))
    sources, destinations = ([ipaddress.ip_address(a) for a in text.split(",")] for text in (sources, destinations))
    ports = [int(p) for p in ports.split(",")]
    macs, frames = macs_of(firewall_mac, host_mac), []
    for number in range(int(count)):
        ethertype, data = packet(rng, number, sources, destinations, ports)
        frames.append(macs + struct.pack("!H", ethertype) + data)
    put_file(sys.stdout.buffer, frames)


def frames_of(path):
    with open(path, "rb") as file:
        file.read(24)
        while head := file.read(16):
            yield file.read(struct.unpack("<IIII", head)[2])


def open_in(namespace, device):
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net") as own, open(f"/run/netns/{namespace}") as other:
        if libc.setns(other.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        try:
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
            sock.bind((device, 0))
        finally:
            libc.setns(own.fileno(), CLONE_NEWNET)
    return sock


def header_of(frame):
    """Number and ends of a packet; None if it is none of ours."""
    ethertype, data = frame[12:14], frame[14:]
    if ethertype == b"\x08\x00" and len(data) >= 20:
        tag, proto = struct.unpack("!H", data[4:6])[0], data[9]
        src, dst, rest = data[12:16], data[16:20], data[20:]
        later = struct.unpack("!H", data[6:8])[0] & 0x1FFF
    elif ethertype == b"\x86\xdd" and len(data) >= 40:
        tag, proto = struct.unpack("!I", data[:4])[0] & 0xFFFFF, data[6]
        src, dst, rest, later = data[8:24], data[24:40], data[40:], 0
    else:
        return None
    ports = proto in (6, 17) and len(rest) >= 4 and not later
    return {"number": tag - FIRST + 1, "protocol": proto,
            "source": str(ipaddress.ip_address(src)), "destination": str(ipaddress.ip_address(dst)),
            "source_port": struct.unpack("!H", rest[:2])[0] if ports else None,
            "destination_port": struct.unpack("!H", rest[2:4])[0] if ports else None}


def collect(sockets, seconds, count, found):
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        for sock in select.select(sockets, [], [], left)[0]:
            frame, sender = sock.recvfrom(65535)
            header = header_of(frame)
            if header and sender[2] != PACKET_OUTGOING and 0 < header["number"] <= count:
                header["behind"] = sockets.index(sock)
                found.append(header)


def play(path, origin, target, device):
    sockets = [open_in(target, device), open_in(origin, device)]
    frames, found = list(frames_of(path)), []
    for at in range(0, len(frames), 10):  # within what a neighbour's queue holds
        for frame in frames[at:at + 10]:
            sockets[1].send(frame)
        collect(sockets, 0.01, len(frames), found)
    collect(sockets, 1, len(frames), found)
    json.dump(found, sys.stdout)


def compare(verdicts, arrivals):
    with open(arrivals) as file:
        found = {}
        for header in json.load(file):
            found.setdefault(header["number"], []).append(header)
    wrong, forwarded = 0, 0
    with open(verdicts) as file:
        for line in file:
            said = json.loads(line)
            number, leaves = said["number"], said["leaves"]
            came = [{k: h[k] for k in leaves or h if k in h} for h in found.get(number, [])]
            forwarded += said["verdict"] == "forward"
            if came != ([leaves] if leaves else []):
                wrong += 1
                print(f"packet {number}: {said['packet']} {said['verdict']} {said['drop_reason']} "
                      f"{leaves}, but came through: {found.get(number, [])}")
    print(f"{forwarded} of them were forwarded")
    return 1 if wrong or not forwarded else 0


TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ = 19, 20, 21
TCP_RECV_QUEUE, TCP_SEND_QUEUE, TCP_REPAIR_OFF_NO_WP = 1, 2, -1
TCP_ESTABLISHED = 1


def numbers_of(sock):
    """What it sends next, and what it expects."""
    numbers = []
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    for queue in (TCP_SEND_QUEUE, TCP_RECV_QUEUE):
        sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR_QUEUE, queue)
        numbers.append(sock.getsockopt(socket.IPPROTO_TCP, TCP_QUEUE_SEQ) & 0xFFFFFFFF)
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP)
    return numbers


def was_reset(wire):
    """Of IPv4 without options."""
    try:
        while True:
            frame = wire.recv(65535)
            if frame[12:15] == b"\x08\x00\x45" and frame[23] == 6 and len(frame) > 47 and frame[47] & 4:
                return True
    except BlockingIOError:
        return False


def hold(address, port, path, host_mac, firewall_mac):
    sock = socket.create_connection((address, int(port)), timeout=5)
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    wire.setblocking(False)
    src, dst = (ipaddress.ip_address(end[0]) for end in (sock.getsockname(), sock.getpeername()))
    data = b"PORT 192,0,2,99,4,1\r\n"
    head = struct.pack("!HHIIBBHHH", sock.getsockname()[1], int(port), *numbers_of(sock), 80, 24, 1024, 0, 0)
    value = checksum(src.packed + dst.packed + struct.pack("!BBH", 0, 6, len(head + data)) + head + data)
    data = head[:16] + struct.pack("!H", value) + head[18:] + data
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(data), 1, 0, 64, 6, 0) + src.packed + dst.packed
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    with open(path, "wb") as out:
        put_file(out, [macs_of(firewall_mac, host_mac) + b"\x08\x00" + ip + data])
    print(sock.getsockname()[1], flush=True)
    signal.sigtimedwait([signal.SIGUSR1], 180)
    state = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    if was_reset(wire):
        print("reset on the wire", flush=True)
    print("established" if state == TCP_ESTABLISHED else f"state {state}", flush=True)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit({"make": make, "play": play, "compare": compare, "hold": hold}[sys.argv[1]](*sys.argv[2:]))
