#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Compares a page of fw-exporter with what fwctl shows as JSON.

Why it exists: two programs that read the same counters must not disagree,
and each of the exporter's samples must be a figure that fwctl knows too, or be
one of those that are named here.

    compare_metrics.py METRICS COUNTERS INTERFACE ACCESS-LIST FTP NAT PINHOLES

METRICS is the exporter's page; the others are `fwctl show ... --json`.
"""

import collections
import json
import os
import re
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SAMPLE = re.compile(r'^(\w+)(?:\{(.*)\})? (\d+(?:\.\d+)?)$')
LABEL = re.compile(r'(\w+)="([^"]*)"')
# fwctl has no such figures.
ALONE = re.compile(
    r"pinhole_(up|build_info|start_time_seconds|scrape_duration_seconds|interface_info"
    r"|interface_present|connections|connections_closed_total|half_open_connections"
    r"|policy_(applies_total|last_.*|confirm_.*)|ftp_data_(bytes|connections)_total"
    r"|access_list_lines_omitted)$|process_")
# Of pinhole_interface_*: what fwctl calls the verdicts; the others it has in sums only.
VERDICTS = {
    ("packets", "transmit", "forwarded"): "tx_packets",
    ("bytes", "transmit", "forwarded"): "tx_bytes",
    ("packets", "receive", "dropped"): "drop_packets",
    ("bytes", "receive", "dropped"): "drop_bytes",
    ("packets", "receive", "local"): "to_box_packets",
}


def key(name, **labels):
    return f"pinhole_{name}", frozenset(labels.items())


def read_samples(path):
    with open(path, encoding="utf-8") as page:
        for line in page:
            if line.startswith("#"):
                continue
            match = SAMPLE.match(line.rstrip("\n"))
            if not match:
                sys.exit(f"not a sample: {line!r}")
            name, labels, value = match.groups()
            if not ALONE.match(name):
                yield name, dict(LABEL.findall(labels or "")), int(value)


def exported(path):
    """By name and labels; of interfaces as fwctl has them."""
    samples = collections.Counter()
    for name, labels, value in read_samples(path):
        match = re.match(r"pinhole_interface_(packets|bytes)_total$", name)
        if match:
            what, direction = match.group(1), labels["direction"]
            figures = [VERDICTS.get((what, direction, labels["verdict"]))]
            if direction == "receive":
                figures.append("rx_" + what)
            for figure in filter(None, figures):
                samples[key(figure, interface=labels["interface"],
                            device=labels["device"])] += value
        elif name == "pinhole_connections_created_total":
            samples[key("connections_created_total")] += value
        else:
            samples[name, frozenset(labels.items())] = value
    return samples


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def events_as_metrics():
    """{event: key}, by the exporter's own table and the names of the ABI."""
    with open(os.path.join(TOP, "include/pinhole/abi_reasons.h"), encoding="utf-8") as abi:
        names = dict(re.findall(r'X\((\w+), "(\w+)"', abi.read()))
    with open(os.path.join(TOP, "tools/exporter/format_events.c"), encoding="utf-8") as table:
        rows = re.findall(r'\{PH_EV_(\w+),\s*"pinhole_(\w+)",\s*(?:NULL|"(\w+)"),\s*'
                          r'(?:NULL|"(\w+)")', table.read())
    found = {names[event]: key(metric, **({label: value} if label else {}))
             for event, metric, label, value in rows}
    found["connections_created"] = key("connections_created_total")
    return found


def shown_counters(figures, counters):
    events = events_as_metrics()
    figures[key("policy_generation")] = counters["generation"]
    for event in counters["events"]:
        if event["event"] not in ("connections_closed", "connections_expired"):
            figures[events[event["event"]]] = event["count"]
    for drop in counters["drops"]:
        figures[key("dropped_packets_total", reason=drop["reason"])] = drop["packets"]
        figures[key("dropped_bytes_total", reason=drop["reason"])] = drop["bytes"]
    for table in counters["tables"]:
        figures[key("table_entries", table=table["table"])] = table["entries"]
        figures[key("table_capacity", table=table["table"])] = table["capacity"]
    for finding in counters["ftp_findings"]:
        name = key("ftp_findings_total", finding=finding["finding"])
        figures[name] = finding["count"]


def shown_lines(figures, lines):
    for line in lines["lines"]:
        action = "permit" if " permit " in line["rule"] else "deny"
        labels = {"access_list": line["access_list"], "action": action}
        figures[key("access_list_lines", **labels)] += 1
        for what in ("hits", "packets", "bytes"):
            figures[key(f"access_list_{what}_total", **labels)] += line[what]
            figures[key(f"access_list_line_{what}_total", line=str(line["line"]),
                        id=line["id"], **labels)] = line[what]


def shown_rest(figures, interfaces, sessions, translations, pinholes):
    for interface in interfaces["interfaces"]:
        labels = {"interface": interface["name"], "device": interface["device"]}
        for figure in ("rx_packets", "rx_bytes", *VERDICTS.values()):
            figures[key(figure, **labels)] = interface[figure]
        figures[key("interface_xdp_packets_total", **labels)] = interface["xdp_packets"]
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
        figures[key("ftp_sessions", state=session["state"])] += 1
    figures[key("ftp_pinholes")] = len(pinholes["pinholes"])


def shown(counters, interfaces, lines, *rest):
    figures = collections.Counter()
    shown_counters(figures, counters)
    shown_lines(figures, lines)
    shown_rest(figures, interfaces, *rest)
    return figures


def main():
    left = exported(sys.argv[1])
    right = shown(*map(load, sys.argv[2:8]))
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
