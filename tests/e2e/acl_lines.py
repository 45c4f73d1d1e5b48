#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Prints lines of an access list that no packet of the lab matches.

Why it exists: the tests at scale put their own lines between so many others. The
mix is that of lists in the field: prefixes of many lengths, ports of all kinds.

    acl_lines.py NAME LINES [SEED]

Sources lie in 20.0.0.0/6 and 2400::/12, which the lab has no address in.
"""

import random
import sys

SERVICES = (
    ("tcp", " eq {port}"), ("tcp", " eq {port}"), ("tcp", " range {port} {more}"),
    ("tcp", " gt 1023"), ("tcp", " neq {port}"), ("tcp", ""), ("udp", " eq {port}"),
    ("udp", " lt {port}"), ("udp", ""), ("ip", ""), ("gre", ""),
)


def address4(draw, low, bits):
    """A prefix of the block low/bits."""
    length = draw.choice((bits + 8, 16, 20, 24, 24, 28, 32, 32, 32))
    free = 32 - bits
    number = low | draw.getrandbits(free) >> 32 - length << 32 - length
    mask = 0xffffffff << 32 - length & 0xffffffff
    text = [".".join(str(n >> s & 255) for s in (24, 16, 8, 0)) for n in (number, mask)]
    return f"host {text[0]}" if length == 32 else " ".join(text)


def address6(draw):
    group = draw.getrandbits(16)
    if draw.random() < 0.5:
        return f"host 2400:{group:x}::{draw.getrandbits(16):x}"
    return f"2400:{group:x}:{draw.getrandbits(16):x}::/48"


def line(draw):
    verdict = "deny" if draw.random() < 0.2 else "permit"
    protocol, ports = draw.choice(SERVICES)
    port = draw.randrange(2, 60000)
    ports = ports.format(port=port, more=port + draw.randrange(1, 5000))
    if draw.random() < 0.1:
        return f"{verdict} {protocol} {address6(draw)} any{ports}"
    source = address4(draw, 20 << 24, 6)
    target = "any" if draw.random() < 0.3 else address4(draw, 10 << 24, 8)
    return f"{verdict} {protocol} {source} {target}{ports}"


def main():
    name, n = sys.argv[1], int(sys.argv[2])
    draw = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    lines = {}  # in order, and none twice
    while len(lines) < n:
        lines[line(draw)] = None
    sys.stdout.writelines(f"access-list {name} {text}\n" for text in lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
