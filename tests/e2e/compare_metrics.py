#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Compares a page of fw-exporter with what fwctl shows as JSON.

Why it exists: two programs that read the same counters must not disagree,
and each of the exporter's samples must be a figure that fwctl knows too.

    compare_metrics.py METRICS COUNTERS INTERFACE ACCESS-LIST FTP NAT

METRICS is the exporter's page; the others are `fwctl show ... --json`.
"""

import json
import re
import sys

SAMPLE = re.compile(r'^(\w+)(?:\{(.*)\})? (\d+)$')
LABEL = re.compile(r'(\w+)="([^"]*)"')
# Not counters of the firewall.
ABOUT_ITSELF = {"pinhole_up", "pinhole_build_info"}
INTERFACE = {
    ("packets", "receive"): "rx_packets",
    ("bytes", "receive"): "rx_bytes",
    ("packets", "transmit"): "tx_packets",
    ("bytes", "transmit"): "tx_bytes",
    ("dropped_packets", None): "drop_packets",
    ("dropped_bytes", None): "drop_bytes",
    ("local_packets", None): "to_box_packets",
    ("xdp_packets", None): "xdp_packets",
}


def exported(path):
    samples = {}
    with open(path, encoding="utf-8") as page:
        for line in page:
            if line.startswith("#"):
                continue
            match = SAMPLE.match(line.rstrip("\n"))
            if not match:
                sys.exit(f"not a sample: {line!r}")
            name, labels, value = match.groups()
            if name not in ABOUT_ITSELF:
                labels = frozenset(LABEL.findall(labels or ""))
                samples[name, labels] = int(value)
    return samples


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def key(name, **labels):
    return f"pinhole_{name}", frozenset((k, v) for k, v in labels.items() if v is not None)


def shown(counters, interfaces, lines, sessions, translations):
    figures = {key("policy_generation"): counters["generation"]}
    for event in counters["events"]:
        figures[key(event["event"] + "_total")] = event["count"]
    for drop in counters["drops"]:
        figures[key("dropped_packets_total", reason=drop["reason"])] = drop["packets"]
        figures[key("dropped_bytes_total", reason=drop["reason"])] = drop["bytes"]
    for table in counters["tables"]:
        figures[key("table_entries", table=table["table"])] = table["entries"]
        figures[key("table_capacity", table=table["table"])] = table["capacity"]
    for interface in interfaces["interfaces"]:
        for (what, direction), field in INTERFACE.items():
            labels = key(f"interface_{what}_total", interface=interface["name"],
                         device=interface["device"], direction=direction)
            figures[labels] = interface[field]
    for line in lines["lines"]:
        for what in ("hits", "packets", "bytes"):
            labels = key(f"access_list_{what}_total", access_list=line["access_list"],
                         line=str(line["line"]), id=line["id"])
            figures[labels] = line[what]
    for finding in counters["ftp_findings"]:
        name = key("ftp_findings_total", finding=finding["finding"])
        figures[name] = finding["count"]
    for nat in translations["nat"]:
        for direction in ("translate", "untranslate"):
            name = key("nat_translations_total", direction=direction, section=nat["section"],
                       number=str(nat["number"]), id=nat["id"],
                       real_interface=nat["real_interface"],
                       mapped_interface=nat["mapped_interface"])
            figures[name] = nat[f"{direction}_hits"]
    for what in ("wanted", "on"):
        figures[key(f"host_mode_{what}")] = int(sessions["host_mode"][what])
    for session in sessions["sessions"]:
        name = key("ftp_sessions", state=session["state"])
        figures[name] = figures.get(name, 0) + 1
    return figures


def main():
    left = exported(sys.argv[1])
    right = shown(*map(load, sys.argv[2:7]))
    wrong = 0
    # fwctl leaves out what is zero; what the exporter leaves out is a fault.
    for name in sorted(left.keys() | right.keys(), key=str):
        if left.get(name) != right.get(name, 0):
            print(f"{name[0]} {dict(name[1])}: exporter {left.get(name)}, "
                  f"fwctl {right.get(name, 0)}")
            wrong += 1
    moved = sum(value > 0 for value in left.values())
    if moved < 10:
        sys.exit(f"only {moved} figures are not zero: nothing was compared")
    print(f"{len(left)} figures compared, {moved} of them not zero, {wrong} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
